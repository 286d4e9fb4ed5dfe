"""An array with boxes set to 0, such as a mask without what is to be ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Roi

from ._derived import DerivedArray, DerivedArrayConfig, open_source
from .base import ArrayConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class ExceptBoxesArray(DerivedArray):
    """The source, 0 in every voxel that a box touches.

    Parameters
    ----------
    array_config : ExceptBoxesArrayConfig
        Source and boxes.

    Raises
    ------
    ConfigError
        If a box has another number of axes than the source.
    """

    def __init__(self, array_config: ExceptBoxesArrayConfig) -> None:
        super().__init__(
            open_source(array_config.source_array_config), array_config.name
        )
        #: what is set to 0, in world units
        self.boxes = array_config.boxes
        for index, box in enumerate(self.boxes):
            if box.dims != self.dims:
                raise ConfigError(
                    f"boxes[{index}]: {box} has {box.dims} axes, the source has "
                    f"{self.dims}; give each box as many axes as the source"
                )

    def _read(self, roi: Roi) -> NDArray[Any]:
        values = self._source[roi].copy()
        for box in self.boxes:
            grown = box.snap_to_grid(self.voxel_size, origin=self.roi.begin)
            common = grown.intersect(roi)
            if not common.empty:
                voxels = (common - roi.begin) / self.voxel_size
                inside: tuple[Any, ...] = (..., *voxels.to_slices())
                values[inside] = 0
        return values


def _to_boxes(boxes: Iterable[Any]) -> list[Roi]:
    return [Roi.coerce(box) for box in boxes]


@attrs.define
class ExceptBoxesArrayConfig(DerivedArrayConfig):
    """Another array with boxes set to 0, such as a mask without some places."""

    array_type = ExceptBoxesArray

    source_array_config: ArrayConfig = config_field(
        "The array, usually a mask: 1 = use this voxel, 0 = ignore it."
    )
    boxes: list[Roi] = config_field(
        "What is set to 0: lower corner and extent of each box, in world units. A "
        "voxel that lies only partly in a box is set to 0, too.",
        unit="nm",
        factory=list,
        converter=_to_boxes,
    )
