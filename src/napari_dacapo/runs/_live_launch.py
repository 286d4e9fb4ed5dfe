"""Training in a process of its own, which outlives the one that starts it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from napari_dacapo.compute_context import create_compute_context
from napari_dacapo.errors import RunError

from ._checked import warn_or_refuse
from ._live import live_folder, lock_of
from ._live_control import FollowControl
from ._live_events import parts
from ._live_follow import LOG_FILE, Following
from ._session import ProjectLike, RunLike, build_run, open_project, store_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_dacapo.events import Event
    from napari_dacapo.store import Project

#: how much less important than a window the training is (POSIX "nice" levels)
NICENESS = 10


def train_detached(
    run: RunLike,
    *,
    project: ProjectLike = None,
    device: str = "auto",
    control: FollowControl | None = None,
    check: bool = True,
) -> Iterator[Event]:
    """Train a run in a process of its own, and follow it.

    The training goes on when this generator is closed, when `control` leaves it, and
    when this process ends; `follow` shows it again. The option ``compute_context`` says
    whether the process is on this machine or a job of a cluster.

    Parameters
    ----------
    run, project, device, check
        As for `train`.
    control : FollowControl, optional
        Steers the training; its `leave` ends following it.

    Yields
    ------
    Event
        What `train` yields in the other process.

    Raises
    ------
    ConfigError, DataCheckError, DuplicateNameError
        As `train`, or if that option is wrong; before a process is started.
    RunError
        If the run is being trained already, the process cannot be started, or the
        training fails.
    """
    control = control or FollowControl()
    folder = open_project(project)
    built = build_run(run, folder)
    if check:
        yield from warn_or_refuse(built.config, control)
    live = live_folder(folder, built.name)
    lock_of(live).refuse_if_held(built.name)
    control.check()
    store_run(built, folder)
    first_part = max(parts(live), default=0) + 1
    wanted = control.num_iterations(built.train_until)
    process = _launch(folder, built.name, device, wanted)
    following = Following(
        folder, built.name, control, first_part, lambda: process.poll() is None
    )
    yield from following.events()


def _launch(
    project: Project, run_name: str, device: str, num_iterations: int
) -> subprocess.Popen[bytes]:
    """Start the command line on a stored run, with its output in a log file.

    It runs where the option ``compute_context`` says.
    """
    if not sys.executable:
        raise RunError(
            "this Python does not know where its program is, so it cannot start a "
            "process; train without one, or on the command line"
        )
    context = create_compute_context()
    device = context.device if device == "auto" else device
    options = ["--project", str(project.folder), "--device", device]
    options += ["--iterations", str(num_iterations), "--no-check"]
    # -P: modules in the current folder do not take the place of installed ones
    interpreter = [sys.executable, "-P", "-X", "faulthandler"]
    command = [*interpreter, "-m", "napari_dacapo.cli", "train", *options]
    command += ["--", run_name]
    log = live_folder(project, run_name) / LOG_FILE
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        process = _start(context.wrap(command, f"train-{run_name}", log), log)
    except OSError as error:
        raise RunError(f"no process could be started to train: {error}") from error
    # waits for the end at once: otherwise the dead process stays in the system's table
    threading.Thread(target=process.wait, name="reap", daemon=True).start()
    return process


def _start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **_apart(),
        )
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    return process


def _apart() -> dict[str, Any]:
    """Return what makes a process independent of the window and its terminal."""
    if sys.platform == "win32":
        # without any console, each program that it starts would open a window
        return {
            "creationflags": subprocess.CREATE_NO_WINDOW
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        }
    return {"start_new_session": True}
