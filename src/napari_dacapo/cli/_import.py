"""`import`: a project folder of the original DaCapo, with its trained networks."""

from __future__ import annotations

from pathlib import Path

import typer

from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.events import CheckpointSaved
from napari_dacapo.store import Project
from napari_dacapo.store.dacapo_import import ImportReport, iter_import


def import_command(source: Path, folder: Path | None, moved: list[str]) -> None:
    """Import `source` into the project `folder` and print what came of it.

    Parameters
    ----------
    source : Path
        Project folder of DaCapo, or its options file.
    folder : Path, optional
        Of our project.
    moved : list of str
        Where data are now, as ``OLD=NEW``.

    Raises
    ------
    ConfigError
        If an item of `moved` has another form.
    DataError
        If `source` is no project, or nothing of it could be imported.
    """
    project = Project.open(folder)
    report = _imported(source, project, dict(map(_parse_moved, moved)))
    for line in report.lines():
        typer.echo(line)
    if not report.configs:
        raise DataError(
            f"nothing of {source} was imported, for the reasons above; nothing that is "
            f"stored in {project.folder} was changed"
        )
    typer.echo(f"everything is in {project.folder}")


def _parse_moved(text: str) -> tuple[Path, Path]:
    old, _, new = text.partition("=")
    if not old or not new:
        raise ConfigError(f"--moved: {text!r} is not of the form OLD=NEW")
    return Path(old), Path(new).absolute()


def _imported(source: Path, project: Project, moved: dict[Path, Path]) -> ImportReport:
    events = iter_import(source, project, moved)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            report: ImportReport = end.value
            return report
        if isinstance(event, CheckpointSaved):
            typer.echo(f"checkpoint {event.path}")
