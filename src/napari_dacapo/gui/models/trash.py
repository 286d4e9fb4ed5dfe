"""Deleting from a project, and taking it back; called in workers only."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import DaCapoError, RunError
from napari_dacapo.store import Project
from napari_dacapo.store.config_store import KINDS

if TYPE_CHECKING:
    from pathlib import Path

#: names of the trash's folders
_TIME = "%Y%m%dT%H%M%S%f"
#: config and results of a run are discarded one right after the other
_TOGETHER = timedelta(seconds=10)
_KIND_OF = {folder: kind for kind, (folder, _) in KINDS.items()}


@attrs.frozen
class Deleted:
    """Something in the trash.

    Attributes
    ----------
    kind : str
        As in the store: ``"run"``, ``"task"``, ...
    name : str
        Of the run or config.
    paths : tuple of Path
        Where its files are in the trash.
    time : datetime
        When it was deleted.
    """

    kind: str
    name: str
    paths: tuple[Any, ...]
    time: datetime

    @property
    def text(self) -> str:
        """What a list says about it."""
        when = self.time.astimezone().strftime("%d %b %H:%M")
        return f"{self.kind} {self.name!r}, deleted {when}"


def delete(folder: Path, kind: str, name: str) -> Deleted:
    """Move a config, or a run with all results, to the trash.

    Raises
    ------
    DataNotFoundError
        If there is none of this name.
    RunError
        If another process trains the run.
    """
    from napari_dacapo.runs import live_runs

    project = Project(folder)
    training = {run.name: run.holder for run in live_runs(project)}
    if kind == "run" and name in training:
        raise RunError(
            f"run {name!r} is being trained by {training[name]}; stop it there, then "
            "delete it"
        )
    if kind == "run" and name in project.run_names:
        paths = project.delete_run(name)
    else:
        paths = [getattr(project.configs, f"delete_{kind}_config")(name)]
    return Deleted(kind, name, tuple(paths), datetime.now(UTC))


def restore(folder: Path, deleted: Deleted) -> Deleted:
    """Bring back what was deleted, all of it or nothing.

    Raises
    ------
    DaCapoError
        If something else has its name by now, or the trash was emptied.
    """
    trash = Project(folder).trash
    restored: list[Path] = []
    try:
        for path in deleted.paths:
            restored = [*restored, trash.restore(path)]
    except DaCapoError:
        for path in restored:
            trash.discard(path)
        raise
    return deleted


def trash_of(folder: Path) -> list[Deleted]:
    """Return what can be restored, the latest first."""
    base = Project(folder).folder / "trash"
    entries = [*base.glob("*/configs/*/*.yaml"), *base.glob("*/runs/*")]
    found: list[Deleted] = []
    for path in sorted(entries, key=lambda path: path.relative_to(base).parts[0]):
        entry = _entry(path, path.relative_to(base).parts)
        last = found[-1] if found else None
        if entry is not None and last is not None and _belong(last, entry):
            found[-1] = attrs.evolve(last, paths=(*last.paths, *entry.paths))
        elif entry is not None:
            found.append(entry)
    return found[::-1]


def _entry(path: Path, parts: tuple[str, ...]) -> Deleted | None:
    with contextlib.suppress(ValueError):
        time = datetime.strptime(parts[0], _TIME).replace(tzinfo=UTC)
        if parts[1] == "runs":
            return Deleted("run", path.name, (path,), time)
        if parts[2] in _KIND_OF:
            return Deleted(_KIND_OF[parts[2]], path.stem, (path,), time)
    return None


def _belong(first: Deleted, second: Deleted) -> bool:
    """Whether both are the same run, deleted at once."""
    same = first.kind == second.kind == "run" and first.name == second.name
    config_first = len(first.paths) == 1 and first.paths[0].suffix == ".yaml"
    return same and config_first and second.time - first.time < _TOGETHER
