"""Checks of what a data split generator is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate

from .keys import DatasetSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import attrs

    Check = Callable[[Any, attrs.Attribute[Any], Any], None]


def to_resolution(value: Iterable[float]) -> Coordinate:
    """Return a voxel size (nm).

    Raises
    ------
    ConfigError
        If it is no list of numbers greater than 0.
    """
    try:
        size = Coordinate(value)
        if len(size) > 0 and min(size) > 0:
            return size
    except (TypeError, ValueError):
        pass
    raise ConfigError(
        f"resolution: {value!r} must be a list of numbers greater than 0, one per "
        "spatial axis (z, y, x), in nm"
    )


def to_targets(value: Iterable[str] | None) -> list[str] | None:
    """Return names of classes as a list; a single one may be given as text.

    Raises
    ------
    ConfigError
        If a class is named twice.
    """
    targets = [value] if isinstance(value, str) else list(value or ())
    twice = sorted({target for target in targets if targets.count(target) > 1})
    if twice:
        raise ConfigError(f"targets: {twice[0]!r} is named twice; name it once")
    return targets or None


def to_specs(value: Any) -> list[DatasetSpec]:
    """Return datasets as a list.

    Raises
    ------
    ConfigError
        If one of them is something else.
    """
    specs = [value] if isinstance(value, DatasetSpec) else list(value)
    for i, spec in enumerate(specs):
        if not isinstance(spec, DatasetSpec):
            raise ConfigError(f"datasets[{i}]: {spec!r} is not a DatasetSpec")
    return specs


def at_least(minimum: float) -> Check:
    """Return a check that a number is not smaller than `minimum`."""

    def check(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not value >= minimum:
            raise ConfigError(
                f"{attribute.name}: {value!r} must be a number, at least {minimum:g}"
            )

    return check


def not_empty(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Check that a text (or nothing) is not empty.

    Raises
    ------
    ConfigError
        If it is.
    """
    if value == "":
        raise ConfigError(f"{attribute.name}: the text is empty; enter a character")
