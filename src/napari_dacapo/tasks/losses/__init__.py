"""Losses of napari-dacapo."""
