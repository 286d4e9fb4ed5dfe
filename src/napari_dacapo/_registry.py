"""Name to class look-up for every config hierarchy: subclassing is registration."""

from __future__ import annotations

import difflib
import importlib
import inspect
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Self

from napari_dacapo.errors import UnknownTypeError

if TYPE_CHECKING:
    from pathlib import Path

#: packages whose import registers every built-in class
BUILTIN_PACKAGES = (
    "napari_dacapo.arrays",
    "napari_dacapo.architectures",
    "napari_dacapo.datasplits",
    "napari_dacapo.tasks",
    "napari_dacapo.trainers",
    "napari_dacapo.starts",
    "napari_dacapo.runs",
)
#: longer names are cut before near ones are searched, which takes time
MAX_NAME = 200
ENTRY_POINT_GROUP = "napari_dacapo.components"


#: every registered class by name
_CLASSES: dict[str, type[Registered]] = {}


class Registered:
    """Mix-in for the root of a hierarchy whose subclasses are found by name.

    Classes must be made with :func:`attrs.define` or :func:`attrs.frozen`; attrs calls
    ``__attrs_init_subclass__`` once per finished class (``__init_subclass__`` would
    also see the throw-away class that attrs makes for slots).
    """

    __slots__ = ()

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        known = _CLASSES.get(cls.__name__)
        if known is not None and known.__module__ != cls.__module__:
            raise TypeError(
                f"a class named {cls.__name__!r} is already registered by module "
                f"{known.__module__!r}; rename the one in {cls.__module__!r}"
            )
        _CLASSES[cls.__name__] = cls

    def to_toml(self, toml_path: Path | str) -> None:
        """Write this object to the TOML file `toml_path`.

        Raises
        ------
        ConfigError
            If it holds empty values that TOML cannot express.
        """
        _toml_files().save_toml(self, toml_path)

    @classmethod
    def from_toml(cls, toml_path: Path | str) -> Self:
        """Read an object of this class from the TOML file `toml_path`.

        Raises
        ------
        ConfigError
            If the file does not describe one; every line names the field.
        FileNotFoundError
            If there is no such file.
        """
        found: Self = _toml_files().load_toml(toml_path, cls)
        return found


def _toml_files() -> Any:
    # by name: the layers above import this module
    return importlib.import_module("napari_dacapo.store.toml_files")


def load_components() -> None:
    """Import the built-in packages and those of the entry-point group."""
    for package in BUILTIN_PACKAGES:
        importlib.import_module(package)
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        entry_point.load()


def lookup(name: str) -> type[Registered]:
    """Return the registered class called `name`.

    Raises
    ------
    UnknownTypeError
        A `NameError`: if no such class is registered; the text lists near names. The
        name is only
        ever compared with the registry, never evaluated.
    """
    name = str(name)[:MAX_NAME]  # whatever a file holds
    if name not in _CLASSES:
        load_components()
    try:
        return _CLASSES[name]
    except KeyError:
        near = difflib.get_close_matches(name, _CLASSES, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UnknownTypeError(f"no config class is named {name!r}{hint}") from None


def concrete_classes(root: type[Registered]) -> list[type[Registered]]:
    """Return the registered subclasses of `root` that can be built, sorted by name.

    Left out are abstract classes and those that do not say what is built from them, by
    a class variable such as ``array_type`` that the root declares; where it declares
    none, the root itself.
    """
    load_components()
    declared = [name for name in _annotations(root) if name.endswith("_type")]
    found = [
        cls
        for cls in _CLASSES.values()
        if issubclass(cls, root)
        and not getattr(cls, "__abstractmethods__", None)
        and (declared or cls is not root)
        # looked up statically: the real look-up may import torch
        and all(inspect.getattr_static(cls, name, None) for name in declared)
    ]
    return sorted(found, key=lambda cls: cls.__name__)


def _annotations(cls: type) -> list[str]:
    return list(vars(cls).get("__annotations__", {}))
