"""What train, validate and predict need before they can begin."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dacapo.store import Project

from .run import Run, RunConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

#: fields of a run that may change after it began: the weights do not depend on them
FREE_FIELDS = [
    "num_iterations",
    "validation_interval",
    "keep_every",
    "early_stopping",
]
#: a project, the folder of one, or `None` for the user's default project
ProjectLike = Project | Path | str | None
#: a run, its config, or the name under which the config is stored
RunLike = Run | RunConfig | str


def open_project(project: ProjectLike) -> Project:
    """Return the project meant by `project`."""
    if isinstance(project, Project):
        return project
    return Project.open(None if project is None else Path(project))


def build_run(run: RunLike, project: Project) -> Run:
    """Return the run meant by `run`, and store nothing.

    Raises
    ------
    ConfigError
        If the config is invalid.
    ValueError
        If no run of this name is stored.
    """
    if isinstance(run, str):
        return Run(project.configs.retrieve_run_config(run))
    return Run(run) if isinstance(run, RunConfig) else run


def store_run(run: Run, project: Project) -> None:
    """Store the config of `run` under its name.

    Raises
    ------
    DuplicateNameError
        If a different run is stored under this name.
    """
    project.configs.store_run_config(run.config, ignore=FREE_FIELDS)


def resolve_run(run: RunLike, project: Project) -> Run:
    """Return the run meant by `run`, storing a new config under its name.

    Raises
    ------
    ConfigError, DuplicateNameError, ValueError
        As `build_run` and `store_run`.
    """
    built = build_run(run, project)
    store_run(built, project)
    return built


@contextlib.contextmanager
def torch_threads(threads: int | None) -> Iterator[None]:
    """Limit torch to `threads` threads; by default one core is left to the window.

    Must be entered in the thread that computes.
    """
    import torch

    from napari_dacapo.nn.device import default_threads

    before = torch.get_num_threads()
    torch.set_num_threads(threads or default_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)
