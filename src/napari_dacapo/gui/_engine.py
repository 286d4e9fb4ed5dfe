"""The engine's generators, made in the thread of a job.

The engine imports torch and zarr, so it is imported there as well: the window never
waits for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._torch_import import import_torch

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_dacapo.events import Event
    from napari_dacapo.runs import FollowControl, RunConfig
    from napari_dacapo.runs.control import RunControl

    from ._detached import FollowSource
    from ._workers import EventSource


def training(
    run: RunConfig | str, folder: Path, device: str, *, check: bool = True
) -> EventSource:
    """Return a source that trains `run` in the project in `folder`.

    The data are checked first, unless `check` is false.
    """

    def source(control: RunControl) -> Generator[Event, None, None]:
        import_torch()
        from napari_dacapo.runs import train
        from napari_dacapo.store import Project

        project = Project.open(folder)
        yield from train(
            run, project=project, device=device, control=control, check=check
        )

    return source


def detached_training(
    run: RunConfig | str, folder: Path, device: str, *, check: bool = True
) -> FollowSource:
    """Return a source that starts a process to train `run`, and follows it.

    The data are checked first, unless `check` is false.
    """

    def source(control: FollowControl) -> Generator[Event, None, None]:
        import_torch()
        from napari_dacapo.runs import train_detached
        from napari_dacapo.store import Project

        project = Project.open(folder)
        yield from train_detached(
            run, project=project, device=device, control=control, check=check
        )

    return source


def following(run_name: str, folder: Path) -> FollowSource:
    """Return a source that follows the training of a run in another process."""

    def source(control: FollowControl) -> Generator[Event, None, None]:
        from napari_dacapo.runs import follow
        from napari_dacapo.store import Project

        yield from follow(run_name, project=Project.open(folder), control=control)

    return source


def prediction(folder: Path, **arguments: Any) -> EventSource:
    """Return a source that predicts; `arguments` as for `runs.predict`."""

    def source(control: RunControl) -> Generator[Event, None, None]:
        import_torch()
        from napari_dacapo.runs import predict
        from napari_dacapo.store import Project

        yield from predict(project=Project.open(folder), control=control, **arguments)

    return source
