"""Choosing the data of an experiment: an editor of the data split of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dacapo.datasplits import DataSplitConfig, TrainValidateDataSplitConfig
from napari_dacapo.errors import ConfigError

from ._box_splits import rows_without
from ._boxes import DrawnBoxes
from ._experiment_pair import PairEditor
from ._experiment_splits import (
    classes_of,
    datasplit_of,
    pairs_of,
    regrouped,
    replaced,
    uses_of,
)
from .forms._collection_editors import ListEditor, TupleEditor
from .forms._editor import Editor, Errors, FieldContext, FieldPath
from .forms._field_box import FieldBox
from .forms._labels import heading_label
from .forms._notation import read_int, write_number
from .forms._table import make_editor
from .forms._text_editors import ItemsEditor, TextEditor
from .forms._words import field_tooltip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.arrays import ArrayConfig

    from ._experiment_choices import DataChoices
    from ._experiment_splits import Classes, Pair

#: where the parts of a data split are shown
_PLACES = {"train_configs": "train", "validate_configs": "validate"}
_PARTS = {"raw_config": "raw", "gt_config": "labels", "mask_config": "labels"}
_FIELDS = attrs.fields_dict(TrainValidateDataSplitConfig)
#: headings of the choices, and what they are about
_HEADINGS = {
    "train": ("Train on", _FIELDS["train_configs"].metadata["help_text"]),
    "validate": ("Validate on", _FIELDS["validate_configs"].metadata["help_text"]),
    "classes": (
        "Classes",
        "The kinds of objects to find: a name, and the labels that belong to it (none: "
        "every label except 0). Without any class the labels are used as they are, "
        "each one an object.",
    ),
}
#: what stands there before anything is known
_DEFAULT_CLASSES: Classes = [("foreground", [])]


class DataEditor(Editor):
    """Edits a data split: by choosing layers and files, or every field of it.

    A data split that was set (proposed, or read from a file) is kept as it is until
    other data are chosen; it may resample or crop, which the choices do not show.

    Parameters
    ----------
    choices : DataChoices
        What can be chosen.
    """

    full_width = True

    #: emitted when the user asks to fill everything in from the data
    suggestionWanted = Signal()
    #: emits the names of the classes after they were edited
    classesChanged = Signal(object)

    def __init__(self, choices: DataChoices) -> None:
        super().__init__()
        self._choices = choices
        self._datasplit: DataSplitConfig | None = None
        self._setting = False
        self._expert: Editor | None = None
        self.train = ListEditor(lambda: PairEditor(choices))
        self.validate = ListEditor(lambda: PairEditor(choices))
        self.classes = ListEditor(_make_class_editor)
        self.drawn = DrawnBoxes(choices, choices.viewer)
        self._boxes = {
            "train": FieldBox(self.train),
            "validate": FieldBox(self.validate),
            "classes": FieldBox(self.classes),
        }
        self.suggest_button = QPushButton("Suggest from data")
        self.suggest_button.setToolTip(
            "<qt>Look at the data and fill in everything below, with reasons.</qt>"
        )
        self._hidden_parts = QLabel(
            "This data split has parts that only the expert view shows."
        )
        self._hidden_parts.setWordWrap(True)
        self._hidden_parts.hide()
        self._simple = QWidget()
        self._lay_out()
        self.setFocusProxy(self.train)
        self._proposed_classes: Classes = _DEFAULT_CLASSES
        self._held_out: list[Pair] | None = None
        self._set_rows([(None, None)], [], _DEFAULT_CLASSES)

        self.train.valueChanged.connect(self._on_data_chosen)
        self.validate.valueChanged.connect(self._on_data_chosen)
        self.classes.valueChanged.connect(self._on_classes_changed)
        self.drawn.changed.connect(self.valueChanged)
        self.suggest_button.clicked.connect(self.suggestionWanted)

    def _lay_out(self) -> None:
        simple = QVBoxLayout(self._simple)
        simple.setContentsMargins(0, 0, 0, 0)
        simple.setSpacing(3)
        simple.addWidget(self._hidden_parts)
        for key, box in self._boxes.items():
            title, help_text = _HEADINGS[key]
            heading = heading_label(title)
            for widget in (heading, box):
                widget.setToolTip(field_tooltip({"help_text": help_text}))
            simple.addWidget(heading)
            simple.addWidget(box)
            simple.addWidget(box.reasons)
            if key == "validate":
                simple.addWidget(heading_label("Boxes"))
                simple.addWidget(self.drawn)
        simple.addSpacing(4)
        simple.addWidget(self.suggest_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._simple)

    @property
    def is_expert(self) -> bool:
        """Whether every field of the data split is shown."""
        return self._expert is not None and not self._expert.isHidden()

    def set_expert(self, on: bool) -> None:
        """Show every field of the data split, or only the choices."""
        if on == self.is_expert:
            return
        errors = self.errors()
        value = None if errors else self.value()
        if self._expert is None:
            self._expert = make_editor(DataSplitConfig, FieldContext())
            self._expert.valueChanged.connect(self.valueChanged)
            layout = self.layout()
            if layout is not None:
                layout.addWidget(self._expert)
        self._simple.setVisible(not on)
        self._expert.setVisible(on)
        if value is not None:
            self.setValue(value)
        self.valueChanged.emit()

    def pairs(self) -> tuple[list[Pair], list[Pair]]:
        """Return the configs of raw data and labels to train and to validate on.

        Labels are cropped to the boxes that are drawn on them. Volumes of which a
        proposal held out a part, to validate on, are not chosen by the user.
        """
        validate = self.validate.value() if self.has_validation else []
        return self.drawn.split(self.train.value(), validate)

    @property
    def has_validation(self) -> bool:
        """Whether the user has chosen volumes to validate on."""
        return len(self.validate.items) > 0 and (
            bool(self.validate.errors()) or self.validate.value() != self._held_out
        )

    def wanted_classes(self) -> Classes | None:
        """Return the classes, or `None` if the user has not changed any.

        Raises
        ------
        ValueError
            If what was entered is wrong.
        """
        classes: Classes = self.classes.value()
        return None if classes == self._proposed_classes else classes

    def note_proposal(self, *, held_out: bool) -> None:
        """Take note that what is there was proposed.

        Parameters
        ----------
        held_out : bool
            Whether the volumes to validate on were proposed, too.
        """
        self._held_out = self.validate.value() if held_out else None
        self._proposed_classes = self.classes.value()

    def value(self) -> DataSplitConfig:
        if self.is_expert and self._expert is not None:
            datasplit: DataSplitConfig = self._expert.value()
            return datasplit
        if self._datasplit is not None:
            return self.drawn.applied(self._datasplit)
        train, validate = self.train.value(), self.validate.value()
        if not train:
            raise ConfigError("train: add a volume to learn from")
        chosen = datasplit_of(train, validate, self.classes.value())
        return self.drawn.applied(chosen)

    def setValue(self, value: Any) -> None:
        if self.is_expert and self._expert is not None:
            self._expert.setValue(value)
        pairs = pairs_of(value)
        self._hidden_parts.setVisible(pairs is None)
        if pairs is not None:
            drawn = self.drawn.read(value, pairs[0])
            pairs, uses = rows_without(pairs, uses_of(value), drawn)
            self._set_rows(*pairs, classes_of(value))
            self._show_uses(*uses)
        self._datasplit = value
        self._tell_drawn()
        self.valueChanged.emit()

    def _set_rows(
        self, train: Sequence[Pair], validate: Sequence[Pair], classes: Classes
    ) -> None:
        self._setting = True
        try:
            self.train.setValue(train)
            self.validate.setValue(validate)
            self.classes.setValue(classes)
        finally:
            self._setting = False

    def _show_uses(
        self, train: Sequence[Any] = (), validate: Sequence[Any] = ()
    ) -> None:
        for chosen, uses in ((self.train, train), (self.validate, validate)):
            for index, item in enumerate(chosen.items):
                texts = uses[index] if index < len(uses) else ("", "")
                for box, text in zip(item.editor.boxes().values(), texts, strict=True):
                    box.reasons.show_text("use", text)

    def settle(self, stored: Sequence[tuple[ArrayConfig, ArrayConfig]]) -> None:
        """Use what layers were stored as: (config before, config now)."""
        self._choices.settle(stored)
        if self._datasplit is not None:
            self._datasplit = replaced(self._datasplit, stored)
        self._held_out = replaced(self._held_out, stored)
        if self.is_expert and self._expert is not None and not self._expert.errors():
            self._expert.setValue(replaced(self._expert.value(), stored))
        self.drawn.settle(stored)

    def _tell_drawn(self) -> None:
        editors = [item.editor for item in self.train.items]
        pairs = [editor.value() for editor in editors if not editor.errors()]
        classes = [] if self.classes.errors() else self.classes.value()
        self.drawn.set_rows(pairs, classes)

    def _on_data_chosen(self) -> None:
        if not self._setting:
            self._datasplit = None
            self._hidden_parts.hide()
            self._show_uses()
            self._tell_drawn()
            self.valueChanged.emit()

    def _on_classes_changed(self) -> None:
        if self._setting:
            return
        if not self.classes.errors():
            classes = self.classes.value()
            if isinstance(self._datasplit, TrainValidateDataSplitConfig):
                self._datasplit = regrouped(self._datasplit, classes)
            self.classesChanged.emit([name for name, _ in classes])
            self._tell_drawn()
        self.valueChanged.emit()

    def boxes(self) -> dict[str, FieldBox]:
        if self.is_expert and self._expert is not None:
            return self._expert.boxes()
        return self._boxes

    def errors(self) -> Errors:
        if self.is_expert and self._expert is not None:
            return self._expert.errors()
        if self._datasplit is None:
            return super().errors()
        wrong = self.classes.errors()
        found = {("classes", *path): text for path, text in wrong.items()}
        return found or self.own_errors()

    def display(self, errors: Errors, *, everything: bool = False) -> None:
        if self.is_expert and self._expert is not None:
            self._expert.display(errors, everything=everything)
        else:
            super().display(errors, everything=everything)

    def resolve(self, path: FieldPath) -> FieldPath | None:
        if self.is_expert and self._expert is not None:
            return self._expert.resolve(path)
        if not path:
            return path
        steps = [_PLACES.get(path[0], path[0]), *path[1:2]]
        steps += [_PARTS[part] for part in path[2:3] if part in _PARTS]
        return super().resolve(tuple(steps))


def _make_class_editor() -> Editor:
    name = TextEditor(placeholder="name")
    ids = ItemsEditor(read_int, write_number, placeholder="all labels")
    return TupleEditor([name, ids])
