"""A predictor for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.arraytypes import EmbeddingArray

from ._arrays import with_channels
from ._heads import create_model
from .base import ClassCounts, Predictor

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.geometry import Roi
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model


class DummyPredictor(Predictor):
    """Predicts zeros, with weight 1 everywhere.

    Parameters
    ----------
    embedding_dims : int
        Number of channels.
    """

    def __init__(self, embedding_dims: int) -> None:
        self.embedding_dims = embedding_dims

    def create_model(self, architecture: Architecture) -> Model:
        return create_model(architecture, self.embedding_dims, kernel_size=3)

    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        return with_channels(np.zeros((self.embedding_dims, *gt.shape), np.float32), gt)

    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        ones = np.ones((self.embedding_dims, *gt.shape), np.float32)
        return with_channels(ones, gt), None

    @property
    def output_array_type(self) -> EmbeddingArray:
        return EmbeddingArray(self.embedding_dims)
