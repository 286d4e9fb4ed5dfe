"""A few iterations of a run that leave no trace, to tell what it will cost."""

from __future__ import annotations

import itertools
import math
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Self

import psutil

from napari_dacapo.arrays.normalization import normalized
from napari_dacapo.errors import ConfigError, DaCapoError, RunError
from napari_dacapo.events import Event, IterationDone

from ._cost import Cost
from ._disk_use import disk_use, num_validations, validation_pairs
from ._inference import BlockPredictor
from ._session import torch_threads
from .control import RunControl
from .run import Run, RunConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from napari_dacapo.nn.model import Model
    from napari_dacapo.trainers import Trainer

#: iterations before it is measured: libraries get ready, loaders find their pace
WARM_UP = 2
#: seconds after which no further iteration is begun, and after which it is warm anyway
PATIENCE, WARM_UP_SECONDS = 30.0, 10.0
#: seconds between two looks at the memory
_PERIOD = 0.02


def dry_run(
    run: RunConfig,
    *,
    device: str = "auto",
    iterations: int = 10,
    control: RunControl | None = None,
    threads: int | None = None,
) -> Iterator[Event]:
    """Train `run` for a few iterations without storing anything.

    Speed, waiting and memory are measured; the time of validations is told from that of
    predicting one batch, the room on the disk from sizes. No project is needed.

    Parameters
    ----------
    run : RunConfig
        What would be trained.
    device : str
        "auto", "cpu", "cuda", "cuda:1", "mps".
    iterations : int
        How many to measure; fewer are if they take longer than half a minute.
    control : RunControl, optional
        Stops it from another thread, between two iterations.
    threads : int, optional
        Threads that torch uses on the CPU; by default all cores but one.

    Yields
    ------
    IterationDone
        After every iteration, those of the warm-up included.
    Cost
        At the end.

    Raises
    ------
    ConfigError
        If the config or `iterations` is invalid.
    DataError
        If the data cannot be used.
    RunError
        If the iterations fail, for want of memory for example.
    StopRequestedError
        If `control` asks for a stop.
    """
    from napari_dacapo.nn.device import choose_device

    if iterations < 1:
        raise ConfigError(f"iterations: {iterations} is not at least 1")
    chosen = choose_device(device).device
    clock = _Clock(iterations, control or RunControl())
    built = Run(run, load_starter_model=False)
    with torch_threads(threads), built.trainer, _PeakMemory(chosen) as memory:
        try:
            yield from _measured(built, chosen, clock, memory)
        except DaCapoError:
            raise
        except (OSError, RuntimeError, MemoryError) as error:
            raise RunError(f"the dry run failed: {error}") from error


def _measured(
    run: Run, device: torch.device, clock: _Clock, memory: _PeakMemory
) -> Iterator[Event]:
    trainer = run.trainer
    begin = time.perf_counter()
    trainer.prepare(run.model, device)
    trainer.plan(run.train_until)
    trainer.build_batch_provider(run.datasplit.train, run.model, run.task)
    preparation = time.perf_counter() - begin
    yield from clock.watch(trainer, run.model, run.optimizer, device)
    yield Cost(
        device=str(device),
        measured=clock.measured,
        num_iterations=run.train_until,
        preparation=preparation,
        seconds_per_iteration=clock.seconds / clock.measured,
        waiting_share=clock.waited / clock.seconds,
        validations=num_validations(run),
        validation_seconds=_prediction_seconds(run, device),
        memory=memory.peak,
        memory_total=memory.total,
        disk=disk_use(run),
        notes=tuple(trainer.warnings),
    )


class _Clock:
    """Measures iterations, except for the first ones.

    Attributes
    ----------
    measured : int
        How many.
    seconds, waited : float
        What they took, and for how long of that data were waited for.
    """

    def __init__(self, iterations: int, control: RunControl) -> None:
        self._iterations, self._control = iterations, control
        self.measured = 0
        self.seconds = self.waited = 0.0

    def watch(
        self,
        trainer: Trainer,
        model: Model,
        optimizer: torch.optim.Optimizer,
        device: torch.device,
    ) -> Iterator[IterationDone]:
        """Let `trainer` train until enough was seen."""
        number, before = self._iterations + WARM_UP, 0.0
        with closing(trainer.iterate(number, model, optimizer, device)) as steps:
            for index in itertools.count():
                self._control.check()
                begin = time.perf_counter()
                stats = next(steps, None)
                if stats is None:
                    return
                seconds = time.perf_counter() - begin
                if index >= WARM_UP or before > WARM_UP_SECONDS:
                    self.measured += 1
                    self.seconds += seconds
                    self.waited += trainer.last_waited
                before += seconds
                yield IterationDone(
                    stats.iteration,
                    number,
                    stats.loss,
                    stats.time,
                    trainer.last_waited,
                    trainer.learning_rate_now,
                )
                if self.measured and before > PATIENCE:
                    return


def _prediction_seconds(run: Run, device: torch.device) -> float:
    """Return how long it takes to predict all validation volumes once."""
    voxels = 0
    for raw, gt in validation_pairs(run):
        predictor = BlockPredictor(run.model, normalized(raw), device, gt.roi)
        block = predictor.geometry.input_size / raw.voxel_size
        voxels += len(predictor.blocks) * math.prod(block.as_integers())
    if not voxels:
        return 0.0
    return voxels * _seconds_per_voxel(run.model, run.trainer.batch_size, device)


def _seconds_per_voxel(model: Model, batch_size: int, device: torch.device) -> float:
    """Return the time of prediction per voxel of input, in batches as in training.

    Single small samples would take a slower way on the CPU, larger blocks do not.
    """
    import torch

    shape = model.input_shape.as_integers()
    batch = torch.zeros(batch_size, model.num_in_channels, *shape, device=device)
    model.eval()
    seconds = math.inf
    with torch.inference_mode():
        for _ in range(2):  # the first one allocates
            begin = time.perf_counter()
            model(batch).sum().item()  # waits for a graphics card
            seconds = min(seconds, time.perf_counter() - begin)
    return seconds / (batch_size * math.prod(shape))


class _PeakMemory:
    """Watches how much memory is in use while something runs.

    Attributes
    ----------
    total : int
        Bytes there are.
    """

    def __init__(self, device: torch.device) -> None:
        import torch

        self._device = device
        self._end = threading.Event()
        self._highest = 0
        self._process = psutil.Process()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.total = int(psutil.virtual_memory().total)
        if device.type == "cuda":
            self.total = torch.cuda.get_device_properties(device).total_memory
            torch.cuda.reset_peak_memory_stats(device)

    @property
    def peak(self) -> int:
        """Bytes that were in use at most."""
        if self._device.type != "cuda":
            return self._highest
        import torch

        return int(torch.cuda.max_memory_reserved(self._device))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            in_use = int(self._process.memory_info().rss)
            self._highest = max(self._highest, in_use)
            if self._end.wait(_PERIOD):
                return
