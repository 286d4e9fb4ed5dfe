"""Settings with a name that can be used in any project: files of the user, no Qt."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs
import platformdirs

from napari_dacapo._registry import lookup
from napari_dacapo.errors import ConfigError, DataNotFoundError, DuplicateNameError
from napari_dacapo.store.atomic import write_text
from napari_dacapo.store.converter import (
    SCHEMA_KEY,
    SCHEMA_VERSION,
    check_schema,
    from_doc,
    to_doc,
)
from napari_dacapo.store.names import safe_file_name
from napari_dacapo.store.trash import Trash
from napari_dacapo.store.yaml_files import format_yaml, read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: parts of a run that a preset may hold: root class, or plain numbers
PARTS: dict[str, str | None] = {
    "task_config": "TaskConfig",
    "architecture_config": "ArchitectureConfig",
    "trainer_config": "TrainerConfig",
    "num_iterations": None,
    "validation_interval": None,
    "keep_every": None,
    "early_stopping": None,
}
_SUFFIX = ".yaml"
#: what tells the file of a preset from that of a config
_MARK = "preset"


@attrs.frozen
class Preset:
    """Settings with a name.

    Attributes
    ----------
    title : str
        The name.
    reason : str
        When to take it, in one sentence.
    parts : dict
        Values of fields of a run, by name; see `PARTS`.
    """

    title: str
    reason: str
    parts: dict[str, Any]


def presets_folder() -> Path:
    """Return where the user's presets are kept."""
    data = platformdirs.user_data_path("napari-dacapo", appauthor=False)
    return data / "presets"


def suited(preset: Preset, classes: Sequence[str]) -> Preset:
    """Return `preset` with a task that finds `classes`, if it finds any by name."""
    task = preset.parts.get("task_config")
    if not classes or task is None:
        return preset
    changes: dict[str, Any] = {}
    if hasattr(task, "channels"):
        changes = {"channels": list(classes)}
    elif hasattr(task, "classes"):
        changes = {"classes": [*task.classes[:1], *classes]}
    parts = {**preset.parts, "task_config": attrs.evolve(task, **changes)}
    return attrs.evolve(preset, parts=parts)


def save(folder: Path, preset: Preset) -> Preset:
    """Write a preset to the folder of presets; called in workers only.

    Raises
    ------
    DuplicateNameError
        If a different one has the name.
    """
    path = _path(folder, preset.title)
    if path.exists() and read(path) != preset:
        raise DuplicateNameError(
            f"a different preset is called {preset.title!r}; choose another name, or "
            "delete that one first"
        )
    write_text(path, format_yaml(_to_doc(preset)))
    return preset


def read(path: Path) -> Preset:
    """Read the file of a preset; called in workers only.

    Raises
    ------
    ConfigError
        If it is none, or a newer version wrote it.
    """
    doc = read_yaml(path)
    if not is_preset(doc):
        raise ConfigError(f"{path} holds no preset")
    doc = check_schema(doc, path)
    about, parts = doc[_MARK], doc.get("parts")
    if not isinstance(about, dict) or not isinstance(parts, dict):
        raise ConfigError(f"{path}: the preset has no title or no parts")
    return Preset(
        str(about.get("title") or path.stem),
        str(about.get("reason") or ""),
        {name: _from_doc(name, value, path) for name, value in parts.items()},
    )


def is_preset(doc: Any) -> bool:
    """Whether what a YAML file holds is a preset."""
    return isinstance(doc, dict) and _MARK in doc


def list_presets(folder: Path) -> list[Preset]:
    """Return the presets that can be read, by title; called in workers only."""
    found = []
    for path in folder.glob(f"*{_SUFFIX}"):
        try:
            found.append(read(path))
        except ConfigError:
            continue
    return sorted(found, key=lambda preset: preset.title.casefold())


def rename(folder: Path, title: str, new: str) -> Preset:
    """Give a preset another name; called in workers only."""
    before = _file_of(folder, title)
    preset = attrs.evolve(read(before), title=new)
    save(folder, preset)
    if before != _path(folder, new):
        before.unlink()
    return preset


def delete(folder: Path, title: str) -> Path:
    """Move a preset to the trash; return its place there, for `restore`."""
    return Trash(folder).discard(_file_of(folder, title))


def restore(folder: Path, discarded: Path) -> Preset:
    """Undo `delete`."""
    return read(Trash(folder).restore(discarded))


def _file_of(folder: Path, title: str) -> Path:
    """Return the file of a preset; one that the user copied may have any name."""
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        with contextlib.suppress(ConfigError):
            if read(path).title == title:
                return path
    raise DataNotFoundError(f"there is no preset {title!r} in {folder} any more")


def _path(folder: Path, title: str) -> Path:
    return folder / f"{safe_file_name(title)}{_SUFFIX}"


def _to_doc(preset: Preset) -> dict[str, Any]:
    return {
        SCHEMA_KEY: SCHEMA_VERSION,
        _MARK: {"title": preset.title, "reason": preset.reason},
        "parts": {name: to_doc(value) for name, value in preset.parts.items()},
    }


def _from_doc(name: str, value: Any, path: Path) -> Any:
    if name not in PARTS:
        raise ConfigError(f"{path}: {name}: presets hold {', '.join(PARTS)} only")
    root = PARTS[name]
    if root is not None:
        return from_doc(value, lookup(root))
    if value is not None and not isinstance(value, int):
        raise ConfigError(f"{path}: {name}: {value!r} is no whole number")
    return value


def summary(preset: Preset) -> str:
    """Return what a preset sets, in words for a tooltip."""
    titles = {"task_config": "task", "architecture_config": "architecture"}
    titles["trainer_config"] = "trainer"
    known = [titles[name] for name in preset.parts if name in titles]
    known += ["iterations"] if "num_iterations" in preset.parts else []
    return (
        f"{preset.reason} Sets {', '.join(known)}; the data stay as they are.".strip()
    )
