"""Objects from affinities by the mutex watershed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.blockwise import Objects, Pieces
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate

from ._fields import context_field, min_size_field, sigma_field
from ._mutex_watershed import mutex_watershed
from ._stitched import FILTER_REACH, ObjectPostProcessor, in_voxels, smoothed
from .base import PostProcessorParameters
from .storage import UNIT_RANGE, ValueRange, to_unit_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

DEFAULT_BIASES = (0.1, 0.25, 0.5, 0.75, 0.9)


def _to_offsets(value: Any) -> tuple[Coordinate, ...] | None:
    return None if value is None else tuple(Coordinate(offset) for offset in value)


@attrs.frozen
class WatershedPostProcessorParameters(PostProcessorParameters):
    """How affinities become objects; the advanced fields do nothing by default."""

    bias: float = config_field(
        "How sure the network must be that two voxels belong together: affinities "
        "above this join, others separate. Higher values give more, smaller objects.",
        default=0.5,
        minimum=0,
        maximum=1,
        step=0.05,
    )
    context: Coordinate = context_field()  # noqa: RUF009
    sigma: float = sigma_field()
    min_size: int = min_size_field()
    threshold: float = config_field(
        "Voxels whose mean affinity is below this become background, on a scale from "
        "0 to 255; 0 does nothing.",
        default=0.0,
        minimum=0,
        maximum=255,
        advanced=True,
    )
    offsets: tuple[Coordinate, ...] | None = config_field(
        "Which neighbour each channel of the prediction looks at; by default those "
        "that the task was trained with.",
        default=None,
        unit="voxels",
        converter=_to_offsets,
        advanced=True,
    )


class WatershedPostProcessor(ObjectPostProcessor):
    """Mutex watershed on affinities minus a bias.

    Objects whose mean affinity is below the bias become background.

    A volume that fits in memory is one block, and its result exactly that of the
    definition. In larger ones a decision may hang on a chain of others that leads
    farther than the context of a block, so block-wise results can differ from that
    near borders of blocks, the less the wider `context` is. They are equal up to names
    for affinities without noise (1 inside objects, 0 between them), apart from branches
    of an object that, where they cross a border of two blocks, are less than
    `blockwise.MINIMUM_MATCH` of what the object has there.

    Parameters
    ----------
    offsets : list of Coordinate
        The neighbour that each channel looks at, in voxels. Further channels of the
        prediction, such as local shape descriptors, are ignored.
    biases : iterable of float
        What `enumerate_parameters` tries.
    **options
        Other fields of the parameters, such as ``min_size=100``.
    """

    default_value_range: ClassVar[ValueRange] = UNIT_RANGE

    def __init__(
        self,
        offsets: Iterable[Any],
        biases: Iterable[float] = DEFAULT_BIASES,
        **options: Any,
    ) -> None:
        self.offsets = _to_offsets(offsets) or ()
        self.biases = tuple(biases)
        self.options = options

    def enumerate_parameters(self) -> Iterator[WatershedPostProcessorParameters]:
        for number, bias in enumerate(self.biases):
            yield WatershedPostProcessorParameters(id=number, bias=bias, **self.options)

    def pieces(
        self,
        prediction: NDArray[Any],
        parameters: WatershedPostProcessorParameters,
        value_range: ValueRange,
    ) -> Pieces:
        offsets = self._offsets(parameters)
        if len(prediction) < len(offsets):
            raise DataError(
                f"the prediction has {len(prediction)} channels, fewer than the "
                f"{len(offsets)} offsets of the watershed"
            )
        affinities = prediction[: len(offsets)]
        if parameters.sigma or not _is_ready(affinities, value_range):
            affinities = to_unit_interval(affinities, value_range)
        if parameters.sigma:
            affinities = np.stack(
                [smoothed(channel, parameters.sigma) for channel in affinities]
            )
        labels = mutex_watershed(affinities, offsets, parameters.bias)
        mean = _mean_affinity(affinities)
        if parameters.threshold:
            labels[mean < parameters.threshold / 255] = 0
        return Pieces(labels, mean)

    def accepted(
        self, objects: Objects, parameters: WatershedPostProcessorParameters
    ) -> NDArray[np.bool_]:
        # NaN, the mean of no voxel, compares false
        sure: NDArray[np.bool_] = objects.means >= parameters.bias
        return sure & (objects.sizes >= parameters.min_size)

    def context(
        self, parameters: WatershedPostProcessorParameters, voxel_size: Coordinate
    ) -> Coordinate:
        reach = int(np.ceil(FILTER_REACH * parameters.sigma))
        wanted = in_voxels(parameters.context, voxel_size)
        shell = self.shell(parameters, voxel_size.dims)
        return Coordinate(map(max, wanted, shell)) + reach

    def shell(
        self, parameters: WatershedPostProcessorParameters, dims: int
    ) -> Coordinate:
        """Return the reach of the longest edges, which cross borders this far."""
        offsets = self._offsets(parameters)
        return Coordinate(
            max((abs(offset[axis]) for offset in offsets), default=1) or 1
            for axis in range(dims)
        )

    def bytes_per_voxel(self, num_channels: int) -> int:
        return num_channels * 8 + len(self.offsets) * 32 + 64

    def _offsets(
        self, parameters: WatershedPostProcessorParameters
    ) -> tuple[Coordinate, ...]:
        return self.offsets if parameters.offsets is None else parameters.offsets


def _is_ready(affinities: NDArray[Any], value_range: ValueRange) -> bool:
    """Whether the watershed takes the stored values as they are, without a copy."""
    is_unit = affinities.dtype.kind == "f" and value_range == UNIT_RANGE
    return affinities.dtype == np.uint8 or is_unit


def _mean_affinity(affinities: NDArray[Any]) -> NDArray[np.float64]:
    if affinities.dtype != np.uint8:
        mean: NDArray[np.float64] = affinities.mean(axis=0, dtype=np.float64)
        return mean
    total = affinities.sum(axis=0, dtype=np.uint32)
    scaled: NDArray[np.float64] = total / (255.0 * len(affinities))
    return scaled
