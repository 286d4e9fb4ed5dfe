"""Gui of napari-dacapo."""
