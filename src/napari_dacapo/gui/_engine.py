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
    from napari_dacapo.runs import RunConfig
    from napari_dacapo.runs.control import RunControl

    from ._workers import EventSource


def training(run: RunConfig | str, folder: Path, device: str) -> EventSource:
    """Return a source that trains `run` in the project in `folder`."""

    def source(control: RunControl) -> Generator[Event, None, None]:
        import_torch()
        from napari_dacapo.runs import train
        from napari_dacapo.store import Project

        project = Project.open(folder)
        yield from train(run, project=project, device=device, control=control)

    return source


def prediction(folder: Path, **arguments: Any) -> EventSource:
    """Return a source that predicts; `arguments` as for `runs.predict`."""

    def source(control: RunControl) -> Generator[Event, None, None]:
        import_torch()
        from napari_dacapo.runs import predict
        from napari_dacapo.store import Project

        yield from predict(project=Project.open(folder), control=control, **arguments)

    return source
