"""Runs of napari-dacapo."""
