"""The validation scores as a Qt table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt
from qtpy.QtGui import QFont

from .score_filter import ScoreFilter
from .scores import ScoreRow, ScoreTable, describe

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIXED = ("run", "iteration", "dataset", "parameters")
RUN_COLUMN = _FIXED.index("run")
ITERATION_COLUMN = _FIXED.index("iteration")
DATASET_COLUMN = _FIXED.index("dataset")
#: what cells are sorted by
SORT_ROLE = Qt.ItemDataRole.UserRole
#: whether a cell is the best of its dataset by its criterion
BEST_ROLE = Qt.ItemDataRole.UserRole + 1
BEST_MARK = "★"


class ScoreItemModel(QAbstractTableModel):
    """One row per post-processing result, one column per criterion.

    The best value per dataset and criterion is marked, in the criterion's own
    direction; NaN is shown as n/a and never best.
    """

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._table = ScoreTable({})
        self._criteria: list[str] = []
        self._rows: list[ScoreRow] = []
        self._numbers: dict[Any, int] = {}
        self._best: set[tuple[Any, str]] = set()

    def set_table(self, table: ScoreTable, criteria: Iterable[str]) -> None:
        """Show `criteria` of `table`, instead of what was shown before."""
        self.beginResetModel()
        self._table = table
        self._criteria = [name for name in criteria if name in table.criteria]
        self._rows = table.rows
        self._numbers = {row.identity: i for i, row in enumerate(self._rows)}
        self._best = table.best_cells(self._criteria)
        self.endResetModel()

    def row_at(self, index: QModelIndex) -> ScoreRow | None:
        """Return the scores in the row of `index`."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, row: ScoreRow) -> QModelIndex:
        """Return the index of the row like `row`, invalid if there is none."""
        number = self._numbers.get(row.identity)
        return QModelIndex() if number is None else self.index(number, 0)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        inside = parent is not None and parent.isValid()
        return 0 if inside else len(_FIXED) + len(self._criteria)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        criterion = self._criterion(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return _heading(criterion or _FIXED[section])
        if role == Qt.ItemDataRole.ToolTipRole and criterion is not None:
            known = self._table.criteria[criterion]
            better = "Higher" if known.higher_is_better else "Lower"
            return f"<qt>{known.help_text} {better} is better.</qt>"
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index)
        if row is None:
            return None
        criterion = self._criterion(index.column())
        if criterion is None:
            return _fixed_data(row, _FIXED[index.column()], role)
        return self._score_data(row, criterion, role)

    def _criterion(self, column: int) -> str | None:
        number = column - len(_FIXED)
        return self._criteria[number] if number >= 0 else None

    def _score_data(self, row: ScoreRow, criterion: str, role: int) -> Any:
        value = row.value(criterion)
        best = (row.identity, criterion) in self._best
        if role == Qt.ItemDataRole.DisplayRole:
            text = "n/a" if math.isnan(value) else f"{value:.4g}"
            return f"{text} {BEST_MARK}" if best else text
        if role == SORT_ROLE:
            return value
        if role == BEST_ROLE:
            return best
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and best:
            font = QFont()
            font.setBold(True)
            return font
        return None


def _heading(name: str) -> str:
    """Return the name of a column, a class and its criterion below one another."""
    return name.replace("__", "\n")


class ScoreSortModel(QSortFilterProxyModel):
    """Sorts by value, with undefined scores last in either order, and filters."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._filter = ScoreFilter()
        self.setSortRole(SORT_ROLE)

    def set_filter(self, score_filter: ScoreFilter) -> None:
        """Show the rows that `score_filter` matches."""
        self._filter = score_filter
        self.invalidateFilter()

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        items: ScoreItemModel = self.sourceModel()
        row = items.row_at(items.index(source_row, 0, source_parent))
        return row is not None and self._filter.matches(row)

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:
        a, b = left.data(SORT_ROLE), right.data(SORT_ROLE)
        if _is_nan(a) or _is_nan(b):
            descending = self.sortOrder() == Qt.SortOrder.DescendingOrder
            return _is_nan(a) == descending and _is_nan(a) != _is_nan(b)
        return bool(a < b)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _fixed_data(row: ScoreRow, name: str, role: int) -> Any:
    shown = describe(row.parameters) if name == "parameters" else getattr(row, name)
    if role == Qt.ItemDataRole.DisplayRole:
        return str(shown)
    if role == SORT_ROLE:
        return row.parameters.id if name == "parameters" else shown
    if role == Qt.ItemDataRole.ToolTipRole and name == "parameters":
        return str(row.parameters)
    return None
