"""Starting from the weights of an earlier run of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import config_field
from napari_dacapo._registry import Registered
from napari_dacapo.errors import DataNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.nn import Model
    from napari_dacapo.nn.loading import LoadReport
    from napari_dacapo.store import Project


class Start:
    """Puts stored weights into a fresh model before its training begins.

    Parameters
    ----------
    start_config : StartConfig
        Where the weights are.

    Attributes
    ----------
    channels : list of str or None
        Channel names of the stored head, once they are known.
    report : LoadReport or None
        What was loaded, after `initialize_weights`.
    """

    def __init__(self, start_config: StartConfig) -> None:
        self.run = start_config.run
        self.criterion = start_config.criterion
        self.channels: list[str] | None = None
        self.report: LoadReport | None = None

    def initialize_weights(
        self,
        model: Model,
        new_head: Sequence[str] | None = None,
        *,
        project: Project | None = None,
    ) -> Model:
        """Load the weights into `model`, as far as they fit, and return it.

        Parameters
        ----------
        model : Model
            Changed in place.
        new_head : sequence of str, optional
            Channel names of the model's head; if those of the stored head are known
            too, the head is taken over channel by channel.
        project : Project, optional
            Where to look; by default the project of the options.

        Raises
        ------
        DataNotFoundError
            If there are no such weights.
        DataError
            If they are damaged, or not even the encoder fits.
        """
        from napari_dacapo.nn.loading import load_weights
        from napari_dacapo.store import Project

        project = project or Project.open()
        state = self._retrieve_weights(project)
        self.channels = self._retrieve_channels(project)
        self.report = load_weights(
            model, state, old_head=self.channels, new_head=new_head
        )
        self.report.require(encoder_only=True)
        return model

    def _retrieve_weights(self, project: Project) -> dict[str, Any]:
        return project.weights.retrieve_weights(self.run, self._iteration(project))

    def _iteration(self, project: Project) -> int:
        if self.criterion.isdecimal():
            return int(self.criterion)
        dataset, _, criterion = self.criterion.rpartition("/")
        if not dataset:
            dataset = self._only_dataset(project, criterion)
        return project.weights.retrieve_best(self.run, dataset, criterion)

    def _only_dataset(self, project: Project, criterion: str) -> str:
        """Return the dataset that has a best by `criterion`, if it is the only one."""
        best = project.weights.best(self.run)
        found = [name for name, criteria in best.items() if criterion in criteria]
        if len(found) != 1:
            known = [f"{name}/{c}" for name, criteria in best.items() for c in criteria]
            iterations = map(str, project.weights.iterations(self.run))
            choices = ", ".join([*known, *iterations]) or "none"
            raise DataNotFoundError(
                f"criterion: {criterion!r} does not say which weights of run "
                f"{self.run!r} to take; write one of: {choices}"
            )
        return found[0]

    def _retrieve_channels(self, project: Project) -> list[str] | None:
        record = project.read_run_record(self.run)
        if record is None:
            return None
        return channels_of(record.get("config", {}).get("task_config", {}))

    def __str__(self) -> str:
        return f"{self.run}/{self.criterion}"


def channels_of(task: Any) -> list[str] | None:
    """Return the names of a task's output channels where it has any.

    Parameters
    ----------
    task : TaskConfig or dict
        A task config, or the document it is stored as.
    """
    fields = task if isinstance(task, dict) else attrs.asdict(task, recurse=False)
    inner = fields.get("sub_task_config")
    if inner is not None:  # a pretrained task
        return channels_of(inner)
    names = fields.get("channels") or fields.get("classes")
    return None if names is None else list(names)


@attrs.define
class StartConfig(Registered):
    """Start from the weights of an earlier run of this project."""

    start_type: ClassVar[type[Start]] = Start

    run: str = config_field("Name of the run whose weights to start from.")
    criterion: str = config_field(
        "Which of its weights: an iteration, such as 2000, or the best on a validation "
        "dataset by a criterion, such as validation/f1_score.",
        converter=str,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether run and criterion are given."""
        for field in ("run", "criterion"):
            if not getattr(self, field).strip():
                return False, f"{field}: say which weights to start from"
        return True, f"start from {self.run}/{self.criterion}"
