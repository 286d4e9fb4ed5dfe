"""`import`: a project folder of the original DaCapo, with its trained networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from napari_dacapo.errors import DataError
from napari_dacapo.events import CheckpointSaved
from napari_dacapo.store import Project
from napari_dacapo.store.dacapo_import import ImportReport, iter_import

if TYPE_CHECKING:
    from pathlib import Path


def import_command(source: Path, folder: Path | None) -> None:
    """Import `source` into the project `folder` and print what came of it.

    Raises
    ------
    DataError
        If `source` is no project, or nothing of it could be imported.
    """
    project = Project.open(folder)
    report = _imported(source, project)
    for line in _lines(report):
        typer.echo(line)
    if not report.configs:
        raise DataError(
            f"nothing of {source} was imported, for the reasons above; nothing that is "
            f"stored in {project.folder} was changed"
        )
    typer.echo(f"everything is in {project.folder}")


def _imported(source: Path, project: Project) -> ImportReport:
    events = iter_import(source, project)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            report: ImportReport = end.value
            return report
        if isinstance(event, CheckpointSaved):
            typer.echo(f"checkpoint {event.path}")


def _lines(report: ImportReport) -> list[str]:
    lines = [
        f"{kind} configs: {', '.join(names)}" for kind, names in report.configs.items()
    ]
    lines += [
        f"run {run}: checkpoints of iterations {', '.join(map(str, iterations))}"
        for run, iterations in report.checkpoints.items()
    ]
    lines += [
        f"{old!r} is called {new!r} here: the old name cannot be a file name"
        for old, new in report.renamed.items()
    ]
    return lines + [f"note: {warning}" for warning in report.warnings]
