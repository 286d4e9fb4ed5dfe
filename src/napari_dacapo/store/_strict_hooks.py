"""Structure hooks that refuse what Python would silently convert."""

from __future__ import annotations

import reprlib
import types
from enum import Enum
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from cattrs.errors import IterableValidationError, IterableValidationNote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cattrs import Converter

    Hook = Callable[[Any, Any], Any]


_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 80


def shorten(value: Any) -> str:
    """Return `value` as Python writes it, cut to a length fit for a message."""
    return _repr.repr(value)


def add_strict_hooks(converter: Converter) -> None:
    """Register the hooks of this module with `converter`."""
    for kind, check in _SCALARS.items():
        converter.register_structure_hook(kind, check)
    converter.register_structure_hook_factory(_is_list, _list_hook)
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_factory(_is_dict, _dict_hook)
    converter.register_structure_hook_factory(_is_union, _union_hook)


def _int(value: Any, _: Any) -> int:
    whole = isinstance(value, Integral) or (isinstance(value, float) and value % 1 == 0)
    if isinstance(value, bool) or not whole:
        raise TypeError(f"{shorten(value)} is not a whole number")
    return int(value)


def _float(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{shorten(value)} is not a number")
    return float(value)


def _str(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shorten(value)} is not a text; put it in quotes")
    return value


def _bool(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{shorten(value)} is not true or false")
    return value


def _none(value: Any, _: Any) -> None:
    if value is not None:
        raise TypeError(f"{shorten(value)} is not empty (null)")


_SCALARS: dict[Any, Hook] = {
    int: _int,
    float: _float,
    str: _str,
    bool: _bool,
    types.NoneType: _none,
}


def _is_list(kind: Any) -> bool:
    return kind is list or get_origin(kind) is list


def _is_tuple(kind: Any) -> bool:
    return kind is tuple or get_origin(kind) is tuple


def _is_dict(kind: Any) -> bool:
    return kind is dict or get_origin(kind) is dict


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _list_hook(kind: Any, converter: Converter) -> Hook:
    (item,) = get_args(kind) or (Any,)
    hook = converter.get_structure_hook(item)

    def structure(value: Any, _: Any) -> list[Any]:
        return _each(_sequence(value), lambda _: (hook, item), kind)

    return structure


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    items = get_args(kind) or (Any, ...)
    if len(items) == 2 and items[1] is Ellipsis:
        of_list = _list_hook(list[items[0]], converter)  # type: ignore[valid-type]
        return lambda value, kind: tuple(of_list(value, kind))
    hooks = [(converter.get_structure_hook(item), item) for item in items]

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        values = _sequence(value)
        if len(values) != len(hooks):
            raise TypeError(
                f"{shorten(value)} has {len(values)} entries; {len(hooks)} are needed"
            )
        return tuple(_each(values, hooks.__getitem__, kind))

    return structure


def _dict_hook(kind: Any, converter: Converter) -> Hook:
    key_kind, item = get_args(kind) or (Any, Any)
    key_hook = converter.get_structure_hook(key_kind)
    hook = converter.get_structure_hook(item)

    def structure(value: Any, _: Any) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise TypeError(f"{shorten(value)} is not a mapping (name: value)")
        keys = _each(value, lambda _: (key_hook, key_kind), kind, list(value))
        items = _each(value.values(), lambda _: (hook, item), kind, list(value))
        return dict(zip(keys, items, strict=True))

    return structure


def _sequence(value: Any) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{shorten(value)} is not a list")
    return value


def _each(
    values: Iterable[Any],
    hook_of: Callable[[int], tuple[Hook, Any]],
    kind: Any,
    names: Sequence[Any] | None = None,
) -> list[Any]:
    # like the collection hooks of cattrs: all faults are gathered, each with its place
    found, errors = [], []
    for index, value in enumerate(values):
        hook, item = hook_of(index)
        try:
            found.append(hook(value, item))
        except Exception as error:  # noqa: BLE001 - re-raised together below
            place = index if names is None else names[index]
            text = f"{kind} @ {place!r}"
            error.__notes__ = [
                *getattr(error, "__notes__", ()),
                IterableValidationNote(text, place, item),
            ]
            errors.append(error)
    if errors:
        raise IterableValidationError(f"while structuring {kind}", errors, kind)
    return found


def _union_hook(kind: Any, converter: Converter) -> Hook:
    members = [m for m in get_args(kind) if m is not types.NoneType]
    optional = len(members) < len(get_args(kind))
    hooks = [(converter.get_structure_hook(member), member) for member in members]

    def structure(value: Any, _: Any) -> Any:
        if value is None and optional:
            return None
        if len(hooks) == 1:
            return hooks[0][0](value, members[0])
        for hook, member in hooks:
            try:
                return hook(value, member)
            except (TypeError, ValueError, IterableValidationError):
                continue
        wanted = " or ".join(_name(member) for member in members)
        raise TypeError(f"{shorten(value)} is not {wanted}")

    return structure


def _name(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(repr(member.value) for member in kind)
    return getattr(kind, "__name__", str(kind))
