"""Tasks of napari-dacapo."""
