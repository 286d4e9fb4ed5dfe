"""Store of napari-dacapo."""
