"""Blockwise of napari-dacapo."""
