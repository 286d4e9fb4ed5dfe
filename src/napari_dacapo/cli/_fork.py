"""`fork`: a run that goes on from a checkpoint of another, with changed fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from napari_dacapo.runs import change_fields, fork
from napari_dacapo.store import Project

from ._settings import parse_settings

if TYPE_CHECKING:
    from pathlib import Path


def fork_command(
    parent: str,
    name: str,
    settings: list[str],
    *,
    iteration: int | None,
    project: Path | None,
) -> None:
    """Store the fork `name` of `parent` and say how to train it."""
    folder = Project.open(project)
    config = folder.configs.retrieve_run_config(parent)
    changes = parse_settings(settings)
    changed = fork(
        parent,
        change_fields(config, name, changes),
        iteration=iteration,
        project=folder,
    )
    for path, value in changed.items():
        typer.echo(f"{path}: {value}")
    typer.echo(f"stored {name}; go on with: napari-dacapo train {name}")
