"""Nn of napari-dacapo."""
