"""Validation: predict, post-process, score, and keep the best."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

from napari_dacapo.arrays._ome_zarr import describe_image
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.arrays.normalization import normalized
from napari_dacapo.errors import DataError
from napari_dacapo.events import (
    BestUpdated,
    Event,
    ScoresComputed,
    ValidationDone,
    ValidationStarted,
    Warned,
)
from napari_dacapo.store.stats_store import ValidationRow

from ._checkpoints import best_entries, load_weights_of, prune_checkpoints
from ._copies import store_copy
from ._inference import BlockGeometry, BlockPredictor
from ._pausing import pausable
from ._session import ProjectLike, RunLike, open_project, resolve_run, torch_threads
from .control import RunControl, StopRequestedError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import torch

    from napari_dacapo.arrays import Array
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.store import Project

    from .run import Run

logger = logging.getLogger(__name__)

#: how predictions are stored that are only post-processed and looked at
PREDICTION_DTYPE = "uint8"


def validate(
    run: RunLike,
    iteration: int | None = None,
    *,
    project: ProjectLike = None,
    device: str = "auto",
    control: RunControl | None = None,
    threads: int | None = None,
) -> Iterator[Event]:
    """Score a checkpoint on the validation datasets of its run.

    Parameters
    ----------
    run : Run, RunConfig or str
        Whose checkpoint; a name means the config stored in the project.
    iteration : int, optional
        Which checkpoint; by default the latest.
    project, device, control, threads
        As for :func:`train`.

    Yields
    ------
    Event
        `ValidationStarted`, `BlockDone`, `ScoresComputed`, `BestUpdated`,
        `ValidationDone`.

    Raises
    ------
    DataNotFoundError
        If there is no such checkpoint.
    DataError
        If the run has no validation dataset with ground truth.
    StopRequestedError
        If `control` asked for a stop; no score of this validation is stored then.
    """
    from napari_dacapo.nn.device import choose_device

    folder = open_project(project)
    built = resolve_run(run, folder)
    iteration = checkpoint_or_latest(built.name, iteration, folder)
    load_weights_of(built, folder, iteration)
    choice = choose_device(device)
    built.model.to(choice.device)
    with torch_threads(threads):
        yield from validate_model(
            built, iteration, folder, choice.device, control or RunControl()
        )


def checkpoint_or_latest(run_name: str, iteration: int | None, project: Project) -> int:
    """Return `iteration`, or that of the latest checkpoint."""
    if iteration is not None:
        return iteration
    latest: int | None = project.weights.latest_iteration(run_name)
    if latest is None:
        raise DataError(f"run {run_name!r} has no checkpoint yet; train it first")
    return latest


def validate_model(
    run: Run,
    iteration: int,
    project: Project,
    device: torch.device,
    control: RunControl,
) -> Iterator[Event]:
    """Score the weights that `run.model` has now, as those of `iteration`.

    Scores are stored only when all of them are there, so that an interrupted
    validation leaves no half row of the table.
    """
    control.check()
    datasets = [d for d in run.datasplit.validate if d.gt is not None]
    if not datasets:
        raise DataError(
            f"run {run.name!r} has no validation dataset with ground truth; add one to "
            "validate_configs of its data split"
        )
    began = time.perf_counter()
    yield ValidationStarted(iteration, tuple(d.name for d in datasets))
    rows: list[ValidationRow] = []
    for dataset in datasets:
        steps = _validate_dataset(
            run, iteration, project, dataset, device, control, rows
        )
        yield from pausable(steps, iteration, control)
    project.stats.append_validation_rows(run.name, rows)
    for row in rows:
        yield from _update_best(run, project, row)
    prune_validation_outputs(run.name, iteration, project)
    prune_checkpoints(run, project)
    yield ValidationDone(iteration, time.perf_counter() - began)


def validate_or_warn(
    run: Run,
    iteration: int,
    project: Project,
    device: torch.device,
    control: RunControl,
) -> Iterator[Event]:
    """Validate; neither a failure nor a stop in it loses the training."""
    try:
        yield from validate_model(run, iteration, project, device, control)
    except StopRequestedError:
        yield Warned(
            f"the validation at iteration {iteration} was stopped; it is made up for "
            "when the run is continued"
        )
    except (DataError, OSError, MemoryError, RuntimeError) as error:
        logger.warning("validation failed", exc_info=error)
        yield Warned(f"validation at iteration {iteration} failed: {error}")


def _validate_dataset(
    run: Run,
    iteration: int,
    project: Project,
    dataset: Dataset,
    device: torch.device,
    control: RunControl,
    rows: list[ValidationRow],
) -> Generator[Event, None, None]:
    """Predict and score `dataset`, appending to `rows`."""
    prediction = project.arrays.validation_prediction_array(
        run.name, iteration, dataset.name
    )
    gt = _require_gt(dataset)
    predictor = BlockPredictor.of_run(run, normalized(dataset.raw), device, gt.roi)
    _copy_inputs(run.name, project, dataset, predictor.geometry)
    output = predictor.create_output(prediction, PREDICTION_DTYPE)
    yield from predictor.run(output, control)
    post_processor = run.task.post_processor
    post_processor.set_prediction(prediction)
    for parameters in post_processor.enumerate_parameters():
        control.check()
        segmentation = project.arrays.validation_output_array(
            run.name, iteration, dataset.name, parameters
        )
        post_processor.process(parameters, segmentation)
        describe_image(segmentation, labels=True)
        evaluator = run.task.evaluator
        scores = evaluator.evaluate(segmentation, gt, mask=dataset.mask)
        criteria = evaluator.score.criteria
        values = dict(zip(criteria, evaluator.values(scores), strict=True))
        rows.append(ValidationRow(iteration, dataset.name, parameters, values))
        yield ScoresComputed(
            iteration,
            dataset.name,
            parameters,
            values,
            (prediction.container, prediction.dataset),
            (segmentation.container, segmentation.dataset),
        )


def _require_gt(dataset: Dataset) -> Array:
    if dataset.gt is None:
        raise DataError(f"dataset {dataset.name!r} has no ground truth to compare with")
    return dataset.gt


def _copy_inputs(
    run_name: str, project: Project, dataset: Dataset, geometry: BlockGeometry
) -> None:
    """Copy what the network sees and the ground truth beside the results."""
    raw, gt = project.arrays.validation_input_arrays(run_name, dataset.name)
    truth = _require_gt(dataset)
    picture = dataset.raw
    seen = geometry.seen_roi(truth.roi).intersect(picture.roi)
    seen = seen.snap_to_grid(picture.voxel_size, origin=picture.roi.offset)
    store_copy(picture, seen, raw, labels=False)
    store_copy(truth, truth.roi, gt, labels=True)


def _update_best(
    run: Run, project: Project, row: ValidationRow
) -> Iterator[BestUpdated]:
    """Record the criteria by which `row` beats everything before."""
    evaluator = run.task.evaluator
    known = project.weights.best(run.name).get(row.dataset, {})
    for criterion, value in row.scores.items():
        if not evaluator.store_best(criterion) or math.isnan(value):
            continue
        best = known.get(criterion)
        if best is not None and not evaluator.compare(value, best["value"], criterion):
            continue
        project.weights.store_best(
            run.name, row.iteration, row.dataset, criterion, row.parameters, value
        )
        yield BestUpdated(row.dataset, criterion, row.iteration, row.parameters, value)


def restore_best(run: Run, project: Project) -> None:
    """Make the bests follow from the stored scores up to the current iteration.

    An interrupted validation may have stored its scores, but not yet what is best; the
    bests of a training that went back may lie ahead. Only iterations whose weights are
    stored count: the others were no better, or belong to the run this one began with.
    """
    project.weights.drop_best_after(run.name, run.trainer.iteration)
    usable = set(project.weights.iterations(run.name))
    for row in project.stats.validation_rows(run.name):
        if row.iteration in usable:
            for _ in _update_best(run, project, row):
                pass  # nothing new to be told


def prune_validation_outputs(run_name: str, latest: int, project: Project) -> None:
    """Delete stored results that are neither the latest nor best by any criterion."""
    keep = {latest, *(entry["iteration"] for entry in best_entries(project, run_name))}
    container = project.arrays.validation_container(run_name)
    for folder in container.iterdir():
        if folder.name.isdecimal() and int(folder.name) not in keep:
            project.arrays.remove(LocalArrayIdentifier(container, folder.name))
