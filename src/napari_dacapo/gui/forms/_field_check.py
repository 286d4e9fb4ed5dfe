"""Asking the converter and validator of one field about a value; no Qt in here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import attrs


class _FieldAlone(SimpleNamespace):
    """Stands for the object while one of its fields is checked alone."""

    def __getattr__(self, name: str) -> Any:
        raise _NeedsWholeObjectError(name)


class _NeedsWholeObjectError(Exception):
    """A validator looked at another field; it is asked again with the whole object."""


def check_field(attribute: attrs.Attribute[Any], value: Any) -> None:
    """Raise what the converter and validator of `attribute` raise for `value`.

    Those that look at other fields of the object are passed over.
    """
    instance: Any = _FieldAlone()
    try:
        converted = _convert(attribute, value, instance)
        if attribute.validator is not None:
            attribute.validator(instance, attribute, converted)
    except _NeedsWholeObjectError:
        return


def _convert(attribute: attrs.Attribute[Any], value: Any, instance: Any) -> Any:
    converter: Any = attribute.converter
    if converter is None:
        return value
    if hasattr(converter, "takes_self"):  # an attrs.Converter
        extra = [instance] if converter.takes_self else []
        extra += [attribute] if converter.takes_field else []
        return converter.converter(value, *extra)
    return converter(value)
