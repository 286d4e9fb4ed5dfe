"""What is given as NAME=VALUE, and what has to exist already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dacapo.arrays.locations import split_location
from napari_dacapo.errors import ConfigError
from napari_dacapo.store.yaml_files import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_settings(settings: Sequence[str] | None) -> dict[str, Any]:
    """Return names and values of ``NAME=VALUE`` texts, with values as in a YAML file.

    Raises
    ------
    ConfigError
        If a text has another form.
    """
    return dict(map(_parsed, settings or ()))


def _parsed(setting: str) -> tuple[str, Any]:
    name, equals, text = setting.partition("=")
    if not equals:
        raise ConfigError(f"--set {setting}: write NAME=VALUE")
    return name, parse_yaml(text, f"--set {name}")


def existing(project: Path | None) -> Path | None:
    """Return the folder of a project that must be there already.

    Raises
    ------
    ConfigError
        If it is not: a misspelt folder must not become an empty project.
    """
    if project is not None and not project.is_dir():
        raise ConfigError(f"--project: there is no folder {project}; correct the path")
    return project


def stored_array(path: Path) -> tuple[Path, str]:
    """Return the container and the array inside it that `path` means.

    Raises
    ------
    ConfigError
        If no folder on the path is a container.
    """
    found = split_location(path.absolute())
    if found is None or not found[1]:
        raise ConfigError(
            f"{path}: name an array inside a container, such as a.zarr/prediction/s0"
        )
    return Path(str(found[0])), found[1]
