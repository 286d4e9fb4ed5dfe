"""Mutually exclusive classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.arraytypes import ProbabilityArray
from napari_dacapo.tasks._balancing import balance_classes

from ._arrays import read_labels, read_mask, with_channels
from ._heads import create_model
from .base import ClassCounts, Predictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.geometry import Roi
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model


class OneHotPredictor(Predictor):
    """Predicts the probability of each class.

    Class ``k`` is the voxels with label ``k``; all other labels are ignored. In
    evaluation mode the output goes through a softmax over the classes.

    Parameters
    ----------
    classes : list of str
        Names, by label.
    kernel_size : int
        Kernel of the prediction head, in voxels.
    """

    def __init__(self, classes: list[str], kernel_size: int = 1) -> None:
        self.classes = list(classes)
        self.kernel_size = kernel_size

    def create_model(self, architecture: Architecture) -> Model:
        import torch

        return create_model(
            architecture,
            len(self.classes),
            kernel_size=self.kernel_size,
            eval_activation=torch.nn.Softmax(dim=1),
        )

    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        return with_channels(self._one_hot(read_labels(gt)), gt)

    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        one_hot = self._one_hot(read_labels(gt))
        is_class = one_hot.any(axis=0, keepdims=True)
        weights, counts = balance_classes(
            one_hot.argmax(axis=0)[np.newaxis],
            read_mask(mask, 1) & is_class,
            moving_class_counts,
            num_classes=len(self.classes),
        )
        return with_channels(np.repeat(weights, len(one_hot), axis=0), gt), counts

    def _one_hot(self, labels: NDArray[np.integer]) -> NDArray[np.uint8]:
        result = np.empty((len(self.classes), *labels.shape), np.bool_)
        for label, channel in enumerate(result):
            np.equal(labels, label, out=channel)
        return result.view(np.uint8)

    @property
    def output_array_type(self) -> ProbabilityArray:
        return ProbabilityArray(tuple(self.classes))
