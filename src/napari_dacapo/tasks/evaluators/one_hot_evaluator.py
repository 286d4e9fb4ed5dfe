"""Scores of semantic segmentations with one class per voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import DataError

from ._comparison import Comparison, compare_arrays
from ._metrics import binary_scores
from ._wrong_voxels import classes_differ, wrong_in
from .binary_segmentation_evaluator import (
    BinarySegmentationEvaluationScores,
    BinarySegmentationEvaluator,
    MultiChannelBinarySegmentationEvaluationScores,
)
from .object_errors import errors_in

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array, NumpyArray

    from .object_errors import ObjectError


class OneHotEvaluator(BinarySegmentationEvaluator):
    """Scores every class of a label volume like a binary segmentation of its own.

    Class ``k`` are the voxels with label ``k``. Voxels whose true label is that of no
    class are ignored. The parameters are those of the base class.
    """

    def evaluate_arrays(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> MultiChannelBinarySegmentationEvaluationScores:
        """Return the scores by class.

        Raises
        ------
        DataError
            If the arrays do not fit together or have several channels.
        """
        comparison = self._compare(output, truth, mask)
        labels, found = comparison.truth[0], comparison.output[0]
        used = comparison.channel_mask(0)
        return MultiChannelBinarySegmentationEvaluationScores(
            [
                (
                    name,
                    BinarySegmentationEvaluationScores(
                        **binary_scores(
                            labels == label,
                            found == label,
                            comparison.voxel_size.as_floats(),
                            clip_distance=self.clip_distance,
                            tol_distance=self.tol_distance,
                            mask=used,
                        )
                    ),
                )
                for label, name in enumerate(self.channels)
            ]
        )

    def find_errors(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> list[ObjectError]:
        """Return where `output` is wrong; objects are connected regions of a class."""
        return errors_in(self._compare(output, truth, mask), labels_are_objects=False)

    def wrong_voxels(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> NumpyArray:
        """Return which voxels have another class than in truth."""
        comparison = self._compare(output, truth, mask)
        return wrong_in(comparison, classes_differ, output.axes)

    def _compare(self, output: Array, truth: Array, mask: Array | None) -> Comparison:
        """Return both label volumes, with a mask of the voxels that have a class."""
        comparison = compare_arrays(output, truth, mask)
        if len(comparison.output) != 1 or len(comparison.truth) != 1:
            raise DataError(
                f"the segmentation has {len(comparison.output)} channels, the ground "
                f"truth {len(comparison.truth)}; exclusive classes are scored from one "
                "label volume each"
            )
        labels = comparison.truth
        used = (labels >= 0) & (labels < len(self.channels))
        masked = comparison.channel_mask(0)
        if masked is not None:
            used &= masked != 0
        return attrs.evolve(comparison, mask=used)
