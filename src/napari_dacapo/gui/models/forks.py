"""Runs that go on from another one; they are stored when they are started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.runs import RunConfig


@attrs.frozen
class Origin:
    """The checkpoint that a fork goes on from."""

    run: str
    iteration: int


@attrs.frozen
class Fork:
    """A run that is not stored yet, and what it goes on from."""

    config: Any
    origin: Origin


def fork_of(folder: Path, run: str, iteration: int, name: str) -> Fork:
    """Return a copy of a stored run that goes on for half as many iterations.

    Parameters
    ----------
    folder : Path
        The project folder.
    run : str
        The run to go on from.
    iteration : int
        The checkpoint; the latest one is taken if it is not kept any more.
    name : str
        What the copy is to be called; a number is added if there is such a run.

    Raises
    ------
    DataNotFoundError
        If there is no such run, or it has no checkpoint.
    """
    from napari_dacapo.runs import change_fields
    from napari_dacapo.runs._validate import checkpoint_or_latest
    from napari_dacapo.store import Project

    project = Project(folder)
    config = project.configs.retrieve_run_config(run)
    kept = project.weights.iterations(run)
    taken = checkpoint_or_latest(run, iteration if iteration in kept else None, project)
    changes = {"num_iterations": taken + max(1, config.num_iterations // 2)}
    changed = change_fields(config, _free(name, project.run_names), changes)
    return Fork(changed, Origin(run, taken))


def begin(config: RunConfig, origin: Origin, folder: Path) -> None:
    """Store a fork with the weights of its origin, unless it is stored already.

    Raises
    ------
    DataError
        If the weights do not fit the network.
    """
    from napari_dacapo.gui._torch_import import import_torch
    from napari_dacapo.runs import fork
    from napari_dacapo.store import Project

    if config.name not in Project(folder).run_names:
        import_torch()
        fork(origin.run, config, iteration=origin.iteration, project=folder)


def _free(name: str, taken: list[str]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
