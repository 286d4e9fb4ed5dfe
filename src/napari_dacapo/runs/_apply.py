"""From raw data of any size to their segmentation, in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.arrays.locations import to_location
from napari_dacapo.errors import DataNotFoundError
from napari_dacapo.events import Event, Warned

from ._done_blocks import DoneBlocks
from ._inputs import output_identifier
from ._predict import predict
from ._segment import choose_parameters, require_free, segment, segmentation_of
from ._session import ProjectLike, RunLike, build_run, open_project
from ._validate import checkpoint_or_latest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from napari_dacapo.arrays.locations import Location
    from napari_dacapo.geometry import Roi
    from napari_dacapo.store import Project
    from napari_dacapo.store.weights_store import Best
    from napari_dacapo.tasks.post_processors import PostProcessorParameters

    from .control import RunControl


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
        the dataset may be left out if there is only one, and the class in front of the
        criterion (``mito__f1_score``) likewise.
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
        best = _best(folder, built.name, validation_dataset, criterion)
        iteration = best["iteration"] if iteration is None else iteration
        parameters = parameters or best["parameters"]
    iteration = checkpoint_or_latest(built.name, iteration, folder)
    source = to_location(input_container) / (input_dataset or "")
    target = output_identifier(built.name, iteration, source, output_path, folder)
    # before the long work: what cannot be used, and what would be refused afterwards
    chosen = choose_parameters(built, folder, iteration, parameters, changes or {})
    result = LocalArrayIdentifier(target.container, segmentation_of(target.dataset))
    require_free(result, overwrite=overwrite)
    if _is_finished(target) and not overwrite:
        yield Warned(
            f"the prediction {target.container / target.dataset} is there and is used; "
            "allow overwriting (--overwrite) to predict it anew"
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
        chosen,
        overwrite,
        project=folder,
        control=control,
    )


def _best(project: Project, run_name: str, dataset: str | None, criterion: str) -> Best:
    """Return what is best by a criterion, with or without its class in front."""
    best = project.weights.best(run_name)
    found = {
        (each, name): entry
        for each, table in best.items()
        for name, entry in table.items()
        if dataset in (None, each)
        and (name == criterion or name.endswith(f"__{criterion}"))
    }
    if len(found) == 1:
        return next(iter(found.values()))
    known = sorted({name for table in best.values() for name in table})
    if not found:
        raise DataNotFoundError(
            f"run {run_name!r} has no best result by {criterion!r}"
            f"{'' if dataset is None else f' on {dataset!r}'}; recorded: "
            f"{', '.join(known) or 'none, validate first'}"
        )
    choices = ", ".join(f"{name} on {each}" for each, name in found)
    raise DataNotFoundError(
        f"run {run_name!r} has several best results by {criterion!r} ({choices}); name "
        "one of these criteria, and the dataset"
    )


def _is_finished(target: LocalArrayIdentifier) -> bool:
    exists = (target.container / target.dataset).exists()
    return exists and not DoneBlocks(target).exists
