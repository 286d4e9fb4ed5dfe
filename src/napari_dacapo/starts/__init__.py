"""Starts of napari-dacapo."""
