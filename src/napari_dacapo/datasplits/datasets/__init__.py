"""Datasets of napari-dacapo."""
