"""The lazy, ROI-addressed array interface and the root of all array configs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import build, implementation, name_field
from napari_dacapo._registry import Registered
from napari_dacapo.errors import DaCapoError, RoiError
from napari_dacapo.geometry import Coordinate, Roi, world_to_voxels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHANNEL_AXIS = "c"
NON_SPATIAL_AXES = ("s", "b", "c", "t")


class Array(ABC):
    """A lazy array in world coordinates.

    ``array[roi]`` reads the box `roi` (world units, nm) as numpy, with all non-spatial
    axes complete and in the order of `axes`. `axes`, `dtype` and `num_channels` always
    describe what reading returns.
    """

    @property
    def attrs(self) -> dict[str, Any]:
        """Free-form metadata stored with the data."""
        return {}

    @property
    @abstractmethod
    def axes(self) -> list[str]:
        """Axis names, one letter each: spatial ``z y x``, channel ``c``."""

    @property
    def dims(self) -> int:
        """Number of spatial axes."""
        return self.voxel_size.dims

    @property
    @abstractmethod
    def voxel_size(self) -> Coordinate:
        """Edge lengths of a voxel in world units, spatial axes only."""

    @property
    @abstractmethod
    def roi(self) -> Roi:
        """The box covered, in world units, between the outer faces of its voxels."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of the values that reading returns."""

    @property
    @abstractmethod
    def num_channels(self) -> int | None:
        """Length of the channel axis, or `None` if there is none."""

    @property
    def channels(self) -> list[str] | None:
        """Names of the channels where they are known."""
        return None

    @property
    def data(self) -> Any:
        """The whole array, indexable like numpy, if it exists as such.

        Raises
        ------
        ValueError
            For virtual arrays, whose values are computed when they are read.
        """
        raise ValueError(
            f"{type(self).__name__} computes its values when they are read and has no "
            "data of its own; read a region with array[roi]"
        )

    @property
    def writable(self) -> bool:
        """Whether ``array[roi] = values`` is possible."""
        return False

    @property
    def spatial_axes(self) -> list[str]:
        """Names of the spatial axes."""
        return [axis for axis in self.axes if axis not in NON_SPATIAL_AXES]

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape in voxels."""
        return (self.roi.shape / self.voxel_size).as_integers()

    def __getitem__(self, roi: Any) -> NDArray[Any]:
        """Read the box `roi` (world units).

        Raises
        ------
        RoiError
            If `roi` leaves the array or does not lie on its voxel grid. A
            `ValueError`; padding is the business of the training pipeline.
        """
        roi = Roi.coerce(roi)
        self.check_roi(roi)
        return self._read(roi)

    @abstractmethod
    def _read(self, roi: Roi) -> NDArray[Any]:
        """Read `roi`, which is known to be inside and on the voxel grid."""

    def check_roi(self, roi: Roi) -> Roi:
        """Return `roi` in voxels of this array.

        Raises
        ------
        RoiError
            If `roi` leaves the array or does not lie on its voxel grid.
        """
        if roi.dims != self.dims:
            raise RoiError(
                f"region {roi} has {roi.dims} axes, the array has {self.dims}"
            )
        if not roi.empty and not self.roi.contains(roi):
            raise RoiError(
                f"region {roi} is not inside the array, which covers {self.roi} (world "
                "units); ask for a part of it"
            )
        try:
            return world_to_voxels(roi, self.roi.offset, self.voxel_size)
        except ValueError as error:
            raise RoiError(str(error)) from None

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({''.join(self.axes)}, {self.shape} voxels of "
            f"{self.voxel_size} nm at {self.roi.offset})"
        )


@attrs.define
class ArrayConfig(Registered):
    """Base of all array configs: a recipe from which an array is made."""

    array_type: ClassVar[type[Array]]

    name: str = name_field("array")

    def verify(self) -> tuple[bool, str]:
        """Return whether an array can be made from this config, and if not why."""
        return True, f"{type(self).__name__} {self.name!r} is valid"

    def create_array(self) -> Array:
        """Make the array.

        Raises
        ------
        ConfigError
            If the config is invalid, with the text of `verify`.
        """
        array: Array = build(self, "array_type")
        return array

    def to_array(self) -> Array:
        """Make the array, same as `create_array`."""
        return self.create_array()

    def get_array(self) -> Array:
        """Make the array, same as `create_array`."""
        return self.create_array()


def open_array(config: ArrayConfig) -> Array:
    """Return the array of `config` without verifying it first.

    Raises
    ------
    DaCapoError
        What is wrong, if the array cannot be made.
    """
    array: Array = implementation(config, "array_type")(config)
    return array


def verify_by_opening(config: ArrayConfig) -> tuple[bool, str]:
    """Return whether the array of `config` can be made; the text says what is assumed.

    Opening reads metadata only. Third-party arrays may have `notes`, as ours do.
    """
    try:
        array = open_array(config)
    except DaCapoError as error:
        return False, str(error)
    return True, "; ".join((f"{array} can be read", *getattr(array, "notes", ())))
