"""Architectures of napari-dacapo."""
