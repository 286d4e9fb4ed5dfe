"""`fork`: a run that goes on from a checkpoint of another, with changed fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from napari_dacapo.errors import ConfigError
from napari_dacapo.runs import change_fields, fork
from napari_dacapo.store import Project
from napari_dacapo.store.yaml_files import parse_yaml

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
    changes = dict(map(_parsed, settings))
    changed = fork(
        parent,
        change_fields(config, name, changes),
        iteration=iteration,
        project=folder,
    )
    for path, value in changed.items():
        typer.echo(f"{path}: {value}")
    typer.echo(f"stored {name}; go on with: napari-dacapo train {name}")


def _parsed(setting: str) -> tuple[str, Any]:
    """Split ``FIELD=VALUE``, with the value as in a YAML file."""
    path, equals, text = setting.partition("=")
    if not equals:
        raise ConfigError(f"--set {setting}: write FIELD=VALUE")
    return path, parse_yaml(text, f"--set {path}")
