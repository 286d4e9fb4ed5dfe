"""Several processes, here or on a cluster, that fill one prediction together."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.compute_context import create_compute_context
from napari_dacapo.errors import RunError
from napari_dacapo.events import BlockDone, Event, Paused, Resumed

from ._share import Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_dacapo.blockwise import Block
    from napari_dacapo.compute_context import ComputeContext

    from ._done_blocks import DoneBlocks
    from .control import RunControl

#: seconds between looks at what the workers have finished
POLL = 0.25
#: seconds that a worker has to finish its block when it is to stop
PATIENCE = 30.0
#: on Windows, a worker would open a window of its own
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@attrs.define
class _Worker:
    """A process and where it writes what it has to say."""

    process: subprocess.Popen[bytes]
    name: str
    log: Path


class WorkerTeam:
    """Starts one process per share, watches them and ends them.

    Parameters
    ----------
    arguments : dict
        What :func:`napari_dacapo.runs.predict` is called with in every process; plain
        data.
    count : int
        Number of processes.
    context : ComputeContext
        Where they run.
    logs : Path
        Folder for what they print; made if it does not exist.
    """

    def __init__(
        self,
        arguments: dict[str, Any],
        count: int,
        context: ComputeContext,
        logs: Path,
    ) -> None:
        self._arguments, self._count = arguments, count
        self._context, self._logs = context, logs

    @classmethod
    def create(cls, arguments: dict[str, Any], count: int) -> WorkerTeam:
        """Return a team that runs where the option ``compute_context`` says.

        Its logs are in the folder ``logs`` of the project.

        Raises
        ------
        ConfigError
            If the option is wrong.
        """
        context = create_compute_context()
        if arguments["device"] == "auto":
            arguments = {**arguments, "device": context.device}
        return cls(arguments, count, context, Path(arguments["project"]) / "logs")

    def run(
        self, blocks: Sequence[Block], record: DoneBlocks, control: RunControl
    ) -> Iterator[Event]:
        """Have the missing blocks predicted, yielding as they are finished.

        A pause ends the processes after their blocks; new ones take over afterwards.

        Yields
        ------
        Event
            `BlockDone`, `Paused`, `Resumed`.

        Raises
        ------
        RunError
            If a process cannot be started, or if one failed and blocks are missing; the
            others went on to their end.
        StopRequestedError
            If `control` asks for a stop; finished blocks are kept.
        """
        while len(record.finished) < len(blocks):
            if control.pause_requested:
                yield Paused(self._arguments["iteration"])
                control.wait_while_paused()
                yield Resumed(self._arguments["iteration"])
            control.check()
            workers: list[_Worker] = []
            try:
                for number in range(1, self._count + 1):
                    worker = self._start(Share(number, self._count))
                    workers.append(worker)  # ended if the next one cannot be started
                yield from self._watch(workers, blocks, record, control)
            finally:
                self._end(workers)
            if not control.pause_requested:
                self._check(workers, blocks, record)

    def _start(self, share: Share) -> _Worker:
        from napari_dacapo.nn.device import default_threads

        self._logs.mkdir(parents=True, exist_ok=True)
        name = f"napari-dacapo-{uuid.uuid4().hex[:8]}-{share.number}"
        log = self._logs / f"{name}.txt"
        local = self._context.is_local
        arguments = {**self._arguments, "share": str(share)}
        if local and arguments.get("threads") is None:
            arguments["threads"] = max(1, default_threads() // self._count)
        task = {"arguments": arguments, "ends_with_its_parent": local}
        module = "napari_dacapo.runs._predict_worker"
        # -P: modules in the current folder do not take the place of installed ones
        command = [sys.executable, "-P", "-m", module, json.dumps(task)]
        command = self._context.wrap(command, name, log)
        try:
            with log.open("ab") as file:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE if local else subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    creationflags=_NO_WINDOW,
                )
        except OSError as error:
            raise RunError(
                f"no worker process could be started by {command[0]!r}: {error}"
            ) from error
        return _Worker(process, name, log)

    def _watch(
        self,
        workers: Sequence[_Worker],
        blocks: Sequence[Block],
        record: DoneBlocks,
        control: RunControl,
    ) -> Iterator[BlockDone]:
        running = True
        while running and not control.pause_requested:
            control.check()
            running = any(worker.process.poll() is None for worker in workers)
            before = len(record.finished)
            for done, number in enumerate(sorted(record.refresh()), before + 1):
                roi = blocks[number].write_roi
                yield BlockDone("predict", done, len(blocks), roi)
            if running:
                time.sleep(POLL)

    def _end(self, workers: Sequence[_Worker]) -> None:
        """End the processes that are left, each after its block if it can."""
        left = [worker for worker in workers if worker.process.poll() is None]
        for worker in left:
            cancel = self._context.cancel(worker.name)
            if cancel is not None:
                # a scheduler that does not answer must not keep the others alive
                with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                    subprocess.run(
                        cancel, capture_output=True, check=False, timeout=PATIENCE
                    )
            if worker.process.stdin is not None:
                worker.process.stdin.close()
        deadline = time.monotonic() + PATIENCE
        for worker in left:
            try:
                worker.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        for worker in workers:
            if worker.process.stdin is not None:
                worker.process.stdin.close()
            if worker.process.returncode == 0:
                worker.log.unlink(missing_ok=True)

    def _check(
        self, workers: Sequence[_Worker], blocks: Sequence[Block], record: DoneBlocks
    ) -> None:
        record.refresh()
        missing = len(blocks) - len(record.finished)
        failed = [worker for worker in workers if worker.process.returncode != 0]
        if missing:
            reasons = [_last_line(worker.log) for worker in failed] or ["no reason"]
            raise RunError(
                f"{len(failed)} of {len(workers)} worker processes failed "
                f"({reasons[0]}); {missing} of {len(blocks)} blocks are missing. Start "
                f"the prediction again to go on; the logs are in {self._logs}"
            )


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else "it said nothing"


def stop_with_parent(control: RunControl) -> None:
    """Stop the work when the process that started this one closes its pipe, or dies."""

    def wait() -> None:
        while os.read(0, 1):  # not sys.stdin, whose lock a dying interpreter wants
            pass
        control.stop()

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
