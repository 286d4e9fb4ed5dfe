"""Predictors of napari-dacapo."""
