"""Augments of napari-dacapo."""
