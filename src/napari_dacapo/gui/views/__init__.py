"""Views of napari-dacapo."""
