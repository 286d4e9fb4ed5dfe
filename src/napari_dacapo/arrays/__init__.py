"""Arrays of napari-dacapo."""
