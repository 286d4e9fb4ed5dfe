"""What the Predict dock does in a worker: it opens files; no Qt in here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import ArrayConfig
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.arrays.locations import to_location
from napari_dacapo.arraytypes import AnnotationArray
from napari_dacapo.errors import ConfigError, DaCapoError, DataError
from napari_dacapo.runs._done_blocks import DoneBlocks, Unfinished
from napari_dacapo.tasks.evaluators.reading_order import most_readable_first

from ._experiment_sources import store_layers
from ._experiment_splits import replaced
from ._regions import Region
from ._torch_import import import_torch

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_dacapo.arrays import Array
    from napari_dacapo.events import Event
    from napari_dacapo.runs import RunConfig
    from napari_dacapo.runs.control import RunControl

    from ._workers import EventSource


@attrs.frozen
class Weights:
    """A checkpoint that can be chosen; `text` says what is special about it."""

    iteration: int
    text: str


def list_weights(folder: Path, run: str) -> tuple[str, list[Weights]]:
    """Return `run` and its checkpoints: best by each criterion, then all, newest first.

    Empty if the project has no such run.
    """
    from napari_dacapo.store import Project

    if not run:
        return run, []
    weights = Project(folder).weights
    iterations = sorted(weights.iterations(run), reverse=True)
    tables = weights.best(run)
    names = {name for criteria in tables.values() for name in criteria}
    several_classes = len({name.rpartition("__")[0] for name in names}) > 1
    best = [
        Weights(
            criteria[name]["iteration"],
            f"best {_title(name, with_class=several_classes)}"
            + (f" ({dataset})" if len(tables) > 1 else ""),
        )
        for dataset, criteria in tables.items()
        for name in most_readable_first(criteria)
        if criteria[name]["iteration"] in iterations
    ]
    plain = [Weights(i, "latest" if i == iterations[0] else "") for i in iterations]
    return run, [*best, *plain]


def _title(criterion: str, *, with_class: bool) -> str:
    """Return the name of a criterion as a person would say it."""
    title, _, kind = criterion.rpartition("__")
    return f"{kind} of {title}" if with_class and title else kind


@attrs.frozen(eq=False)
class Request:
    """What the user asked for.

    Attributes
    ----------
    run : str
        Name of a stored run.
    iteration : int
        Which checkpoint.
    config : ArrayConfig
        The volume, or what stands for a layer in `contents`.
    contents : sequence of (ArrayConfig, LayerContent)
        What the layer shows, if it is one.
    region : Region or None
        Which part; `None` for the whole volume.
    dtype : str
        Type of the output.
    output : Path or None
        Container or folder; `None` for the project's.
    pad : bool
        Whether to predict up to the border.
    """

    run: str
    iteration: int
    config: ArrayConfig
    contents: Any
    region: Region | None
    dtype: str
    output: Path | None
    pad: bool


@attrs.frozen(eq=False)
class Plan:
    """A prediction that can begin.

    Attributes
    ----------
    arguments : dict
        For `napari_dacapo.runs.predict`.
    target : LocalArrayIdentifier
        Where the result goes.
    exists : bool
        Whether something is there.
    unfinished : Unfinished or None
        How far it is, if it is an unfinished prediction.
    other : Path
        A container that does not exist, to be taken instead.
    """

    arguments: dict[str, Any]
    target: LocalArrayIdentifier
    exists: bool
    unfinished: Unfinished | None
    other: Path

    @property
    def container(self) -> Path:
        """The container of the result, which is on a local disk."""
        return Path(str(self.target.container))


@attrs.frozen
class Complaint:
    """What is wrong with which field of a request."""

    field: str
    text: str


def plan(request: Request, folder: Path) -> Plan | Complaint:
    """Check a request, storing its layer, and find out what is there already."""
    field = "volume"
    try:
        stored = store_layers(request.contents, folder)
        config = replaced(request.config, stored)
        volume = _as_trained(config, request.run, folder).roi
        field = "region"
        roi = None if request.region is None else request.region.within(volume)
        field = "output"
        return _plan(request, config, roi, folder)
    except (DaCapoError, OSError) as error:
        return Complaint(field, str(error))


def _as_trained(config: ArrayConfig, run_name: str, folder: Path) -> Array:
    """Return the volume with the voxel size that the run was trained on.

    Raises
    ------
    DataError
        If the volume cannot be used with this run.
    """
    from napari_dacapo.runs._inputs import resampled_to

    valid, reason = config.verify()
    if not valid:
        raise DataError(reason)
    run = _stored_run(folder, run_name)
    trained = run.datasplit_config.create_datasplit().train[0].raw
    array = resampled_to(config, trained.voxel_size).create_array()
    if (array.num_channels or 1) != (trained.num_channels or 1):
        raise DataError(
            f"array {config.name!r} has {array.num_channels or 1} channels, run "
            f"{run_name!r} was trained on {trained.num_channels or 1}; choose another "
            "volume"
        )
    return array


def _stored_run(folder: Path, name: str) -> RunConfig:
    from napari_dacapo.store import Project

    run: RunConfig = Project(folder).configs.retrieve_run_config(name)
    return run


def _plan(request: Request, config: ArrayConfig, roi: Any, folder: Path) -> Plan:
    from napari_dacapo.runs._inputs import output_identifier
    from napari_dacapo.store import Project

    dataset = getattr(config, "dataset", None)
    source = to_location(config.file_name) / (dataset or "")  # type: ignore[attr-defined]
    target = output_identifier(
        request.run, request.iteration, source, request.output, Project(folder)
    )
    _check_writable(Path(str(target.container)))
    record = DoneBlocks(target)
    exists = (target.container / target.dataset).exists()
    arguments = {
        "run": request.run,
        "iteration": request.iteration,
        "input_container": config.file_name,  # type: ignore[attr-defined]
        "input_dataset": dataset,
        "output_path": target.container,
        "output_roi": roi,
        "output_dtype": request.dtype,
        "pad": request.pad,
    }
    unfinished = record.progress() if exists and record.exists else None
    return Plan(arguments, target, exists, unfinished, _free(target))


def _check_writable(container: Path) -> None:
    if container.exists() and not container.is_dir():
        raise ConfigError(
            f"{container} is a file; choose a folder, or a name that ends in .zarr"
        )


def _free(target: LocalArrayIdentifier) -> Path:
    """Return a container beside that of `target` in which there is no such array."""
    container = Path(str(target.container))
    number = 2
    while True:
        other = container.with_name(f"{container.stem} {number}{container.suffix}")
        if not (other / target.dataset).exists():
            return other
        number += 1


@attrs.frozen(eq=False)
class Output:
    """The array of a prediction or of what was made of it, opened to be shown.

    Attributes
    ----------
    place : (Path, str)
        Container and dataset.
    array : Array
        The array.
    meaning : ArrayType
        What its values mean.
    """

    place: tuple[Path, str]
    array: Any
    meaning: Any


def open_prediction(folder: Path, run: str, place: tuple[Path, str]) -> Output:
    """Open the array of a prediction, and find out what its values mean."""
    task = _stored_run(folder, run).task_config.create_task()
    return Output(place, _array_at(place), task.predictor.output_array_type)


def open_labels(place: tuple[Path, str]) -> Output:
    """Open the array of a segmentation."""
    return Output(place, _array_at(place), AnnotationArray())


def _array_at(place: tuple[Path, str]) -> Array:
    from napari_dacapo.arrays import ZarrArray

    return ZarrArray.open_from_array_identifier(LocalArrayIdentifier(*place))


def segmentation(
    folder: Path, run: str, iteration: int, place: tuple[Path, str]
) -> EventSource:
    """Return a source that post-processes a prediction as was best in validation.

    The result is the label image ``segmentation_...`` beside the prediction; an
    earlier one is replaced.
    """

    def source(control: RunControl) -> Generator[Event, None, None]:
        import_torch()
        from napari_dacapo.runs import segment

        yield from segment(
            run, *place, iteration, overwrite=True, project=folder, control=control
        )

    return source
