"""`train`: from a file, a stored name, or directly from data; and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import typer

from napari_dacapo.errors import ConfigError, DataNotFoundError
from napari_dacapo.runs import Cost, RunConfig, dry_run, train
from napari_dacapo.store import Project
from napari_dacapo.store.converter import load_yaml

from ._progress import drain
from ._suggest import print_suggestion, suggested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.events import Event
    from napari_dacapo.runs import RunControl

    from ._volumes import DataPaths

YAML_SUFFIXES = (".yaml", ".yml")


def train_command(
    run: str | None, data: DataPaths, settings: dict[str, Any], **session: Any
) -> None:
    """Train what the arguments of the command mean.

    Parameters
    ----------
    run : str, optional
        A YAML file or a stored name.
    data : DataPaths
        Volumes, if there is no `run`.
    settings : dict
        Arguments of :func:`napari_dacapo.runs.suggest`, for `data`.
    **session
        Arguments of :func:`napari_dacapo.runs.train`.
    """
    target = _target(run, data, dict(settings), session["project"])
    drain(lambda control: train(target, control=control, **session))


def cost_command(
    run: str | None,
    data: DataPaths,
    settings: dict[str, Any],
    project: Path | None,
    **session: Any,
) -> None:
    """Print what a training would cost; it is not begun, and nothing is stored.

    Parameters
    ----------
    run, data, settings
        As for `train_command`.
    project : Path, optional
        Where `run` is stored, if it is a name.
    **session
        Arguments of :func:`napari_dacapo.runs.dry_run`.
    """
    target = _target(run, data, dict(settings), project)
    costs: list[Cost] = []

    def source(control: RunControl) -> Iterator[Event]:
        for event in dry_run(target, control=control, **session):
            if isinstance(event, Cost):
                costs.append(event)
            else:
                yield event

    drain(source)
    for cost in costs:
        for note in cost.notes:
            typer.echo(f"note: {note}")
        typer.echo(str(cost))


def _target(
    run: str | None, data: DataPaths, settings: dict[str, Any], project: Path | None
) -> RunConfig:
    if run is None:
        suggestion = suggested(data, settings)
        print_suggestion(suggestion)
        return suggestion.run_config
    iterations = settings.pop("num_iterations", None)
    if settings or data.train.raw or data.train.gt:
        raise ConfigError(
            f"run {run!r} has its own data and settings; leave out --raw, --gt, "
            "--task, --class, --lsds and --name, or the run"
        )
    config = _stored(run, project)
    if iterations is not None:
        config = attrs.evolve(config, num_iterations=iterations)
    return config


def _stored(run: str, project: Path | None) -> RunConfig:
    """Return the config in the YAML file `run`, or of the stored run of this name."""
    path = Path(run)
    if path.suffix not in YAML_SUFFIXES:
        config: RunConfig = Project.open(project).configs.retrieve_run_config(run)
        return config
    if not path.exists():
        raise DataNotFoundError(f"{path} does not exist; check the path of the config")
    return load_yaml(path, RunConfig)
