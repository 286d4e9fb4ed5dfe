"""The dialog in which images of a container are ticked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from ._container_images import ContainerImage, Contents

_COLUMNS = ("Path", "Shows", "Voxels", "Type", "Voxel size (nm)", "Levels")
_TIMES = " \N{MULTIPLICATION SIGN} "
#: with more than these only the images are ticked to begin with
MANY = 8
#: empty boxes are hardly seen in napari's dark theme
_STYLE = """
QTreeView::indicator {
    width: 12px; height: 12px; border: 1px solid gray; border-radius: 2px;
}
QTreeView::indicator:checked { background: palette(highlight); }
"""


class ImageChooser(QDialog):
    """Lists the images and labels of a container with boxes to tick.

    Parameters
    ----------
    contents : Contents
        What is there.
    parent : QWidget, optional
        The parent.
    """

    def __init__(self, contents: Contents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images = contents.images
        self.list = QTreeWidget()
        self.list.setHeaderLabels(_COLUMNS)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setStyleSheet(_STYLE)
        few = len(self._images) <= MANY
        for image in self._images:
            row = QTreeWidgetItem(_cells(image))
            row.setToolTip(0, "\n".join((image.path, *image.levels[0].notes)))
            self.list.addTopLevelItem(row)
            _tick(row, on=few or not image.is_labels)
        header = self.list.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

        buttons = QDialogButtonBox()
        self.open_button = buttons.addButton(
            "Open", QDialogButtonBox.ButtonRole.AcceptRole
        )
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.all_button = _button(buttons, "All")
        self.none_button = _button(buttons, "None")

        self.setWindowTitle("Open with DaCapo")
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(f"What to open from {contents.container.name}:"))
        layout.addWidget(self.list)
        if contents.problems:
            layout.addWidget(_complaints(contents.problems))
        layout.addWidget(buttons)
        self.resize(860, 360)
        self.list.setFocus()

        self.list.itemChanged.connect(lambda *_: self._update())
        self.all_button.clicked.connect(lambda: self._tick_all(on=True))
        self.none_button.clicked.connect(lambda: self._tick_all(on=False))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._update()

    @property
    def chosen(self) -> list[ContainerImage]:
        """What is ticked."""
        return [
            image
            for row, image in enumerate(self._images)
            if self.list.topLevelItem(row).checkState(0) == Qt.CheckState.Checked
        ]

    def _tick_all(self, *, on: bool) -> None:
        for row in range(len(self._images)):
            _tick(self.list.topLevelItem(row), on=on)

    def _update(self) -> None:
        self.open_button.setEnabled(bool(self.chosen))


def _button(box: QDialogButtonBox, text: str) -> QPushButton:
    button: QPushButton = box.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
    button.setAutoDefault(False)
    return button


def _tick(row: QTreeWidgetItem, *, on: bool) -> None:
    row.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)


def _cells(image: ContainerImage) -> list[str]:
    finest = image.levels[0]
    size = finest.voxel_size
    is_known = size is not None and not finest.notes
    return [
        image.path or "(top level)",
        "labels" if image.is_labels else "image",
        f"{' '.join(finest.axes)}: {_TIMES.join(map(str, finest.shape))}",
        finest.dtype,
        _TIMES.join(map(str, size.to_plain())) if size and is_known else "not known",
        str(len(image.levels)),
    ]


def _complaints(problems: tuple[str, ...]) -> QLabel:
    label = QLabel("Not shown: " + "\n".join(problems))
    label.setWordWrap(True)
    return label
