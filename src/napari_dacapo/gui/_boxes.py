"""Boxes drawn on the volumes of an experiment, and the data split that follows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QSignalBlocker, Signal, Slot
from qtpy.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from napari_dacapo.arrays import Array, ArrayConfig, CropArrayConfig
from napari_dacapo.arraytypes import AnnotationArray, IntensitiesTypeArray
from napari_dacapo.datasplits import (
    DataSplitConfig,
    TrainValidateDataSplitConfig,
)
from napari_dacapo.errors import DaCapoError
from napari_dacapo.geometry import Coordinate

from ._box_facts import Looked, grid_of, look
from ._box_layer import BoxLayer
from ._box_splits import boxes_of, is_drawn, with_boxes
from ._camera import fly_to
from ._experiment_splits import replaced
from ._latest import Latest
from ._layer_content import layer_content
from ._layers import find_layer, layer_key, show_array
from ._napari_status import show_error, show_info
from .forms._editor import ignore_wheel
from .models.box_set import BoxSet
from .models.boxes import Box, Grid, Use
from .views.box_list import BoxList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Layer

    from napari_dacapo.geometry import Roi

    from ._box_facts import Source
    from ._experiment_choices import DataChoices
    from ._experiment_splits import Classes, Pair


#: told when a place that was validated on is to be trained on
LEAKS = (
    "Box {number} was added to train on. It was validated on so far: take it out of "
    "what the next run is validated on, or its scores will flatter."
)


@attrs.define(eq=False)
class Volume:
    """A volume on which boxes are drawn.

    Attributes
    ----------
    pair : (ArrayConfig, ArrayConfig)
        Raw data and labels.
    boxes : tuple of Box
        The boxes, while another volume is shown.
    grid : Grid or None
        The voxels of the labels, once they were opened.
    """

    pair: tuple[ArrayConfig | None, ArrayConfig | None]
    boxes: tuple[Box, ...] = ()
    grid: Grid | None = None


@attrs.frozen(eq=False)
class _Opened:
    """The grid of a volume, and the arrays to show where there are no layers yet."""

    volume: Volume
    grid: Grid
    arrays: list[tuple[ArrayConfig, Array]]


class DrawnBoxes(QWidget):
    """Lets boxes be drawn on the volumes to train on.

    Parameters
    ----------
    choices : DataChoices
        Knows which data are layers.
    viewer : napari.Viewer
        Where the boxes are drawn.

    Signals
    -------
    changed
        Emitted when the data split becomes another one.
    """

    changed = Signal()

    def __init__(
        self, choices: DataChoices, viewer: Any, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._choices, self._viewer = choices, viewer
        self._rows: list[Pair] = []
        self._volumes: list[Volume] = []
        self._shown: Volume | None = None
        self._classes: Classes = []
        self._architecture: Any = None
        self._is_loading = False
        self.boxes = BoxSet(self)
        self.button = QPushButton("Draw boxes…")
        self.volume = QComboBox()
        ignore_wheel(self.volume)
        self.list = BoxList(self.boxes)
        self.drawing = BoxLayer(viewer, self.boxes, self)
        self._opener = Latest("open the labels", self)
        self._looker = Latest("look into the boxes", self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.button.setToolTip(
            "<qt>Say which parts of the volume to train on (green), to validate on "
            "(blue), and to ignore (grey), by boxes on a layer.</qt>"
        )
        self.volume.setToolTip("The volume that boxes are drawn on.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.button, self.volume, self.list):
            layout.addWidget(widget)
        self.volume.hide()
        self.list.hide()

    def _connect(self) -> None:
        self.button.clicked.connect(self.start)
        self.volume.activated.connect(self._on_volume_chosen)
        self.list.drawWanted.connect(self._on_draw)
        self.list.screenWanted.connect(self._on_box_screen)
        self.list.visitWanted.connect(partial(fly_to, self._viewer))
        self.boxes.changed.connect(self._on_boxes_changed)
        self._opener.done.connect(self._on_opened)
        self._looker.done.connect(self._on_looked)

    # what the data part asks and tells

    def set_rows(self, train: Sequence[Pair], classes: Classes) -> None:
        """Take note of the volumes that are chosen to train on, and of the classes."""
        self._rows = [pair for pair in train if None not in pair]
        self._volumes = [v for v in self._volumes if v.pair in self._rows]
        if self._shown is not None and self._shown not in self._volumes:
            self._show(None)
        if classes != self._classes:
            self._classes = list(classes)
            self._look()
        self._offer_volumes()
        self.button.setEnabled(bool(self._rows))

    def set_architecture(self, architecture: Any) -> None:
        """Take note of the network; `None` while it is not known."""
        if architecture != self._architecture:
            self._architecture = architecture
            self._look()

    def applied(self, datasplit: DataSplitConfig) -> DataSplitConfig:
        """Return `datasplit` with the volumes used as the boxes say.

        Raises
        ------
        ConfigError
            If there is nothing to train on.
        """
        for volume in self._volumes:
            boxes = self._boxes_of(volume)
            if volume.grid is not None and isinstance(
                datasplit, TrainValidateDataSplitConfig
            ):
                datasplit = with_boxes(datasplit, volume.pair, boxes, volume.grid)
        return datasplit

    def split(
        self, train: Sequence[Pair], validate: Sequence[Pair]
    ) -> tuple[list[Pair], list[Pair]]:
        """Return volumes to train and to validate on, cut where there are boxes."""
        found: dict[Use, list[Pair]] = {Use.TRAIN: [], Use.VALIDATE: list(validate)}
        for pair in train:
            volume = self._volume_of(pair)
            boxes = [] if volume is None else self._boxes_of(volume)
            raw, labels = pair
            cut = [b for b in boxes if b.use is not Use.IGNORE]
            for box in cut:
                if labels is not None:
                    crop = CropArrayConfig(f"{labels.name}_box", labels, box.roi)
                    found[box.use].append((raw, crop))
            found[Use.TRAIN] += [] if cut else [pair]
        return found[Use.TRAIN], found[Use.VALIDATE]

    def with_ignored(self, datasplit: Any) -> Any:
        """Return a data split made of what `split` returned, with masks."""
        for volume in self._volumes:
            ignored = [b for b in self._boxes_of(volume) if b.use is Use.IGNORE]
            if ignored and volume.grid is not None:
                boxes = [*boxes_of(datasplit, volume.pair), *ignored]
                datasplit = with_boxes(datasplit, volume.pair, boxes, volume.grid)
        return datasplit

    def read(self, datasplit: Any, pairs: Sequence[Pair]) -> list[Pair]:
        """Show the boxes of a data split; return the volumes that have some.

        Volumes on which boxes were being drawn, and those whose parts words cannot
        tell.
        """
        unique: list[Pair] = []
        for pair in pairs:
            if None not in pair and pair not in unique:
                unique.append(pair)
        before = self._volumes
        active = [v.pair for v in before]
        drawn = [p for p in unique if p in active or is_drawn(datasplit, p)]
        self._volumes = []
        for pair in drawn:
            old = next((v for v in before if v.pair == pair), None)
            grid = None if old is None else old.grid
            boxes = tuple(boxes_of(datasplit, pair))
            self._volumes.append(Volume(pair, boxes, grid))
        self._rows = unique
        first = next(iter(self._volumes), None)
        shown = self._shown and self._volume_of(self._shown.pair)
        self._show(shown or first)
        self._offer_volumes()
        return drawn

    def settle(self, stored: Sequence[tuple[ArrayConfig, ArrayConfig]]) -> None:
        """Use what layers were stored as: (config before, config now)."""
        self._rows = replaced(self._rows, stored)
        for volume in self._volumes:
            volume.pair = replaced(volume.pair, stored)

    # volumes

    def _volume_of(self, pair: Pair) -> Volume | None:
        return next((v for v in self._volumes if v.pair == pair), None)

    def _boxes_of(self, volume: Volume) -> tuple[Box, ...]:
        return self.boxes.boxes if volume is self._shown else volume.boxes

    def _offer_volumes(self) -> None:
        with QSignalBlocker(self.volume):
            self.volume.clear()
            self.volume.addItems([labels.name for _, labels in self._rows if labels])
            if self._shown is not None and self._shown.pair in self._rows:
                self.volume.setCurrentIndex(self._rows.index(self._shown.pair))
        self.volume.setVisible(len(self._rows) > 1)

    @Slot(int)
    def _on_volume_chosen(self, index: int) -> None:
        if self._shown is not None:
            self.start()

    @Slot()
    def start(self) -> None:
        """Let boxes be drawn on the chosen volume."""
        if not self._rows:
            show_error("Choose raw data and labels first; boxes are drawn on them.")
            return
        pair = self._rows[max(0, self.volume.currentIndex())]
        volume = self._volume_of(pair)
        if volume is None:
            volume = Volume(pair)
            self._volumes.append(volume)
        self._show(volume, with_layers=True)

    def _show(self, volume: Volume | None, *, with_layers: bool = False) -> None:
        if self._shown is not None and volume is not self._shown:
            self._shown.boxes = self.boxes.boxes
        if volume is not self._shown:
            self._shown = volume
            self._load(() if volume is None else volume.boxes)
        self.list.setVisible(volume is not None)
        self.button.setVisible(volume is None)
        self.list.set_grid(None if volume is None else volume.grid)
        if volume is not None and (with_layers or volume.grid is None):
            self._open(volume, with_layers=with_layers)
        else:
            self._look()

    def _load(self, boxes: Sequence[Box]) -> None:
        self._is_loading = True
        try:
            self.boxes.load(boxes)
        finally:
            self._is_loading = False

    def _source(self, volume: Volume) -> Source | None:
        """Return the labels as they are now: the layer, or the file."""
        labels = volume.pair[1]
        layer = None if labels is None else self._choices.layer_of(labels)
        if layer is None:
            return labels
        try:
            return layer_content(layer)
        except DaCapoError as error:
            show_error(str(error))
            return None

    def _open(self, volume: Volume, *, with_layers: bool) -> None:
        source = self._source(volume)
        if source is not None:
            missing = [
                config
                for config in volume.pair
                if with_layers and config and self._layer_of(config) is None
            ]
            self._opener.submit(_open, volume, source, missing)

    def _layer_of(self, config: ArrayConfig) -> Layer | None:
        layer = self._choices.layer_of(config)
        return layer or find_layer(self._viewer, layer_key(config))

    @Slot(object)
    def _on_opened(self, opened: _Opened) -> None:
        volume = opened.volume
        if volume is not self._shown:
            return
        for config, array in opened.arrays:
            is_raw = config == volume.pair[0]
            meaning = IntensitiesTypeArray() if is_raw else AnnotationArray()
            show_array(
                self._viewer, array, config.name, meaning=meaning, key=layer_key(config)
            )
        is_new, volume.grid = volume.grid is None, opened.grid
        self._snap(opened.grid)
        self.list.set_grid(opened.grid)
        labels = volume.pair[1]
        layer = None if labels is None else self._layer_of(labels)
        if layer is not None:
            self.drawing.show(layer, opened.grid)
            self._on_draw() if not self.boxes.boxes else None
        self._look()
        if is_new:
            self.changed.emit()

    def _snap(self, grid: Grid) -> None:
        """Move boxes from a file onto the voxels; those outside are left out."""
        snapped = [(b.use, grid.snapped(b.roi)) for b in self.boxes.boxes]
        boxes = tuple(Box(use, roi) for use, roi in snapped if roi is not None)
        if boxes != self.boxes.boxes:
            self._load(boxes)

    # boxes

    @Slot()
    def _on_draw(self) -> None:
        if self.drawing.layer is None:
            self.start()
        elif self._viewer.dims.ndisplay == 3:
            show_info("Boxes are drawn in 2D: switch the view back, then draw.")
        else:
            self.drawing.draw()

    @Slot()
    def _on_box_screen(self) -> None:
        if self.drawing.layer is None:
            self.start()
            return
        try:
            self.drawing.add_visible()
        except DaCapoError as error:
            show_error(str(error))

    @Slot(object)
    def add_place(self, roi: Roi) -> None:
        """Add a box to train on around `roi` (nm), where validation found an error.

        At least as large as what the network puts out. Nothing is taken out of the
        validation: what then clashes is red, and the user decides.
        """
        volume = self._shown
        if volume is None or volume.grid is None:
            show_error(
                "Choose the volume to train on in the Experiment dock, and press Draw "
                "boxes there; then add the error again."
            )
            return
        grid, reach = volume.grid, self.drawing.reach
        if reach is not None and reach.output.dims == roi.dims:
            least = [
                max(0, o - s) for o, s in zip(reach.output, roi.shape, strict=True)
            ]
            roi = roi.grow(Coordinate(least) / 2, Coordinate(least) / 2)
        found = grid.snapped(roi) if roi.dims == grid.roi.dims else None
        if found is None:
            show_error(
                f"The error at {roi} nm is not in the volume that boxes are drawn on, "
                f"which covers {grid.roi} nm; choose the other volume first."
            )
            return
        self.boxes.add(Box(Use.TRAIN, found))
        show_info(LEAKS.format(number=len(self.boxes.boxes)))

    @Slot()
    def _on_boxes_changed(self) -> None:
        if not self._is_loading:
            self._look()
            self.changed.emit()

    def _look(self) -> None:
        volume = self._shown
        if volume is None or volume.grid is None:
            return
        source = self._source(volume)
        if source is not None:
            places = [box.roi for box in self.boxes.boxes]
            self._looker.submit(
                look, source, volume.grid, places, self._classes, self._architecture
            )

    @Slot(object)
    def _on_looked(self, looked: Looked) -> None:
        self.list.show_facts(looked)
        self.drawing.reach = looked.reach
        self.drawing.refresh()


def _open(volume: Volume, source: Source, missing: Sequence[ArrayConfig]) -> _Opened:
    arrays = [(config, config.create_array()) for config in missing]
    return _Opened(volume, grid_of(source), arrays)
