"""From the prediction of a whole volume to its segmentation."""

from __future__ import annotations

import queue
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from napari_dacapo.arrays._ome_zarr import describe_image, iter_pyramid
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.arrays.locations import to_location
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.events import BlockDone, Event, PredictionDone, Warned
from napari_dacapo.store.converter import from_doc, to_doc
from napari_dacapo.tasks.post_processors import PostProcessorParameters

from ._done_blocks import DoneBlocks
from ._inputs import output_identifier
from ._pausing import pausable
from ._predict import predict
from ._session import ProjectLike, RunLike, build_run, open_project
from ._validate import checkpoint_or_latest
from .control import RunControl, StopRequestedError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from napari_dacapo.arrays.locations import Location
    from napari_dacapo.blockwise import Block
    from napari_dacapo.geometry import Roi
    from napari_dacapo.store import Project
    from napari_dacapo.tasks.post_processors import PostProcessor


def apply(  # noqa: PLR0913
    run: RunLike,
    input_container: Location | str,
    input_dataset: str | None = None,
    output_path: Path | str | None = None,
    validation_dataset: str | None = None,
    criterion: str | None = None,
    iteration: int | None = None,
    parameters: PostProcessorParameters | None = None,
    roi: Roi | str | None = None,
    output_dtype: str = "uint8",
    overwrite: bool = False,
    *,
    changes: Mapping[str, Any] | None = None,
    pad: bool = False,
    workers: int = 1,
    project: ProjectLike = None,
    device: str = "auto",
    control: RunControl | None = None,
    threads: int | None = None,
) -> Iterator[Event]:
    """Segment a volume with a trained run: predict it, then post-process.

    Parameters
    ----------
    run, input_container, input_dataset, output_path, output_dtype, overwrite, pad
        As for :func:`predict`. A prediction that is there already is used, unless
        `overwrite` is true.
    validation_dataset, criterion : str, optional
        The weights and parameters that were best on this dataset by this criterion;
        the dataset may be left out if there is only one.
    iteration : int, optional
        Which checkpoint, instead; `None` for the best if `criterion` is given, else for
        the latest.
    parameters : PostProcessorParameters, optional
        Of the post-processing; by default as `segment` chooses them.
    roi : Roi or str, optional
        What to segment (nm); by default all that the network can predict.
    changes : mapping, optional
        Values of single parameters by name.
    workers, project, device, control, threads
        As for :func:`predict`.

    Yields
    ------
    Event
        Those of :func:`predict`, then those of :func:`segment`.

    Raises
    ------
    DataNotFoundError
        If no best result is recorded for `criterion`.
    DataError, ConfigError, RunError, StopRequestedError
        As `predict` and `segment`.
    """
    folder = open_project(project)
    built = build_run(run, folder)
    if criterion is not None:
        dataset = validation_dataset or _only_dataset(built.name, criterion, folder)
        best = folder.weights.retrieve_best(built.name, dataset, criterion)
        iteration = best if iteration is None else iteration
        if parameters is None:
            parameters = folder.weights.best(built.name)[dataset][criterion][
                "parameters"
            ]
    iteration = checkpoint_or_latest(built.name, iteration, folder)
    source = to_location(input_container) / (input_dataset or "")
    target = output_identifier(built.name, iteration, source, output_path, folder)
    if _is_finished(target) and not overwrite:
        yield Warned(
            f"the prediction {target.container / target.dataset} is there and is used; "
            "allow overwriting to predict it anew"
        )
    else:
        yield from predict(
            built,
            iteration,
            input_container,
            input_dataset,
            output_path,
            roi,
            output_dtype,
            overwrite,
            pad=pad,
            workers=workers,
            project=folder,
            device=device,
            control=control,
            threads=threads,
        )
    yield from segment(
        built,
        target.container,
        target.dataset,
        iteration,
        parameters,
        overwrite,
        changes=changes,
        project=folder,
        control=control,
    )


def segment(  # noqa: PLR0913
    run: RunLike,
    prediction_container: Path,
    prediction_dataset: str,
    iteration: int | None = None,
    parameters: PostProcessorParameters | None = None,
    overwrite: bool = False,
    *,
    changes: Mapping[str, Any] | None = None,
    project: ProjectLike = None,
    control: RunControl | None = None,
) -> Iterator[Event]:
    """Post-process a stored prediction, of any size, block by block.

    The result is the OME-Zarr label image ``segmentation_...`` beside the prediction
    ``prediction_...``. It appears when it is complete.

    Parameters
    ----------
    run : Run, RunConfig or str
        Whose task says how; a name means the config stored in the project.
    prediction_container, prediction_dataset
        The prediction, as `PredictionDone` names it.
    iteration : int, optional
        Of the checkpoint that predicted; by default the number at the end of the name.
    parameters : PostProcessorParameters, optional
        By default those that were best with this checkpoint in validation, or else
        with any; if none is recorded, the first that validation would try.
    overwrite : bool
        Whether an earlier segmentation is replaced.
    changes : mapping, optional
        Values of single parameters by name.
    project, control
        As for :func:`train`.

    Yields
    ------
    Event
        `BlockDone` (of the stages ``"post-process"`` and ``"coarser levels"``),
        `Paused`, `Resumed`, `PredictionDone`.

    Raises
    ------
    DataError
        If there is no such prediction, or there is a segmentation already.
    ConfigError
        If there is no such parameter, or its value is not allowed.
    StopRequestedError
        If `control` asked for a stop; nothing is left behind.
    """
    began = time.perf_counter()
    control = control or RunControl()
    folder = open_project(project)
    built = build_run(run, folder)
    source = LocalArrayIdentifier(prediction_container, prediction_dataset)
    target = LocalArrayIdentifier(
        prediction_container, segmentation_of(prediction_dataset)
    )
    if (target.container / target.dataset).exists() and not overwrite:
        raise DataError(
            f"{target.container / target.dataset} exists already; allow overwriting"
        )
    processor = built.task.post_processor
    processor.set_prediction(source)
    if iteration is None:
        iteration = _iteration_of(prediction_dataset)
    if parameters is None:
        parameters = best_parameters(folder, built.name, iteration)
    chosen = parameters or next(iter(processor.enumerate_parameters()))
    chosen = _changed(chosen, changes or {})

    group = target.container / target.dataset.removesuffix("/s0")
    partial = group.with_name(f"{group.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    unfinished = LocalArrayIdentifier(target.container, f"{partial.name}/s0")
    try:
        steps = _processed(processor, chosen, unfinished, control)
        yield from pausable(steps, iteration or 0, control)
        describe_image(unfinished, labels=True)
        for step in iter_pyramid(target.container, partial.name):
            yield BlockDone("coarser levels", *step)
        shutil.rmtree(group, ignore_errors=True)
        partial.rename(group)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    seconds = time.perf_counter() - began
    yield PredictionDone(target.container, target.dataset, seconds)


def best_parameters(
    project: Project, run_name: str, iteration: int | None
) -> PostProcessorParameters | None:
    """Return the parameters that were best with a checkpoint, or else with any.

    `None` if no validation recorded any.
    """
    entries = [
        entry
        for criteria in project.weights.best(run_name).values()
        for entry in criteria.values()
        if entry["parameters"] is not None
    ]
    entries.sort(key=lambda entry: entry["iteration"] != iteration)
    return entries[0]["parameters"] if entries else None


def segmentation_of(dataset: str) -> str:
    """Return the path of the segmentation of the prediction at `dataset`."""
    folder, _, name = dataset.removesuffix("/s0").rpartition("/")
    name = f"segmentation_{name.removeprefix('prediction_')}"
    return f"{folder}/{name}/s0" if folder else f"{name}/s0"


def _iteration_of(prediction: str) -> int | None:
    found = re.search(r"_(\d+)$", prediction.removesuffix("/s0"))
    return None if found is None else int(found[1])


def _processed(
    processor: PostProcessor,
    parameters: PostProcessorParameters,
    target: LocalArrayIdentifier,
    control: RunControl,
) -> Generator[BlockDone, None, None]:
    """Post-process in a thread, so that progress can be told meanwhile."""
    told: queue.SimpleQueue[BlockDone | None] = queue.SimpleQueue()
    given_up = threading.Event()

    def progress(done: int, total: int, block: Block) -> None:
        told.put(BlockDone("post-process", done, total, block.write_roi))
        control.wait_while_paused()
        control.check()
        if given_up.is_set():
            raise StopRequestedError("given up")

    with ThreadPoolExecutor(1, "post-process") as pool:
        work = pool.submit(processor.process, parameters, target, progress=progress)
        work.add_done_callback(lambda _: told.put(None))
        try:
            while (event := told.get()) is not None:
                yield event
        finally:
            given_up.set()
        work.result()


def _changed(
    parameters: PostProcessorParameters, changes: Mapping[str, Any]
) -> PostProcessorParameters:
    names = [name for name in parameters.parameter_names if name != "id"]
    for name in changes:
        if name not in names:
            raise ConfigError(
                f"{name}: no such parameter of {type(parameters).__name__}; known: "
                f"{', '.join(names)}"
            )
    changed: PostProcessorParameters = from_doc(
        {**to_doc(parameters), **changes}, PostProcessorParameters
    )
    return changed


def _only_dataset(run_name: str, criterion: str, project: Project) -> str:
    best = project.weights.best(run_name)
    names = [dataset for dataset, table in best.items() if criterion in table]
    if len(names) == 1:
        return names[0]
    if names:
        raise DataNotFoundError(
            f"run {run_name!r} was validated on several datasets "
            f"({', '.join(names)}); name the one whose best {criterion} counts"
        )
    known = sorted({name for table in best.values() for name in table})
    raise DataNotFoundError(
        f"run {run_name!r} has no best result by {criterion!r}; recorded: "
        f"{', '.join(known) or 'none, validate first'}"
    )


def _is_finished(target: LocalArrayIdentifier) -> bool:
    exists = (target.container / target.dataset).exists()
    return exists and not DoneBlocks(target).exists
