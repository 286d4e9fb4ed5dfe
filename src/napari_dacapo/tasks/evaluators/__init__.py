"""Evaluators of napari-dacapo."""
