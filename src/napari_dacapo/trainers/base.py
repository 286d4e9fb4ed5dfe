"""The interface of all trainers and the root of their configs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs

from napari_dacapo._config import config_field, name_field, require_valid
from napari_dacapo._registry import Registered
from napari_dacapo.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    import torch

    from napari_dacapo.arrays import NumpyArray
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.nn.model import Model
    from napari_dacapo.nn.precision import Precision
    from napari_dacapo.stats import TrainingIterationStats
    from napari_dacapo.tasks import Task


class Trainer(ABC):
    """Feeds batches to a model and optimises it.

    Order of calls: `create_optimizer`, `plan`, `prepare`, `load_state_dict` when
    resuming, `judge`, `build_batch_provider`, then `iterate` inside ``with trainer:``
    (leaving the block stops the loaders). All run in the thread that trains.

    Attributes
    ----------
    iteration : int
        The next iteration, counted from 0.
    seed : int
        Every random choice of the trainer follows from it and `iteration`.
    last_waited : float
        Seconds that the last iteration waited for its batch.
    last_seconds : dict of str to float
        What the last iteration took, by what it was spent on: "data" (as
        `last_waited`), "transfer" (to the device), "forward", "backward", "optimizer",
        "snapshot", and "outside": what those who take the statistics did since the
        iteration before.
    learning_rate_now : float
        Learning rate of the last iteration.
    warnings : sequence of str
        What the user should know; grows while training.
    """

    iteration: int
    batch_size: int
    learning_rate: float
    seed: int = 0
    last_waited: float = 0.0
    last_seconds: Mapping[str, float] = MappingProxyType({})
    learning_rate_now: float = 0.0
    warnings: Sequence[str] = ()

    @property
    def slowed(self) -> float:
        """Factor on the learning rate since the training diverged."""
        return 1.0

    @property
    def last_snapshot(self) -> int | None:
        """Iteration of the last snapshot written."""
        return None

    @abstractmethod
    def create_optimizer(self, model: Model) -> torch.optim.Optimizer:
        """Return a fresh optimizer (and reset the schedule)."""

    def plan(self, num_iterations: int) -> None:  # noqa: B027 - optional hook
        """Take note that training ends after `num_iterations`, for schedules.

        May be called again while training, when the number changes.
        """

    def judge(self, results: Sequence[float]) -> None:  # noqa: B027 - optional hook
        """Take note of all results so far, for schedules.

        Parameters
        ----------
        results : sequence of float
            One number per validation interval, lower is better, NaN if undefined.
        """

    def slow_down(self, factor: float) -> None:
        """Multiply the learning rate by `factor` from now on.

        Raises
        ------
        RunError
            If this trainer cannot.
        """
        raise RunError(f"{type(self).__name__} cannot lower its learning rate")

    def request_snapshot(self) -> None:  # noqa: B027 - optional hook
        """Store a snapshot of the next iteration, whether one is due or not."""

    def prepare(self, model: Model, device: torch.device) -> str:
        """Move `model` to `device`; return how it will compute, for the user."""
        model.to(device)
        return ""

    def precision_on(self, device: torch.device) -> Precision:
        """Return in which numbers and layout networks are trained on `device`."""
        from napari_dacapo.nn.precision import choose_precision

        return choose_precision("auto", "auto", device)

    @abstractmethod
    def build_batch_provider(
        self,
        datasets: Sequence[Dataset],
        model: Model,
        task: Task,
        snapshot_container: Path | None = None,
    ) -> None:
        """Prepare to draw batches from `datasets`."""

    @abstractmethod
    def iterate(
        self,
        num_iterations: int,
        model: Model,
        optimizer: torch.optim.Optimizer,
        device: torch.device,
    ) -> Generator[TrainingIterationStats]:
        """Train for `num_iterations`, yielding statistics after each."""

    @abstractmethod
    def can_train(self, datasets: Sequence[Dataset]) -> bool:
        """Return whether every dataset has what this trainer needs."""

    def preview(
        self,
        datasets: Sequence[Dataset],
        model: Model,
        task: Task,
        index: int = 0,
        *,
        before: Trainer | None = None,
    ) -> dict[str, NumpyArray]:
        """Return what the network is shown as sample number `index` of the training.

        Nothing is trained or predicted, and the training is not disturbed; of `model`
        only the sizes are used.

        Parameters
        ----------
        datasets, model, task
            As for `build_batch_provider`.
        index : int
            Number of the sample; it is of the same place whatever the augments are.
        before : Trainer, optional
            One that previewed the same data for the same model and task: what it has
            opened is used again.

        Returns
        -------
        dict of str to NumpyArray
            ``raw`` (normalised, augmented), ``gt``, ``target``, ``weight``, ``mask``,
            axes ``c`` + spatial; all but raw cover the network output. The weight is
            that of a first sample: class balancing has not seen any other.

        Raises
        ------
        DataError, ConfigError
            If data or augments cannot be used.
        RunError
            If this trainer draws no samples from data.
        """
        raise RunError(f"{type(self).__name__} draws no samples that could be shown")

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on exactly here: plain data and tensors."""
        return {"iteration": self.iteration}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.iteration = state["iteration"]

    def close(self) -> None:  # noqa: B027 - optional hook
        """Stop loader threads and release data; safe to call twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


@attrs.define
class TrainerConfig(Registered):
    """Base of all trainer configs."""

    trainer_type: ClassVar[type[Trainer]]

    name: str = name_field("trainer")
    batch_size: int = config_field(
        "Samples per iteration. On a CPU use at least 2: single samples run on a much "
        "slower code path.",
        unit="samples",
        minimum=1,
    )
    learning_rate: float = config_field(
        "Step size of the optimizer; 1e-4 is a good start, 1e-3 learns faster but may "
        "diverge.",
        minimum=0,
        exclusive_minimum=True,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether one can train with these settings, and if not why."""
        return True, f"{type(self).__name__} {self.name!r} is valid"

    def create_trainer(self) -> Trainer:
        """Build the trainer.

        Raises
        ------
        ConfigError
            If the config is invalid, with the text of `verify`.
        """
        require_valid(self)
        return self.trainer_type(self)  # type: ignore[call-arg]
