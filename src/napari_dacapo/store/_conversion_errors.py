"""One readable line per fault in a document, starting with the path of the field."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

import attrs
from cattrs.errors import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from napari_dacapo.errors import ConfigError, UnknownTypeError

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPE_KEY = "__type__"
#: the path at the start of a message, such as ``augments[2].gamma_range: ...``
_LEADING_PATH = re.compile(r"(\w+)(\.\w+|\[[^\]]*\])*: ")


class UnknownTypeConfigError(ConfigError, UnknownTypeError):
    """A document names a class that does not exist: a `NameError`, too."""


def conversion_error(error: BaseException) -> ConfigError:
    """Return what is wrong with a document, one line per fault.

    Parameters
    ----------
    error : BaseException
        What a cattrs converter with detailed validation raised.
    """
    text = "\n".join(iter_faults(error))
    is_unknown = any(isinstance(e, NameError) for e in _iter_causes(error))
    return UnknownTypeConfigError(text) if is_unknown else ConfigError(text)


def _iter_causes(error: BaseException) -> Iterator[BaseException]:
    for inner in getattr(error, "exceptions", ()):
        yield from _iter_causes(inner)
    yield error


def iter_faults(error: BaseException, path: str = "") -> Iterator[str]:
    """Yield ``<path of the field>: <what is wrong>`` for every fault in `error`.

    Parameters
    ----------
    error : BaseException
        What a cattrs converter with detailed validation raised.
    path : str
        Where in the document it was raised.
    """
    if isinstance(error, IterableValidationError):
        with_notes, without = error.group_exceptions()
        for inner, note in with_notes:
            yield from iter_faults(inner, f"{path}[{note.index!r}]")
        for inner in without:
            yield from iter_faults(inner, path)
    elif isinstance(error, ClassValidationError):
        yield from _class_faults(error, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        yield from _unknown_fields(error, path)
    else:
        yield _located(path, str(error), ())


def _class_faults(error: ClassValidationError, path: str) -> Iterator[str]:
    fields = field_names(error.cl)
    with_notes, without = error.group_exceptions()
    for inner, note in with_notes:
        where = _below(path, note.name)
        if isinstance(inner, KeyError) and inner.args == (note.name,):
            yield f"{where}: missing in {error.cl.__name__}; this field has no default"
        else:
            yield from iter_faults(inner, where)
    for inner in without:
        if isinstance(inner, ForbiddenExtraKeysError):
            yield from _unknown_fields(inner, path)
        else:
            yield _located(path, str(inner), fields)


def _unknown_fields(error: ForbiddenExtraKeysError, path: str) -> Iterator[str]:
    fields = field_names(error.cl)
    for key in sorted(map(str, error.extra_fields)):
        near = difflib.get_close_matches(key[:100], fields, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else _listing(fields)
        name = getattr(error.cl, "__name__", str(error.cl))
        yield f"{_below(path, key)}: {name} has no such field; {hint}"


def _listing(fields: tuple[str, ...]) -> str:
    return f"it has {', '.join(fields)}" if fields else "it has none"


def field_names(cls: Any) -> tuple[str, ...]:
    """Return the names of the fields of an attrs class, as they stand in files."""
    if not attrs.has(cls):
        return ()
    return tuple(field.name for field in attrs.fields(cls) if field.init)


def _located(path: str, text: str, fields: tuple[str, ...]) -> str:
    # checks of our config classes already name the field they complain about
    head = _LEADING_PATH.match(text)
    names = (TYPE_KEY, *fields, *(field.lstrip("_") for field in fields))
    if not path or (head is not None and head.group(1) in names):
        return _below(path, text)
    return f"{path}: {text}"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
