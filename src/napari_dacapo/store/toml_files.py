"""Config objects to and from TOML files, for those who prefer them to YAML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from napari_dacapo.errors import ConfigError

from .atomic import write_text
from .converter import SCHEMA_KEY, SCHEMA_VERSION, from_doc, from_file_doc, to_doc

T = TypeVar("T")


class EmptyValueError(ConfigError):
    """An object holds empty values that TOML cannot express."""


def dump_toml(obj: Any, base_folder: Path | None = None) -> str:
    """Return `obj` as TOML text, with the version of the layout.

    TOML knows no empty values: fields that are `None` are left out and take their
    default, which is `None` too, when the text is read.

    Raises
    ------
    EmptyValueError
        If `obj` holds something empty that has no default, and so would be lost.
    """
    import tomli_w

    doc = to_doc(obj, base_folder)
    filled = _without_empty(doc)
    read_back = to_doc(from_doc(filled, type(obj), base_folder), base_folder)
    if repr(read_back) != repr(doc):  # as texts: NaN equals nothing
        raise EmptyValueError(
            f"{type(obj).__name__} holds empty values, which TOML cannot express; use "
            "YAML"
        )
    return tomli_w.dumps({SCHEMA_KEY: SCHEMA_VERSION, **filled})


def save_toml(obj: Any, path: Path | str) -> None:
    """Write `obj` to the file `path`, at once or not at all.

    Raises
    ------
    EmptyValueError
        As `dump_toml`.
    """
    write_text(Path(path), dump_toml(obj))


def load_toml(path: Path | str, cls: type[T]) -> T:
    """Read the object of class `cls` from the TOML file `path`.

    Raises
    ------
    ConfigError
        If the file is no TOML, was written by a newer version, or does not describe
        a `cls`; every line names the field, the last one the file.
    FileNotFoundError
        If there is no such file.
    """
    path = Path(path)
    try:
        doc = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as TOML: {error}") from error
    return from_file_doc(doc, cls, path)


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_empty(v) for v in value if v is not None]
    return value
