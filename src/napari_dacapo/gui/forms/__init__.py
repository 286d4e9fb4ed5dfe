"""Forms of napari-dacapo."""
