"""The settings of a prediction: run, weights, volume, region and output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Shapes
from qtpy.QtCore import QSignalBlocker, Signal, Slot
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QWidget,
)

from napari_dacapo.errors import DaCapoError, DataError

from . import _predict_work as work
from ._camera import region_of_shapes, visible_region
from ._experiment_choices import DataChoices
from ._experiment_pair import SourceEditor
from ._latest import Latest
from ._napari_events import EventRelay
from .forms._choice_editors import PathEditor, compact_combo
from .forms._editor import Editor, fill, ignore_wheel
from .forms._field_box import FieldBox
from .forms._theme import ErrorStyle
from .views.run_picker import RunPicker

if TYPE_CHECKING:
    from pathlib import Path

    from ._predict_work import Complaint, Request, Weights
    from ._regions import Region
    from ._session import Session

WHOLE, VIEW = "Whole volume", "Current view"
#: as in `napari_dacapo.runs.predict`
DTYPES = ("uint8", "float16", "float32")


class RegionEditor(Editor):
    """Chooses the part of a volume: all, the view, or boxes drawn in a Shapes layer.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose camera and layers count.
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self.combo = compact_combo()
        self.combo.setToolTip(
            "<qt>What to predict. “Current view” is the plane on the screen. Boxes of "
            "a Shapes layer (the selected ones, or all) reach through the whole depth "
            "unless they have a depth themselves.</qt>"
        )
        fill(self, self.combo)
        self._offer()
        self.combo.currentIndexChanged.connect(lambda _: self.valueChanged.emit())
        events = viewer.layers.events
        relay = EventRelay((events.inserted, events.removed), self)
        relay.happened.connect(self._offer)

    def value(self) -> Region | None:
        text = self.combo.currentText()
        if self.combo.currentIndex() <= 0:
            return None
        if text == VIEW:
            return visible_region(self._viewer)
        region = region_of_shapes(self._viewer.layers[text])
        if region is None:
            raise DataError(f"layer {text!r} has no shape yet; draw a box")
        return region

    def setValue(self, value: Any) -> None:
        self.combo.setCurrentIndex(max(0, self.combo.findText(str(value))))

    @Slot()
    def _offer(self) -> None:
        before = self.combo.currentText()
        shapes = [la.name for la in self._viewer.layers if isinstance(la, Shapes)]
        with QSignalBlocker(self.combo):
            self.combo.clear()
            self.combo.addItems([WHOLE, VIEW, *shapes])
            self.combo.setCurrentIndex(max(0, self.combo.findText(before)))


class OutputEditor(PathEditor):
    """A folder or container, or nothing for the project's own folder."""

    def __init__(self) -> None:
        super().__init__("directory")
        self.line.setPlaceholderText("in the project")
        self.setToolTip(
            "<qt>A name that ends in .zarr, or a folder in which such a container is "
            "made; empty: the folder “predictions” of the project.</qt>"
        )

    def value(self) -> Path | None:
        return super().value() if self.line.text().strip() else None


class PredictForm(QWidget):
    """Asks for everything that a prediction needs.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers and camera are offered.
    session : Session
        Project and run.
    """

    changed = Signal()

    def __init__(self, viewer: Any, session: Session) -> None:
        super().__init__()
        self._session = session
        self._weights: list[Weights] = []
        self.choices = DataChoices(viewer, session, self)
        self.run_picker = RunPicker(session)
        self.weights = QComboBox()
        ignore_wheel(self.weights)
        self.volume = SourceEditor(self.choices, labels=False)
        self.region = RegionEditor(viewer)
        self.output = OutputEditor()
        self.dtype = compact_combo()
        self.pad = QCheckBox("up to the border")
        self.boxes = {
            "volume": FieldBox(self.volume),
            "region": FieldBox(self.region),
            "output": FieldBox(self.output),
        }
        self._lister = Latest("list the weights", self)
        self._style = ErrorStyle(self)
        self._decorate()
        self._lay_out()
        self._connect()
        self.reload()

    def _decorate(self) -> None:
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.weights.setSizeAdjustPolicy(policy)
        self.weights.setMinimumContentsLength(14)
        self.weights.setToolTip(
            "Which stored weights to predict with: the best of a validation, or any."
        )
        self.volume.setToolTip(
            "<qt>What to predict: a layer, or a file by the button beside.</qt>"
        )
        self.dtype.addItems(DTYPES)
        self.dtype.setToolTip(
            "<qt>The type of the stored prediction: uint8 is small and good enough for "
            "post-processing, float32 is exact.</qt>"
        )
        self.pad.setToolTip(
            "<qt>Also predict where the network would look beyond the border of the "
            "volume; it sees zeros there.</qt>"
        )

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        last = QHBoxLayout()
        last.addWidget(self.dtype, 1)
        last.addWidget(self.pad)
        rows: dict[str, Any] = {
            "Run": self.run_picker,
            "Weights": self.weights,
            "Volume": self.boxes["volume"],
            "Region": self.boxes["region"],
            "Output": self.boxes["output"],
            "Stored as": last,
        }
        for text, content in rows.items():
            row = grid.rowCount()
            label = QLabel(text)
            grid.addWidget(label, row, 0)
            if isinstance(content, QHBoxLayout):
                grid.addLayout(content, row, 1)
                continue
            grid.addWidget(content, row, 1)
            if isinstance(content, FieldBox):
                label.setBuddy(content.editor.focus_target())
                content.editor.focus_target().setAccessibleName(text)
                grid.addWidget(content.reasons, row + 1, 1)
            else:
                label.setBuddy(content)

    def _connect(self) -> None:
        self._lister.done.connect(self._on_listed)
        self._session.run_name_changed.connect(self.reload)
        self._session.monitor.run_changed.connect(self.reload)
        self.weights.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.volume.described.connect(self._on_described)
        for box in self.boxes.values():
            box.editor.valueChanged.connect(self._on_edited)

    @Slot()
    def reload(self, *_: Any) -> None:
        """List the weights of the run again, in a worker."""
        session = self._session
        self._lister.submit(work.list_weights, session.project_folder, session.run_name)

    @Slot(object)
    def _on_listed(self, listed: tuple[str, list[Weights]]) -> None:
        run, weights = listed
        if run != self._session.run_name:
            return
        before = self.weights.currentText()
        self._weights = weights
        with QSignalBlocker(self.weights):
            self.weights.clear()
            for each in weights:
                number = f"iteration {each.iteration:,}"
                self.weights.addItem(f"{each.text}, {number}" if each.text else number)
            self.weights.setCurrentIndex(max(0, self.weights.findText(before)))
        self.changed.emit()

    @Slot(str)
    def _on_described(self, text: str) -> None:
        self.boxes["volume"].reasons.show_text("info", text)

    @Slot()
    def _on_edited(self) -> None:
        for box in self.boxes.values():
            box.display({})
        self.changed.emit()

    def show_complaint(self, complaint: Complaint) -> None:
        """Show what is wrong at its field, until that is changed."""
        self.boxes[complaint.field].display({(): complaint.text}, everything=True)

    def missing(self) -> str:
        """Return what has to be chosen before a prediction can begin."""
        if not self._session.run_name:
            return "Choose a run that was trained."
        if not self._weights:
            return "This run has no stored weights yet; train it first."
        try:
            self.volume.value()
        except DaCapoError as error:
            return f"Volume: {error}"
        return ""

    def request(self) -> Request:
        """Return what is asked for.

        Raises
        ------
        DataError
            If the layer cannot be used, or no box is drawn.
        """
        config = self.volume.value()
        return work.Request(
            run=self._session.run_name,
            iteration=self._weights[self.weights.currentIndex()].iteration,
            config=config,
            contents=self.choices.contents_in(config),
            region=self.region.value(),
            dtype=self.dtype.currentText(),
            output=self.output.value(),
            pad=self.pad.isChecked(),
        )
