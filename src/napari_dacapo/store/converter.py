"""Config objects to and from plain documents (dict, list, str, numbers) and YAML.

An object of a config hierarchy becomes its fields plus ``__type__``, the name of its
class, which is looked up in the registry when the document is read: never evaluated.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cattrs import Converter
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from napari_dacapo._registry import Registered, concrete_classes
from napari_dacapo.errors import ConfigError

from ._conversion_errors import (
    TYPE_KEY,
    UnknownTypeConfigError,
    conversion_error,
)
from ._strict_hooks import add_strict_hooks, shorten
from .conversion_hooks import read_path, register_hooks
from .yaml_files import format_yaml, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
SCHEMA_KEY = "schema_version"
#: version of the layout of config files; raised when old programs would misread them
SCHEMA_VERSION = 1


class TypedConverter(Converter):
    """A cattrs converter that knows class hierarchies and checks strictly.

    Unknown fields, wrong types and values out of range raise `ConfigError` with one
    line per fault, each starting with the path of the field; missing fields take their
    defaults. Tuples are written as lists.
    """

    def __init__(self) -> None:
        super().__init__(
            forbid_extra_keys=True,
            detailed_validation=True,
            unstruct_collection_overrides={tuple: list},
        )
        add_strict_hooks(self)

    def register_hierarchy(self, cls: type, cls_fn: Callable[[str], type]) -> None:
        """Write ``__type__`` for `cls` and its subclasses, and read by it.

        Parameters
        ----------
        cls : type
            Root of the hierarchy.
        cls_fn : callable
            Turns the text of ``__type__`` into a class, or raises `NameError`.

        Raises
        ------
        TypeError
            If `cls` is not a class.
        """
        if not isinstance(cls, type):
            raise TypeError(f"the root of a hierarchy must be a class, got {cls!r}")
        readers: dict[type, Any] = {}
        writers: dict[type, Any] = {}

        def is_member(candidate: Any) -> bool:
            return isinstance(candidate, type) and issubclass(candidate, cls)

        def structure(doc: Any, wanted: type) -> Any:
            found = _class_of(doc, wanted, cls_fn)
            if found not in readers:
                readers[found] = make_dict_structure_fn(found, self)
            fields = {key: value for key, value in doc.items() if key != TYPE_KEY}
            return readers[found](fields, found)

        def unstructure(value: Any) -> dict[str, Any]:
            kind = type(value)
            if kind not in writers:
                writers[kind] = make_dict_unstructure_fn(kind, self)
            return {TYPE_KEY: kind.__name__, **writers[kind](value)}

        self.register_structure_hook_func(is_member, structure)
        self.register_unstructure_hook_func(is_member, unstructure)

    def structure(self, obj: Any, cl: Any) -> Any:
        """Make an object of class `cl` from the document `obj`.

        Raises
        ------
        ConfigError
            If the document does not fit; one line per fault. A `NameError`, too, if it
            names a class that does not exist.
        """
        try:
            return super().structure(obj, cl)
        except (BaseValidationError, ForbiddenExtraKeysError) as error:
            raise conversion_error(error) from error
        except TypeError as error:
            raise ConfigError(str(error)) from error


def _class_of(doc: Any, wanted: type, cls_fn: Callable[[str], type]) -> type:
    if not isinstance(doc, dict):
        raise ConfigError(
            f"{shorten(doc)} is not a mapping with {TYPE_KEY}: <class name>"
        )
    if TYPE_KEY not in doc:
        raise ConfigError(f"{TYPE_KEY}: missing; {_choices(wanted)}")
    try:
        found = cls_fn(doc[TYPE_KEY])
    except NameError as error:
        raise UnknownTypeConfigError(f"{TYPE_KEY}: {error}") from None
    if not issubclass(found, wanted):
        raise ConfigError(
            f"{TYPE_KEY}: {doc[TYPE_KEY]} is not a {wanted.__name__}; "
            f"{_choices(wanted)}"
        )
    return found


def _choices(wanted: type) -> str:
    if not issubclass(wanted, Registered):
        return f"name a {wanted.__name__}"
    return f"name one of {', '.join(c.__name__ for c in concrete_classes(wanted))}"


@lru_cache(maxsize=16)
def make_converter(base_folder: Path | None = None) -> TypedConverter:
    """Return a converter that knows all our classes.

    Parameters
    ----------
    base_folder : Path, optional
        Paths inside this folder are written relative to it (with ``/``), others
        absolute, and relative ones are read as inside it. Without it, paths are kept
        as they are.
    """
    converter = TypedConverter()
    register_hooks(converter)
    if base_folder is not None:
        base = Path(os.path.abspath(base_folder))  # noqa: PTH100 - keeps links
        converter.register_structure_hook(Path, lambda text, _: base / read_path(text))
        converter.register_unstructure_hook(Path, lambda path: _relative(path, base))
    return converter


def _relative(path: Path, base: Path) -> str:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - keeps links
    inside = absolute.is_relative_to(base)
    return absolute.relative_to(base).as_posix() if inside else str(absolute)


def to_doc(obj: Any, base_folder: Path | None = None) -> Any:
    """Return `obj` as plain dictionaries, lists, texts and numbers."""
    return make_converter(base_folder).unstructure(obj)


def from_doc(doc: Any, cls: type[T], base_folder: Path | None = None) -> T:
    """Return the object of class `cls` that `doc` describes.

    Raises
    ------
    ConfigError
        If the document does not fit; one line per fault.
    """
    found: T = make_converter(base_folder).structure(doc, cls)
    return found


def dump_yaml(obj: Any, base_folder: Path | None = None) -> str:
    """Return `obj` as YAML text, with the version of the layout."""
    return format_yaml({SCHEMA_KEY: SCHEMA_VERSION, **to_doc(obj, base_folder)})


def load_yaml(path: Path, cls: type[T], base_folder: Path | None = None) -> T:
    """Read the object of class `cls` from the YAML file `path`.

    Raises
    ------
    ConfigError
        If the file is no YAML, was written by a newer version, or does not describe
        a `cls`; every line names the field, the last one the file.
    FileNotFoundError
        If there is no such file.
    """
    return from_file_doc(read_yaml(path), cls, path, base_folder)


def from_file_doc(
    doc: Any, cls: type[T], path: Path, base_folder: Path | None = None
) -> T:
    """Make an object of class `cls` from what the file `path` holds.

    Raises
    ------
    ConfigError
        As `from_doc`, the last line naming the file; or if a newer version wrote it.
    """
    doc = check_schema(doc, path)
    try:
        return from_doc(doc, cls, base_folder)
    except ConfigError as error:
        raise type(error)(f"{error}\n(in {path})") from error


def check_schema(doc: Any, path: Path) -> dict[str, Any]:
    """Return the mapping `doc` without its version.

    Raises
    ------
    ConfigError
        If `doc` is no mapping or its version is newer than ours.
    """
    if not isinstance(doc, dict):
        raise ConfigError(f"{path}: the file holds no mapping (name: value)")
    version = doc.pop(SCHEMA_KEY, SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise ConfigError(
            f"{path}: {SCHEMA_KEY} {version!r} is newer than {SCHEMA_VERSION}, which "
            "this version of napari-dacapo reads; update napari-dacapo"
        )
    return doc


def __getattr__(name: str) -> Any:
    # made on first use: making it imports every package that has configs
    if name == "converter":
        return make_converter()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
