"""Trainers of napari-dacapo."""
