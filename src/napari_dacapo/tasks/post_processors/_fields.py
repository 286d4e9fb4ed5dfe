"""Fields that the parameters of several post-processors have in common."""

from __future__ import annotations

from typing import Any

from napari_dacapo._config import config_field
from napari_dacapo.geometry import Coordinate


def threshold_field(default: float) -> Any:
    """Declare where foreground begins."""
    return config_field(
        "Voxels whose prediction is greater than this are foreground. The scale is "
        "0 to 255 from the lowest to the highest possible prediction; 127 is the "
        "middle, which for distance predictions is the object boundary.",
        default=default,
        minimum=0,
        maximum=255,
        step=1,
    )


def min_size_field() -> Any:
    """Declare the size below which objects are dropped."""
    return config_field(
        "Objects with fewer voxels than this are dropped; 0 keeps all.",
        default=0,
        unit="voxels",
        minimum=0,
        advanced=True,
    )


def sigma_field() -> Any:
    """Declare how much predictions are smoothed."""
    return config_field(
        "Width of the Gaussian by which the prediction is smoothed first; 0 does "
        "nothing.",
        default=0.0,
        unit="voxels",
        minimum=0,
        advanced=True,
    )


def channel_field() -> Any:
    """Declare which channel is segmented."""
    return config_field(
        "Which channel of the prediction is segmented, counted from 0.",
        default=0,
        minimum=0,
        advanced=True,
    )


def context_field() -> Any:
    """Declare how far blocks of large volumes overlap."""
    return config_field(
        "Large volumes are processed in blocks; each looks this far into its "
        "neighbours, to join the objects that they share.",
        default=Coordinate(32, 32, 32),
        unit="nm",
        converter=_to_coordinate,
    )


def _to_coordinate(value: Any) -> Coordinate:
    return Coordinate(value)
