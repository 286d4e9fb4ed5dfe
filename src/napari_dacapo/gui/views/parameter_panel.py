"""Sliders and editors for the parameters of a post-processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal, Slot
from qtpy.QtWidgets import QFormLayout, QSlider, QWidget
from superqt import QLabeledDoubleSlider, QLabeledSlider

from napari_dacapo.gui.forms._annotations import form_fields
from napari_dacapo.gui.forms._editor import FieldContext
from napari_dacapo.gui.forms._table import make_editor

from .slider_keys import SliderKeys

if TYPE_CHECKING:
    from napari_dacapo.gui.forms._annotations import FormField
    from napari_dacapo.tasks.post_processors import PostProcessorParameters

#: steps of a slider whose field does not say any
DEFAULT_STEPS = 100


class ParameterPanel(QWidget):
    """Edits one parameter set: sliders for bounded numbers, editors for the rest.

    Signals
    -------
    valueChanged
        After every change, also while a slider moves.
    released
        After a change that is final for the moment.
    """

    valueChanged = Signal()
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value: PostProcessorParameters | None = None
        self.editors: dict[str, Any] = {}
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)

    def value(self) -> PostProcessorParameters:
        """Return the parameters.

        Raises
        ------
        ValueError
            If the content of an editor is no value, or nothing was ever shown.
        """
        if self._value is None:
            raise ValueError("there are no parameters to edit")
        values = {name: editor.value() for name, editor in self.editors.items()}
        return type(self._value)(id=self._value.id, **values)

    def setValue(self, value: PostProcessorParameters) -> None:
        """Show `value`, making new editors if it is of another class."""
        changed = self._value is None or type(value) is not type(self._value)
        self._value = value
        if changed:
            self._make_editors(type(value))
        for name, editor in self.editors.items():
            blocker = QSignalBlocker(editor)
            editor.setValue(getattr(value, name))
            blocker.unblock()
        self.valueChanged.emit()

    def _make_editors(self, cls: type) -> None:
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self.editors = {}
        for field in form_fields(cls):
            if field.name == "id":
                continue
            editor = self._make_editor(field)
            unit = field.metadata.get("unit")
            label = f"{field.label} ({unit})" if unit else field.label
            editor.setToolTip(f"<qt>{field.metadata.get('help_text', '')}</qt>")
            self._layout.addRow(label, editor)
            self.editors[field.name] = editor

    def _make_editor(self, field: FormField) -> QWidget:
        editor: Any
        if _is_bounded_number(field):
            editor = _make_slider(field)
            editor.sliderReleased.connect(self._on_released)
            editor.editingFinished.connect(self._on_released)
        else:
            editor = make_editor(
                field.annotation, FieldContext(field.metadata, field.label)
            )
            editor.valueChanged.connect(self._on_released)
        editor.valueChanged.connect(self._on_changed)
        return editor

    @Slot()
    def _on_changed(self) -> None:
        self.valueChanged.emit()

    @Slot()
    def _on_released(self) -> None:
        self.released.emit()


def _is_bounded_number(field: FormField) -> bool:
    bounds = field.metadata.get("minimum"), field.metadata.get("maximum")
    return field.annotation in (int, float) and None not in bounds


def _make_slider(field: FormField) -> Any:
    low, high = field.metadata["minimum"], field.metadata["maximum"]
    whole = field.annotation is int
    kind = QLabeledSlider if whole else QLabeledDoubleSlider
    slider = kind(Qt.Orientation.Horizontal)
    inner = slider.findChild(QSlider)
    slider.setFocusProxy(inner)
    if not whole:
        SliderKeys(inner)
    slider.setRange(low, high)
    step = field.metadata.get("step") or (1 if whole else (high - low) / DEFAULT_STEPS)
    slider.setSingleStep(step)
    slider.setPageStep(10 * step)
    if not whole:
        slider.setDecimals(0 if step >= 1 else 2 if step >= 0.01 else 4)
    return slider
