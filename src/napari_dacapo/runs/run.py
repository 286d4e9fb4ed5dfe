"""A run: one task, architecture, trainer and data split, put together."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._config import config_field, iter_verify, name_field, require_valid
from napari_dacapo._registry import Registered
from napari_dacapo.architectures import ArchitectureConfig
from napari_dacapo.datasplits import DataSplitConfig
from napari_dacapo.errors import DaCapoError
from napari_dacapo.starts import StartConfig
from napari_dacapo.tasks import TaskConfig
from napari_dacapo.trainers import TrainerConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from napari_dacapo.datasplits import DataSplit
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model
    from napari_dacapo.tasks import Task
    from napari_dacapo.trainers import Trainer


@attrs.define
class RunConfig(Registered):
    """Everything a training run is made of; equal configs give equal weights."""

    task_config: TaskConfig = config_field(
        "What the network predicts and how that becomes a segmentation."
    )
    architecture_config: ArchitectureConfig = config_field("The network.")
    trainer_config: TrainerConfig = config_field(
        "How samples are drawn and changed, and how the network is optimised."
    )
    datasplit_config: DataSplitConfig = config_field(
        "The volumes to learn from and the ones to check the network on."
    )
    name: str = name_field("run")
    repetition: int = config_field(
        "Number of this repetition: runs that differ in nothing else start from "
        "different random numbers.",
        default=0,
        minimum=0,
        advanced=True,
    )
    num_iterations: int = config_field(
        "For how many iterations (optimiser steps) to train.",
        default=2000,
        unit="iterations",
        minimum=1,
    )
    validation_interval: int = config_field(
        "After how many iterations the validation volumes are predicted and scored; "
        "the end of the training is always validated.",
        default=1000,
        unit="iterations",
        minimum=1,
    )
    start_config: StartConfig | None = config_field(
        "Weights of an earlier run to start from, instead of random ones.",
        default=None,
        advanced=True,
    )
    keep_every: int | None = config_field(
        "Keep the weights after every so many iterations, besides the latest two and "
        "the best. Leave empty to keep only these.",
        default=None,
        unit="iterations",
        minimum=1,
        advanced=True,
    )
    early_stopping: int | None = config_field(
        "End the training when so many validations in a row were not better than the "
        "best before. Leave empty to train to the end.",
        default=None,
        unit="validations",
        minimum=1,
        advanced=True,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether the parts are valid and fit together, and if not why.

        Opens the metadata of the data and lays the network out without memory; may
        take seconds the first time, so the window calls it in a worker.
        """
        parts: dict[str, Any] = {
            "task_config": self.task_config,
            "architecture_config": self.architecture_config,
            "trainer_config": self.trainer_config,
            "datasplit_config": self.datasplit_config,
        }
        if self.start_config is not None:
            parts["start_config"] = self.start_config
        complaint = next(iter_verify(parts), None)
        if complaint is None:
            try:
                complaint = next(self._misfits(), None)
            except DaCapoError as error:
                complaint = str(error)
        return complaint is None, complaint or f"run {self.name!r} is valid"

    def _misfits(self) -> Iterator[str]:
        import torch

        datasplit = self.datasplit_config.create_datasplit()
        if not datasplit.train:
            yield (
                "datasplit_config.train_configs: there is nothing to train on; add a "
                "dataset with raw data and ground truth"
            )
        with torch.device("meta"):
            architecture = self.architecture_config.create_architecture()
            model = self.task_config.create_task().create_model(architecture)
        del model  # built only to see that the head fits on the architecture
        channels = getattr(self.task_config, "channels", None)
        for kind in ("train", "validate"):
            for number, dataset in enumerate(getattr(datasplit, kind)):
                where = f"datasplit_config.{kind}_configs[{number}] ({dataset.name})"
                for text in _dataset_misfits(dataset, architecture, channels):
                    yield f"{where}: {text}"


def _dataset_misfits(
    dataset: Dataset, architecture: Architecture, channels: list[str] | None
) -> Iterator[str]:
    raw, gt = dataset.raw, dataset.gt
    if raw.dims != architecture.dims:
        yield (
            f"raw has {raw.dims} spatial axes, the network {architecture.dims}; choose "
            "an architecture with as many axes as the data"
        )
        return
    found = raw.num_channels or 1
    if found != architecture.num_in_channels:
        yield (
            f"raw has {found} channels, the network takes "
            f"{architecture.num_in_channels}; set fmaps_in of the architecture to "
            f"{found}"
        )
    if gt is None:
        return
    expected = architecture.scale(raw.voxel_size)
    if gt.voxel_size != expected:
        yield (
            f"ground truth has voxel size {gt.voxel_size} nm, but the network predicts "
            f"at {expected} nm from raw at {raw.voxel_size} nm; resample one of them "
            "or set upsample_factors of the architecture"
        )
    if channels is not None and (gt.num_channels or 1) != len(channels):
        yield (
            f"ground truth has {gt.num_channels or 1} channels, the task "
            f"{len(channels)} ({', '.join(channels)}); make them equal, for example "
            "with a BinarizeArrayConfig that has one group per class"
        )


class Run:
    """The objects of a run, built from its config.

    Parameters
    ----------
    run_config : RunConfig
        What to build.
    load_starter_model : bool
        Whether `start_config` is honoured when training begins.

    Attributes
    ----------
    name, train_until, validation_interval
        As in the config (`train_until` is its `num_iterations`).
    seed : int
        Weights at the start, crops and augments follow from it.
    task, architecture, trainer, model, optimizer, start
        The parts; the model has fresh weights, which depend on `seed` only.
    """

    def __init__(self, run_config: RunConfig, load_starter_model: bool = True) -> None:
        require_valid(run_config)
        self.config = run_config
        self.name = run_config.name
        self.train_until = run_config.num_iterations
        self.validation_interval = run_config.validation_interval
        self.seed = run_config.repetition
        self.task: Task = run_config.task_config.create_task()
        self.trainer: Trainer = run_config.trainer_config.create_trainer()
        self.trainer.seed = self.seed
        self.architecture, self.model = self._build_model()
        self.optimizer: torch.optim.Optimizer
        self._create_optimizer()
        self.start: Any = None
        if load_starter_model and run_config.start_config is not None:
            self.start = run_config.start_config.start_type(run_config.start_config)

    def _build_model(self) -> tuple[Architecture, Model]:
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            architecture = self.config.architecture_config.create_architecture()
            return architecture, self.task.create_model(architecture)

    def _create_optimizer(self) -> None:
        self.optimizer = self.trainer.create_optimizer(self.model)

    def reset(self) -> None:
        """Go back to the fresh weights, optimizer and first iteration."""
        _, fresh = self._build_model()
        self.model.load_state_dict(fresh.state_dict())
        self._create_optimizer()
        self.trainer.load_state_dict({"iteration": 0})

    @cached_property
    def datasplit(self) -> DataSplit:
        """The datasets, opened on first use."""
        return self.config.datasplit_config.create_datasplit()

    def __repr__(self) -> str:
        return f"Run({self.name!r})"
