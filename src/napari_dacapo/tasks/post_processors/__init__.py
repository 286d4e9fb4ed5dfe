"""Post processors of napari-dacapo."""
