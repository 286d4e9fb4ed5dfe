"""Sources of points, such as places around which training samples."""

from __future__ import annotations

from typing import ClassVar

import attrs

from napari_dacapo._config import config_field
from napari_dacapo._registry import Registered
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate


class GraphStore:
    """Points in world units (nm)."""

    points: list[Coordinate]


@attrs.define
class GraphStoreConfig(Registered):
    """Base of all configs of point sources."""

    store_type: ClassVar[type[GraphStore]]

    def verify(self) -> tuple[bool, str]:
        """Return whether the points can be read, and if not why."""
        return True, f"{type(self).__name__} is valid"


class PointList(GraphStore):
    """Points given one by one."""

    def __init__(self, config: PointListConfig) -> None:
        valid, reason = config.verify()
        if not valid:
            raise ConfigError(reason)
        self.points = list(config.points)


def _to_points(points: list[Coordinate]) -> list[Coordinate]:
    return [Coordinate(point) for point in points]


@attrs.define
class PointListConfig(GraphStoreConfig):
    """A list of points; use its `points` as ``sample_points`` of a dataset."""

    store_type: ClassVar[type[GraphStore]] = PointList

    points: list[Coordinate] = config_field(
        "The points, each with one number per spatial axis (z, y, x).",
        unit="nm",
        converter=_to_points,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether there are points, all with the same number of axes."""
        if not self.points:
            return False, "points: the list is empty; add at least one point"
        if len({point.dims for point in self.points}) > 1:
            return False, "points: all points need the same number of axes"
        return super().verify()
