"""Prediction: a trained run applied to a volume, block by block."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dacapo.arrays.normalization import normalized
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.events import Event, PredictionDone, RunStarted

from ._checkpoints import load_weights_of
from ._inference import BlockPredictor
from ._inputs import input_like_training, output_identifier, parse_roi
from ._session import ProjectLike, RunLike, open_project, resolve_run, torch_threads
from ._validate import checkpoint_or_latest
from .control import RunControl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.geometry import Roi

DTYPES = ("uint8", "float32", "float16")


def predict(  # noqa: PLR0913
    run: RunLike,
    iteration: int | None,
    input_container: Path | str,
    input_dataset: str | None = None,
    output_path: Path | str | None = None,
    output_roi: Roi | str | None = None,
    output_dtype: str = "uint8",
    overwrite: bool = False,
    *,
    pad: bool = False,
    project: ProjectLike = None,
    device: str = "auto",
    control: RunControl | None = None,
    threads: int | None = None,
) -> Iterator[Event]:
    """Predict a volume with the weights of a checkpoint.

    Memory use does not depend on the size of the volume.

    Parameters
    ----------
    run : Run, RunConfig or str
        Whose network; a name means the config stored in the project.
    iteration : int, optional
        Which checkpoint; `None` for the latest.
    input_container, input_dataset
        The raw volume: a container and the array inside it, or a whole path
        (``volume.zarr/em/s0``). It is normalised as the raw data of training was and
        must have its voxel size.
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
        Whether an earlier result of this name is replaced.
    pad : bool
        Also predict up to the border of the volume, beyond which the network sees
        zeros.
    project, device, control, threads
        As for :func:`train`.

    Yields
    ------
    Event
        `RunStarted`, `BlockDone`, `PredictionDone`.

    Raises
    ------
    DataError
        If the volume cannot be used or the output exists.
    StopRequestedError
        If `control` asked for a stop; finished blocks stay.
    """
    from napari_dacapo.nn.device import choose_device

    if output_dtype not in DTYPES:
        raise ConfigError(
            f"output_dtype: {output_dtype!r} is not one of {', '.join(DTYPES)}"
        )
    folder = open_project(project)
    built = resolve_run(run, folder)
    iteration = checkpoint_or_latest(built.name, iteration, folder)
    load_weights_of(built, folder, iteration)
    source = Path(input_container, input_dataset or "")
    raw = normalized(input_like_training(built, open_path(source)))
    target = output_identifier(built, iteration, source, output_path, folder)
    if not overwrite and target.container.joinpath(target.dataset).exists():
        raise DataError(
            f"{target.container / target.dataset} exists already; choose another "
            "output or allow overwriting"
        )
    choice = choose_device(device)
    built.model.to(choice.device)
    began = time.perf_counter()
    with torch_threads(threads):
        roi = parse_roi(output_roi) if isinstance(output_roi, str) else output_roi
        if pad:
            roi = raw.roi if roi is None else roi.intersect(raw.roi)
        predictor = BlockPredictor(built.model, raw, choice.device, roi)
        output = predictor.create_output(target, output_dtype)
        yield RunStarted(
            built.name, iteration, iteration, str(choice.device), choice.reason
        )
        yield from predictor.run(output, control or RunControl())
    seconds = time.perf_counter() - began
    yield PredictionDone(target.container, target.dataset, seconds)
