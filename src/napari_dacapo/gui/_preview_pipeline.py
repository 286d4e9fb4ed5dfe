"""Training samples as the network sees them, made in a worker; no Qt in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.architectures import ArchitectureConfig
from napari_dacapo.arrays import NumpyArray
from napari_dacapo.arraytypes import ArrayType, DistanceArray
from napari_dacapo.datasplits import DataSplitConfig
from napari_dacapo.errors import DaCapoError
from napari_dacapo.tasks import TaskConfig
from napari_dacapo.trainers import TrainerConfig

from ._torch_import import import_torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.nn.model import Model
    from napari_dacapo.tasks import Task
    from napari_dacapo.trainers import Trainer

#: what the names of distances end with that follow a mask of the same class
_DISTANCE = ", distance"


@attrs.frozen
class SampleInputs:
    """All that a training sample depends on, besides its number."""

    datasplit_config: DataSplitConfig
    task_config: TaskConfig
    architecture_config: ArchitectureConfig
    trainer_config: TrainerConfig
    seed: int = 0


@attrs.frozen(eq=False)
class Sample:
    """One training sample.

    Attributes
    ----------
    raw, target, weight : NumpyArray
        As the network sees them, axes ``c`` + spatial; the place is that of the crop,
        whatever augments did to what is in it.
    meaning : ArrayType
        What the values of the target mean.
    channels : tuple of str
        Names of the channels of the target.
    """

    raw: NumpyArray
    target: NumpyArray
    weight: NumpyArray
    meaning: ArrayType
    channels: tuple[str, ...]

    def is_distance(self, channel: int) -> bool:
        """Whether a channel of the target holds signed distances, -1 to 1."""
        signed = isinstance(self.meaning, DistanceArray)
        return signed or self.channels[channel].endswith(_DISTANCE)


@attrs.frozen
class Refusal:
    """Why there is no sample, for the user."""

    reason: str


class SamplePipeline:
    """Makes samples, and keeps what has not changed since the last one.

    Called from one worker after another, never from two at once.
    """

    def __init__(self) -> None:
        self._inputs: SampleInputs | None = None
        self._datasets: Sequence[Dataset] = ()
        self._task: Task | None = None
        self._model: Model | None = None
        self._trainer: Trainer | None = None
        self._last: tuple[SampleInputs, int, Sample] | None = None

    def sample(self, inputs: SampleInputs, index: int) -> Sample | Refusal:
        """Return sample number `index`, or why there is none."""
        import_torch()
        if self._last is not None and self._last[:2] == (inputs, index):
            return self._last[2]
        try:
            sample = self._sample(inputs, index)
        except (DaCapoError, ValueError, OSError, RuntimeError, MemoryError) as error:
            self._inputs = None  # some parts may be of these inputs, others of those
            return Refusal(str(error) or type(error).__name__)
        self._last = inputs, index, sample
        return sample

    def _sample(self, inputs: SampleInputs, index: int) -> Sample:
        datasets = self._part("_datasets", inputs, _open, "datasplit_config")
        task = self._part("_task", inputs, _create_task, "task_config")
        make = _create_model, "task_config", "architecture_config"
        model = self._part("_model", inputs, *make)
        before = self._trainer
        trainer = self._part(
            "_trainer", inputs, _create_trainer, "trainer_config", "seed"
        )
        self._inputs = inputs
        parts = trainer.preview(datasets, model, task, index, before=before)
        predictor = task.predictor
        return Sample(
            parts["raw"],
            parts["target"],
            parts["weight"],
            predictor.output_array_type,
            channel_names(predictor, parts["target"].num_channels or 1),
        )

    def _part(
        self,
        name: str,
        inputs: SampleInputs,
        make: Callable[..., Any],
        *fields: str,
    ) -> Any:
        """Return the part `name`, made anew if one of the `fields` has changed."""
        wanted = [getattr(inputs, field) for field in fields]
        if self._inputs is None or wanted != [
            getattr(self._inputs, field) for field in fields
        ]:
            setattr(self, name, make(*wanted))
        return getattr(self, name)


def _open(datasplit_config: DataSplitConfig) -> Sequence[Dataset]:
    return datasplit_config.create_datasplit().train


def _create_task(task_config: TaskConfig) -> Task:
    return task_config.create_task()


def _create_model(
    task_config: TaskConfig, architecture_config: ArchitectureConfig
) -> Model:
    """Return a model without memory: only its sizes are used."""
    import torch

    with torch.device("meta"):
        architecture = architecture_config.create_architecture()
        return task_config.create_task().create_model(architecture)


def _create_trainer(trainer_config: TrainerConfig, seed: int) -> Trainer:
    trainer = trainer_config.create_trainer()
    trainer.seed = seed
    return trainer


def channel_names(predictor: Any, number: int) -> tuple[str, ...]:
    """Return what the channels of a target are called.

    Parameters
    ----------
    predictor : Predictor
        Makes the target.
    number : int
        How many channels it has.
    """
    meaning = predictor.output_array_type
    classes = getattr(meaning, "channels", None) or getattr(meaning, "classes", None)
    names = list(classes or ())
    if names and number == 2 * len(names):  # masks, then distances
        names += [name + _DISTANCE for name in names]
    offsets = getattr(predictor, "neighborhood", ())
    names += [f"affinity {', '.join(map(str, offset))}" for offset in offsets]
    if offsets:
        names += [f"descriptor {i}" for i in range(1, number - len(offsets) + 1)]
    names += [f"channel {i}" for i in range(len(names), number)]
    return tuple(names[:number])
