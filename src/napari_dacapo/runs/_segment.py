"""From a stored prediction of any size to its segmentation."""

from __future__ import annotations

import queue
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from napari_dacapo.arrays import ZarrArray
from napari_dacapo.arrays._ome_zarr import describe_image, iter_pyramid
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.events import BlockDone, Event, PredictionDone, Warned
from napari_dacapo.store.converter import from_doc, to_doc
from napari_dacapo.tasks.evaluators.reading_order import most_readable_first
from napari_dacapo.tasks.post_processors import PostProcessorParameters

from ._done_blocks import DoneBlocks
from ._pausing import pausable
from ._session import ProjectLike, RunLike, build_run, open_project
from .control import RunControl, StopRequestedError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from napari_dacapo.blockwise import Block
    from napari_dacapo.store import Project
    from napari_dacapo.tasks.post_processors import PostProcessor

    from .run import Run


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
        By default those that were best in validation by the criterion that people read
        first (F1 of a class, variation of information of objects); if none is
        recorded, the first that validation would try. They are told, and stored with
        the result.
    overwrite : bool
        Whether an earlier segmentation is replaced.
    changes : mapping, optional
        Values of single parameters by name.
    project, control
        As for :func:`train`.

    Yields
    ------
    Event
        `Warned` (with which parameters), `BlockDone` (of the stages
        ``"post-process"`` and ``"coarser levels"``), `Paused`, `Resumed`,
        `PredictionDone`.

    Raises
    ------
    DataError
        If there is no such prediction, it is not complete or of another run, or there
        is a segmentation already.
    ConfigError
        If there is no such parameter, or its value is not allowed.
    StopRequestedError
        If `control` asked for a stop; nothing is left behind.
    """
    began = time.perf_counter()
    control = control or RunControl()
    folder = open_project(project)
    built = build_run(run, folder)
    _require_own(prediction_dataset, built.name)
    source = LocalArrayIdentifier(prediction_container, prediction_dataset)
    target = LocalArrayIdentifier(
        prediction_container, segmentation_of(prediction_dataset)
    )
    if DoneBlocks(source).exists:
        raise DataError(
            f"{prediction_container / prediction_dataset} is not complete; predict "
            "again with the same settings, which goes on where it was"
        )
    if iteration is None:
        iteration = _iteration_of(prediction_dataset)
    require_free(target, overwrite=overwrite)
    chosen = choose_parameters(built, folder, iteration, parameters, changes or {})
    processor = built.task.post_processor
    processor.set_prediction(source)
    yield Warned(f"post-processing with {in_words(chosen)}")

    group = target.container / target.dataset.removesuffix("/s0")
    aside = target.container / f".{group.name}.unfinished"
    unfinished = LocalArrayIdentifier(target.container, f"{aside.name}/{group.name}/s0")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        steps = _processed(processor, chosen, unfinished, control)
        yield from pausable(steps, iteration or 0, control)
        describe_image(unfinished, labels=True)
        result = ZarrArray.open_from_array_identifier(unfinished)
        result.add_metadata({"parameters": in_words(chosen)})
        for step in iter_pyramid(target.container, f"{aside.name}/{group.name}"):
            yield BlockDone("coarser levels", *step)
        shutil.rmtree(group, ignore_errors=True)
        (aside / group.name).rename(group)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    seconds = time.perf_counter() - began
    yield PredictionDone(target.container, target.dataset, seconds)


def choose_parameters(
    run: Run,
    project: Project,
    iteration: int | None,
    parameters: PostProcessorParameters | None,
    changes: Mapping[str, Any],
) -> PostProcessorParameters:
    """Return what `segment` post-processes with; see there.

    Raises
    ------
    ConfigError
        If there is no such parameter, or its value is not allowed.
    """
    chosen = parameters or best_parameters(project, run.name, iteration)
    first = next(iter(run.task.post_processor.enumerate_parameters()))
    return _changed(chosen or first, changes)


def require_free(target: LocalArrayIdentifier, *, overwrite: bool) -> None:
    """Raise an error if a segmentation is there that must not be replaced.

    Raises
    ------
    DataError
        If so.
    """
    path = target.container / target.dataset
    if path.exists() and not overwrite:
        raise DataError(f"{path} exists already; allow overwriting (--overwrite)")


def in_words(parameters: PostProcessorParameters) -> str:
    """Return names and values of `parameters`."""
    names = [name for name in parameters.parameter_names if name != "id"]
    return ", ".join(f"{name} {getattr(parameters, name)}" for name in names)


def best_parameters(
    project: Project, run_name: str, iteration: int | None
) -> PostProcessorParameters | None:
    """Return the parameters that were best in validation, `None` if none is recorded.

    Those of the criterion that people read first count: of a class Dice or F1, of
    objects the variation of information; and of the given iteration, if there are any.
    """
    entries = [
        (order, criteria[name])
        for criteria in project.weights.best(run_name).values()
        for order, name in enumerate(most_readable_first(criteria))
        if criteria[name]["parameters"] is not None
    ]
    entries.sort(key=lambda each: (each[0], each[1]["iteration"] != iteration))
    return entries[0][1]["parameters"] if entries else None


def segmentation_of(dataset: str) -> str:
    """Return the path of the segmentation of the prediction at `dataset`."""
    folder, _, name = dataset.removesuffix("/s0").rpartition("/")
    name = f"segmentation_{name.removeprefix('prediction_')}"
    return f"{folder}/{name}/s0" if folder else f"{name}/s0"


def _require_own(prediction: str, run_name: str) -> None:
    """Refuse what another run predicted, as far as the name tells."""
    found = re.search(r"prediction_(.+)_\d+$", prediction.removesuffix("/s0"))
    if found is not None and found[1] != run_name:
        raise DataError(
            f"{prediction} was predicted by the run {found[1]!r}; name that run, not "
            f"{run_name!r}"
        )


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
