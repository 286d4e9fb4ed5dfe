"""Fields of config classes: one declaration serves form, tooltip, CLI help and docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from .errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def config_field(  # noqa: PLR0913
    help_text: str,
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    unit: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    exclusive_minimum: bool = False,
    step: float | None = None,
    choices: tuple[str, ...] | None = None,
    group: str | None = None,
    advanced: bool = False,
    path_kind: str | None = None,
    converter: Any = None,
    validator: Any = None,
    alias: str | None = None,
) -> Any:
    """Declare a field of a config class.

    Parameters
    ----------
    help_text : str
        One or two sentences for people who do not write code; required.
    default, factory, converter, validator, alias
        As in :func:`attrs.field`.
    unit : str, optional
        Physical unit shown beside the editor, for example ``"nm"`` or ``"voxels"``.
    minimum, maximum : float, optional
        Inclusive limits, enforced at construction and by the editor (`None` passes).
    exclusive_minimum : bool
        The value must be greater than `minimum`, not equal to it.
    step : float, optional
        Increment of a spin box.
    choices : tuple of str, optional
        The only values allowed.
    group : str, optional
        Heading under which the form shows the field.
    advanced : bool
        Whether the form hides the field until "advanced" is opened.
    path_kind : {"file", "directory", "any"}, optional
        What a file chooser should offer for a path.
    """
    metadata = {
        "help_text": help_text,
        "unit": unit,
        "minimum": minimum,
        "maximum": maximum,
        "exclusive_minimum": exclusive_minimum,
        "step": step,
        "choices": choices,
        "group": group,
        "advanced": advanced,
        "path_kind": path_kind,
    }
    validators = [] if validator is None else [validator]
    if minimum is not None or maximum is not None:
        validators.insert(0, _check_range)
    if choices is not None:
        validators.insert(0, _check_choice)
    keywords: dict[str, Any] = {"metadata": metadata, "converter": converter}
    if validators:
        keywords["validator"] = validators
    if alias is not None:
        keywords["alias"] = alias
    if factory is not None:
        keywords["factory"] = factory
    elif default is not attrs.NOTHING:
        keywords["default"] = default
    return attrs.field(**keywords)


def _check_range(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is None:
        return
    low, high = attribute.metadata["minimum"], attribute.metadata["maximum"]
    strict = attribute.metadata["exclusive_minimum"]
    rules = []
    if low is not None:
        rules.append(f"greater than {low:g}" if strict else f"at least {low:g}")
    if high is not None:
        rules.append(f"at most {high:g}")
    rule = " and ".join(rules)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(
            f"{attribute.name}: {value!r} is not a number; it must be {rule}"
        )
    too_low = low is not None and (value < low or (strict and value == low))
    too_high = high is not None and value > high
    if value != value or too_low or too_high:
        raise ConfigError(
            f"{attribute.name}: {value!r} is out of range; it must be {rule}"
        )


def _check_choice(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    choices = attribute.metadata["choices"]
    if value is not None and value not in choices:
        raise ConfigError(
            f"{attribute.name}: {value!r} is not one of {', '.join(map(repr, choices))}"
        )


def check_name(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Reject names that cannot be used as a file name on every platform."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{attribute.name}: a name is required, got {value!r}")


def name_field(what: str) -> Any:
    """Declare the `name` field of a config that describes `what`."""
    return config_field(
        f"A unique, short name for this {what}: it is saved under this name and found "
        "again by it.",
        validator=check_name,
    )


def iter_verify(parts: dict[str, Any]) -> Iterator[str]:
    """Yield the complaint of every invalid part (path -> config with ``verify``)."""
    for path, part in parts.items():
        valid, reason = part.verify()
        if not valid:
            yield f"{path}: {reason}"


def require_valid(config: Any) -> None:
    """Raise what ``config.verify()`` complains about.

    Raises
    ------
    ConfigError
        With the text of ``verify``.
    """
    valid, reason = config.verify()
    if not valid:
        raise ConfigError(reason)


def implementation(config: Any, kind: str) -> Any:
    """Return the class that is built from `config`, which its attribute `kind` names.

    Raises
    ------
    ConfigError
        If `config` is of an abstract class, from which nothing is built.
    """
    found = getattr(config, kind, None)
    if found is None:
        cls = type(config).__name__
        raise ConfigError(
            f"nothing can be built from a {cls}: it is the base of others; choose a "
            f"subclass that has an {kind}"
        )
    return found


def build(config: Any, kind: str) -> Any:
    """Verify `config` and return what its class attribute `kind` makes of it.

    Raises
    ------
    ConfigError
        If the config is invalid, with the text of ``verify``, or abstract.
    """
    require_valid(config)
    return implementation(config, kind)(config)
