"""The errors of a segmentation as a Qt table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from napari_dacapo.tasks.evaluators import ObjectError, ObjectKind

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADINGS = ("error", "voxels", "overlap", "center in nm")
_HELP = (
    "What happened to the object.",
    "Size of the true object; of the invented one where there is none.",
    "Intersection over union with the object found in its place.",
    "Mean position of its voxels.",
)
WORDS = {
    ObjectKind.SPLIT: "split",
    ObjectKind.MERGED: "merged",
    ObjectKind.MISSED: "missed",
    ObjectKind.INVENTED: "invented",
    ObjectKind.MATCHED: "poor outline",
}


class ErrorItemModel(QAbstractTableModel):
    """One row per wrong object, in the order given, of one kind or all."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._errors: list[ObjectError] = []
        self._shown: list[ObjectError] = []
        self._channels: Sequence[str] = ()
        self._kind: ObjectKind | None = None

    @property
    def errors(self) -> list[ObjectError]:
        """All errors, also those of kinds that are not shown."""
        return self._errors

    def set_errors(
        self, errors: Sequence[ObjectError], channels: Sequence[str]
    ) -> None:
        """Show `errors`; the names of `channels` are told if there are several."""
        self._errors = list(errors)
        self._channels = channels if len(channels) > 1 else ()
        self.set_kind(self._kind)

    def set_kind(self, kind: ObjectKind | None) -> None:
        """Show errors of `kind` only, or all."""
        self.beginResetModel()
        self._kind = kind
        self._shown = [e for e in self._errors if kind in (None, e.kind)]
        self.endResetModel()

    def error_at(self, index: QModelIndex) -> ObjectError | None:
        """Return the error in the row of `index`."""
        return self._shown[index.row()] if index.isValid() else None

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_HEADINGS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        return _HELP[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        error = self.error_at(index)
        if error is None or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self._words(error),
            f"{error.voxels:,}",
            f"{error.iou:.2f}",
            ", ".join(f"{value:.6g}" for value in error.center.as_floats()),
        )[index.column()]

    def _words(self, error: ObjectError) -> str:
        words = WORDS[error.kind]
        if self._channels:
            words = f"{self._channels[error.channel]}: {words}"
        return f"{words} ({error.label})" if error.label else words
