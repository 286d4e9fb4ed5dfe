"""The editor of a whole run, in sections and in the order in which they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_dacapo.datasplits import DataSplitConfig
from napari_dacapo.runs import RunConfig

from ._experiment_data import DataEditor
from ._experiment_splits import configs_in
from ._preview_pipeline import SampleInputs
from .forms._config_editor import ConfigEditor
from .forms._editor import CHECK_ERRORS, Editor, Errors, FieldContext, FieldPath
from .forms._labels import Disclosure
from .forms._table import make_editor
from .forms._words import class_slug, path_label

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from napari_dacapo.arrays import ArrayConfig
    from napari_dacapo.tasks import TaskConfig

    from ._experiment_choices import DataChoices

#: fields that have a section of their own, in the order of use
_SECTIONS = {
    "datasplit_config": "Data",
    "task_config": "Task",
    "architecture_config": "Architecture",
    "trainer_config": "Trainer",
}
NOT_STORED = (
    "Layers are among the data that are not stored yet: Suggest from data stores them, "
    "then samples can be shown."
)
#: section of all other fields
_REST = "Run"


class RunEditor(ConfigEditor):
    """Edits a `RunConfig`; its data split is edited by choosing data.

    Parameters
    ----------
    choices : DataChoices
        What can be chosen as data.
    """

    def __init__(self, choices: DataChoices) -> None:
        self.data = DataEditor(choices)
        self._sections: dict[str, Disclosure] = {}
        self._proposed_task: TaskConfig | None = None
        super().__init__(RunConfig, FieldContext(), self._make_editor)
        self.data.classesChanged.connect(self._on_classes_changed)

    def _make_editor(
        self, annotation: Any, context: FieldContext, *, computed: bool = False
    ) -> Editor:
        if annotation is DataSplitConfig:
            return self.data
        return make_editor(annotation, context, computed=computed)

    def _lay_out(self, names: Sequence[str]) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for name, title in _SECTIONS.items():
            box = self.boxes()[name]
            content = QWidget()
            inner = QVBoxLayout(content)
            inner.addWidget(box)
            inner.addWidget(box.reasons)
            layout.addWidget(self._section(title, content))
        content = QWidget()
        content.setLayout(self._rows([n for n in names if n not in _SECTIONS]))
        layout.addWidget(self._section(_REST, content))

    def _section(self, title: str, content: QWidget) -> Disclosure:
        section = Disclosure(title, section=True)
        layout = content.layout()
        if layout is not None:
            layout.setContentsMargins(6, 0, 0, 0)
            layout.setSpacing(3)
        section.set_content(content)
        self._sections[title] = section
        return section

    def errors(self) -> Errors:
        # in the order in which they are seen
        order = list(_SECTIONS)
        found = super().errors().items()
        return dict(sorted(found, key=lambda e: _position(order, e[0][:1])))

    def reveal(self, path: FieldPath) -> None:
        if path:
            self._sections[_SECTIONS.get(path[0], _REST)].open()
        super().reveal(path)

    def part(self, name: str) -> Editor:
        """Return the editor of the field `name`; of everything, if it is empty."""
        return self.boxes()[name].editor if name else self

    def sample_inputs(
        self, planned: Collection[ArrayConfig]
    ) -> tuple[SampleInputs | None, str]:
        """Return what training samples are made from, or `None` and why not.

        Parameters
        ----------
        planned : collection of ArrayConfig
            Data that are not on the disk yet.
        """
        found: dict[str, Any] = {}
        for name, title in _SECTIONS.items():
            editor = self.part(name)
            try:
                for path, text in editor.errors().items():
                    return None, f"{path_label((name, *path))}: {text}"
                found[name] = editor.value()
            except CHECK_ERRORS as error:
                return None, f"{title}: {error}"
        if any(c in planned for c in configs_in(found["datasplit_config"])):
            return None, NOT_STORED
        repetition = self.part("repetition")
        seed = 0 if repetition.errors() else repetition.value()
        return SampleInputs(**found, seed=seed), ""

    def run_name(self) -> str:
        """Return what is entered as the name of the run."""
        return str(self.part("name").value()).strip()

    def task_word(self) -> str | None:
        """Return the kind of task that the user wants as `suggest` calls it.

        `None` if none is chosen, or that which is there was proposed and not changed.
        """
        task = self.part("task_config")
        chosen = getattr(task, "current", None)
        if not isinstance(chosen, ConfigEditor):
            return None
        if not task.errors() and task.value() == self._proposed_task:
            return None
        return class_slug(chosen.cls).removesuffix("_task")

    def show_proposal(self, run_config: RunConfig) -> None:
        """Show what was proposed; it is no wish of the user until it is changed."""
        held_out = not self.data.has_validation
        self.setValue(run_config)
        self._proposed_task = run_config.task_config
        self.data.note_proposal(held_out=held_out)

    def _on_classes_changed(self, names: list[str]) -> None:
        """Let the task find the classes that the labels are grouped into."""
        channels = self.editor_at(("task_config", "channels"))
        if channels is not None and names:
            channels.setValue(names)


def _position(order: list[str], path: FieldPath) -> int:
    return order.index(path[0]) if path and path[0] in order else len(order)
