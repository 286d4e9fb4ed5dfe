"""Config classes that exercise every kind of editor."""

from __future__ import annotations

import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import attrs

from napari_dacapo._config import config_field, name_field
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi


class Colour(Enum):
    RED = "r"
    DARK_BLUE = "b"


def even(instance: Any, attribute: Any, value: Any) -> None:
    if any(v % 2 for v in value):
        raise ConfigError(f"{attribute.name}: must be even, got {value}")


def below_size(instance: Any, attribute: Any, value: int) -> None:
    if value >= instance.size:
        raise ConfigError(f"{attribute.name}: must be below size {instance.size}")


@attrs.define
class Shape:
    """Plain leaves."""

    size: int = config_field("How big.", minimum=1, maximum=100, unit="voxels")
    part: int = config_field("Less than size.", default=0, validator=below_size)
    rate: float = config_field("A rate.", default=1e-4, minimum=0, unit="1/s")
    voxels: Coordinate = config_field(
        "Even.", default=Coordinate(2, 4), converter=Coordinate, validator=even
    )


@attrs.define
class Everything:
    """One field of each kind."""

    name: str = name_field("thing")
    text: str = config_field("Text.", default="a, b")
    flag: bool = config_field("Yes or no.", default=True)
    number: int | None = config_field("Maybe.", default=None, unit="nm")
    path: Path = config_field("Where.", default=Path("x/../y"), path_kind="any")
    roi: Roi = config_field("Region.", factory=lambda: Roi((0, -4.6), (9.2, 46)))
    colour: Colour = config_field("Which.", default=Colour.DARK_BLUE)
    mode: Literal["r", "w"] = config_field("How.", default="w")
    pad: str = config_field("Choice.", default="same", choices=("valid", "same"))
    ids: list[int] = config_field("IDs.", factory=lambda: [3, 10**20])
    names: tuple[str, ...] = config_field("Names.", default=("a,b", ' "c" ', ""))
    span: tuple[float, float] = config_field("Range.", default=(0.1, 1e-7))
    sizes: list[Coordinate] = config_field("Sizes.", factory=list)
    groups: list[tuple[str, list[int]]] = config_field(
        "Groups.", factory=lambda: [("m", [1, 2]), ("e", [])]
    )
    shape: Shape | None = config_field("Nested.", default=None, advanced=True)
    by_name: dict[str, Shape] = config_field("Dict.", factory=dict, group="More")
    either: int | str = config_field("Either.", default="x", group="More")
    day: datetime.date = config_field(
        "An editor of magicgui.", default=datetime.date(2026, 11, 22), group="More"
    )
    free: Any = config_field("Anything.", default=None, advanced=True)
    foreign: complex = config_field("Not editable.", default=1j, advanced=True)

    def verify(self) -> tuple[bool, str]:
        if self.text == "slow":
            return False, "text: verified in the background"
        if self.shape is not None and self.shape.size == 13:
            return False, "shape.size: unlucky"
        if self.text == "whole":
            return False, "this does not fit together"
        return True, "fine"


@attrs.define
class Computed:
    """A field that follows from another one."""

    size: int = config_field("Size.", default=2)
    double: int = attrs.field(
        default=attrs.Factory(lambda self: self.size * 2, takes_self=True),
        metadata={"help_text": "Twice the size unless given."},
    )


def full() -> Everything:
    """Return an object that differs from the defaults everywhere."""
    shape = Shape(7, part=3, rate=3e-5, voxels=(4, 8))
    return Everything(
        "thing_1",
        text="\u00b5 ",
        flag=False,
        number=0,
        path=Path("/tmp/x.zarr"),
        roi=Roi((None, 1), (None, 2)),
        colour=Colour.RED,
        mode="r",
        pad="valid",
        ids=[],
        names=("",),
        span=(-1.5, 2),
        sizes=[Coordinate(1, 2, 2), Coordinate(4.6, None)],
        groups=[("x", [5])],
        shape=shape,
        by_name={"a b": shape, "c": Shape(1)},
        either=5,
        day=datetime.date(1999, 1, 2),
        free={"a": [1, None], "b": "text"},
        foreign=2j,
    )
