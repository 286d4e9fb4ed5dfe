"""Prediction: a trained run applied to a volume, block by block."""

from __future__ import annotations

import logging
import shutil
import time
from typing import TYPE_CHECKING, Any

from napari_dacapo.arrays import ZarrArray
from napari_dacapo.arrays._ome_zarr import iter_pyramid
from napari_dacapo.arrays.locations import Location, to_location
from napari_dacapo.arrays.normalization import normalized
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.events import (
    BlockDone,
    Event,
    PredictionDone,
    PredictionStarted,
    RunStarted,
    Warned,
)

from ._checkpoints import load_weights_of
from ._done_blocks import DoneBlocks, weights_digest
from ._inference import BlockPredictor
from ._inputs import input_like_training, output_identifier, parse_roi
from ._pausing import pausable
from ._predict_workers import WorkerTeam
from ._record import fingerprint
from ._session import ProjectLike, RunLike, open_project, resolve_run, torch_threads
from ._share import Share
from ._validate import checkpoint_or_latest
from .control import RunControl

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.geometry import Roi

logger = logging.getLogger(__name__)

DTYPES = ("uint8", "float32", "float16")


def predict(  # noqa: PLR0913
    run: RunLike,
    iteration: int | None,
    input_container: Location | str,
    input_dataset: str | None = None,
    output_path: Path | str | None = None,
    output_roi: Roi | str | None = None,
    output_dtype: str = "uint8",
    overwrite: bool = False,
    *,
    pad: bool = False,
    workers: int = 1,
    share: str | None = None,
    project: ProjectLike = None,
    device: str = "auto",
    control: RunControl | None = None,
    threads: int | None = None,
) -> Iterator[Event]:
    """Predict a volume with the weights of a checkpoint.

    Memory use does not depend on the size of the volume. A prediction that was stopped,
    or killed, goes on where it was: call this again with the same arguments. When all
    blocks are there, coarser levels are added for quick looks.

    Parameters
    ----------
    run : Run, RunConfig or str
        Whose network; a name means the config stored in the project.
    iteration : int, optional
        Which checkpoint; `None` for the latest.
    input_container, input_dataset
        The raw volume: a container and the array inside it, or a whole path
        (``volume.zarr/em/s0``), on this machine or an address. It is normalised as the
        raw data of training was and must have its voxel size.
    output_path : Path, optional
        A ``.zarr`` container, or a folder in which ``<input>.zarr`` is made; by default
        ``predictions/`` of the project. The result is the OME-Zarr image
        ``prediction_<run>_<iteration>`` in it.
    output_roi : Roi or str, optional
        What to predict, in nm; text has the form ``"[z0:z1, y0:y1, x0:x1]"``. By
        default everything for which the network sees data only.
    output_dtype : {"uint8", "float32", "float16"}
        ``uint8`` stores -1..1 (or 0..1 for probabilities) as 0..255.
    overwrite : bool
        Whether an earlier result of this name, finished or not, is replaced.
    pad : bool
        Also predict up to the border of the volume, beyond which the network sees
        zeros.
    workers : int
        With 2 or more, so many processes predict the blocks together, where the option
        ``compute_context`` says: on this machine or on a cluster.
    share : str, optional
        Predict this share of the blocks only, ``"2/8"`` the second of eight, for jobs
        that are started by hand. When all are done, one call without `share` finishes
        the result, and predicts what is missing.
    project, device, control, threads
        As for :func:`train`.

    Yields
    ------
    Event
        `RunStarted`, `Warned`, `PredictionStarted`, `BlockDone` (of the stages
        ``"predict"`` and ``"coarser levels"``), `Paused`, `Resumed`,
        `PredictionDone`.

    Raises
    ------
    DataError
        If the volume cannot be used, or the output exists and is finished or was begun
        with other arguments.
    RunError
        If worker processes failed.
    StopRequestedError
        If `control` asked for a stop; finished blocks stay.
    """
    from napari_dacapo.nn.device import choose_device

    if output_dtype not in DTYPES:
        raise ConfigError(
            f"output_dtype: {output_dtype!r} is not one of {', '.join(DTYPES)}"
        )
    part = None if share is None else Share.parse(share)
    _check_cooperation(workers, part, overwrite=overwrite)
    folder = open_project(project)
    built = resolve_run(run, folder)
    iteration = checkpoint_or_latest(built.name, iteration, folder)
    load_weights_of(built, folder, iteration)
    source = to_location(input_container) / (input_dataset or "")
    raw = normalized(input_like_training(built, open_path(source)))
    target = output_identifier(built.name, iteration, source, output_path, folder)
    arguments = {
        "run": built.name,
        "iteration": iteration,
        "input_container": str(source),
        "output_path": str(target.container),
        "output_roi": None if output_roi is None else str(output_roi),
        "output_dtype": output_dtype,
        "pad": pad,
        "project": str(folder.folder),
        "device": device,
        "threads": threads,
    }
    team = None if workers == 1 else WorkerTeam.create(arguments, workers)
    choice = choose_device(device if team is None else "cpu")
    built.model.to(choice.device)
    control = control or RunControl()
    with torch_threads(threads):
        predictor = BlockPredictor.of_run(
            built, raw, choice.device, _wanted_roi(output_roi, raw, pad=pad)
        )
        prediction = _Prediction(predictor, target, output_dtype, part)
        work = {"run": built.name, "iteration": iteration, "input": str(source)}
        output = prediction.open(work, overwrite=overwrite)
        yield RunStarted(
            built.name, iteration, iteration, str(choice.device), choice.reason
        )
        steps = prediction.fill(output, control, team)
        if team is None:  # a team holds by itself, since it works on between events
            steps = pausable(steps, iteration, control)
        yield from steps


def _check_cooperation(workers: int, share: Share | None, *, overwrite: bool) -> None:
    if workers < 1:
        raise ConfigError(f"workers: {workers} is not at least 1")
    if share is not None and (workers > 1 or overwrite):
        raise ConfigError(
            "share: one of several jobs starts no workers and replaces nothing; leave "
            "out workers and overwrite"
        )


def _wanted_roi(roi: Roi | str | None, raw: Array, *, pad: bool) -> Roi | None:
    wanted = parse_roi(roi, raw.spatial_axes) if isinstance(roi, str) else roi
    if pad:
        return raw.roi if wanted is None else wanted.intersect(raw.roi)
    return wanted


class _Prediction:
    """One output, from its beginning or from where it was left."""

    def __init__(
        self,
        predictor: BlockPredictor,
        target: LocalArrayIdentifier,
        dtype: str,
        share: Share | None = None,
    ) -> None:
        self._predictor, self._target, self._dtype = predictor, target, dtype
        self._record = DoneBlocks(target, share)

    def open(self, work: dict[str, Any], *, overwrite: bool) -> ZarrArray:
        """Return the output, ready to be filled, and take up or begin its record.

        Parameters
        ----------
        work : dict
            Plain data that say what is predicted with what.
        overwrite : bool
            Whether what is there is replaced.
        """
        work = {**work, **self._facts()}
        with self._record.opening():
            return self._open(work, overwrite=overwrite)

    def _open(self, work: dict[str, Any], *, overwrite: bool) -> ZarrArray:
        path = self._target.container / self._target.dataset
        if path.exists() and not overwrite:
            if not self._record.exists:
                raise DataError(
                    f"{path} exists already; choose another output or allow "
                    "overwriting (--overwrite)"
                )
            self._record.resume(work)
            try:
                return ZarrArray.open_from_array_identifier(self._target)
            except DataError:
                logger.info("%s was not completely made; beginning anew", path)
        if path.parent.exists():
            shutil.rmtree(path.parent)
        # in this order: an output without a record counts as finished
        self._record.begin(work, len(self._predictor.blocks))
        return self._predictor.create_output(self._target, self._dtype)

    def fill(
        self, output: ZarrArray, control: RunControl, team: WorkerTeam | None = None
    ) -> Generator[Event, None, None]:
        """Predict the blocks that are missing; at last add the coarser levels.

        A share ends with its own blocks.

        Parameters
        ----------
        output : ZarrArray
            From `open`.
        control : RunControl
            Pauses and stops.
        team : WorkerTeam, optional
            Who predicts the blocks; by default this process does.
        """
        began = time.perf_counter()
        blocks = self._record.blocks_of(self._predictor.blocks)
        total = len(blocks)
        done = sum(block.number in self._record.finished for block in blocks)
        if done:
            yield Warned(
                f"an earlier prediction goes on where it stopped: {done} of {total} "
                "blocks are done"
            )
        container, dataset = self._target.container, self._target.dataset
        yield PredictionStarted(
            container, dataset, output.roi, output.voxel_size, done, total
        )
        if team is None:
            yield from self._predictor.run(output, control, self._record)
        else:
            yield from team.run(blocks, self._record, control)
        if self._record.share is not None:
            yield Warned(
                f"share {self._record.share} is done ({total} blocks); when all shares "
                "are, predict once without a share to complete the result"
            )
            return
        for step in iter_pyramid(container, dataset.removesuffix("/s0")):
            yield BlockDone("coarser levels", *step)
        self._record.discard()
        yield PredictionDone(container, dataset, time.perf_counter() - began)

    def _facts(self) -> dict[str, Any]:
        """Return what the values and blocks of the output depend on, as plain data."""
        predictor = self._predictor
        return {
            "weights": weights_digest(predictor.model),
            "input voxels": fingerprint(predictor.raw),
            "roi": predictor.roi.to_plain(),
            "block_shape": predictor.block_shape.to_plain(),
            "output_dtype": self._dtype,
        }
