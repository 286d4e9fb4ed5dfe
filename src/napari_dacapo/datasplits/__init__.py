"""Datasplits of napari-dacapo."""
