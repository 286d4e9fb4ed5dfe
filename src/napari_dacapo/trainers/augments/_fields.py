"""Fields and checks that augment configs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    import attrs


def to_range(value: Any) -> Any:
    """Convert a list (of a YAML file) to a tuple of floats."""
    if isinstance(value, (list, tuple)):
        return tuple(float(v) for v in value)
    return value


def check_range(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Require two finite numbers in ascending order."""
    valid = isinstance(value, tuple) and len(value) == 2
    if not valid or not -float("inf") < value[0] <= value[1] < float("inf"):
        raise ConfigError(
            f"{attribute.name}: {value!r} is not a range; give two numbers, the "
            "smaller one first, such as [0.9, 1.1]"
        )


def not_negative_range(instance: Any, attribute: Any, value: Any) -> None:
    """Require a range that does not go below 0."""
    check_range(instance, attribute, value)
    if value[0] < 0:
        raise ConfigError(f"{attribute.name}: {value[0]!r} is below 0")


def range_field(
    help_text: str, *, check: Callable[..., None] = check_range, **options: Any
) -> Any:
    """Declare a field ``(lowest, highest)``."""
    return config_field(help_text, converter=to_range, validator=check, **options)


def probability_field(help_text: str, default: float) -> Any:
    """Declare a field for the probability with which something happens."""
    return config_field(help_text, default=default, minimum=0, maximum=1, step=0.05)
