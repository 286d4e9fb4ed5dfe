"""A line of text that filters a table of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal, Slot
from qtpy.QtWidgets import QLineEdit, QWidget

from napari_dacapo.gui.forms._theme import INVALID, ErrorStyle, mark
from napari_dacapo.gui.models.score_filter import ScoreFilter

if TYPE_CHECKING:
    from napari_dacapo.gui.models import ScoreTable

#: narrow enough for two controls in a row of a narrow dock, in pixels
_WIDTH = 150
_HELP = (
    "<qt>Show only rows with these words in run, dataset or parameters, and for which "
    "comparisons hold, such as <tt>dice &gt; 0.8 iteration &gt;= 1000</tt>.</qt>"
)


class ScoreFilterField(QLineEdit):
    """Edits a `ScoreFilter`; turns red and tells why while it is none.

    Signals
    -------
    filter_changed
        Emits the `ScoreFilter` whenever there is a new valid one.
    """

    filter_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table: ScoreTable | None = None
        self._filter = ScoreFilter()
        self.setPlaceholderText("filter: dice > 0.8")
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(_WIDTH)
        self.setToolTip(_HELP)
        ErrorStyle(self)
        self.textChanged.connect(self._parse)

    def set_table(self, table: ScoreTable) -> None:
        """Filter `table`, whose names may be compared."""
        self._table = table
        self._parse()

    @Slot()
    def _parse(self) -> None:
        try:
            found = self._parsed()
        except ValueError as error:
            mark(self, INVALID, on=True)
            self.setToolTip(f"<qt>{error}</qt>")
            return
        mark(self, INVALID, on=False)
        self.setToolTip(_HELP)
        if found != self._filter:
            self._filter = found
            self.filter_changed.emit(found)

    def _parsed(self) -> ScoreFilter:
        if self._table is None:
            return ScoreFilter()
        return ScoreFilter.parse(self.text(), self._table.criteria, self._table.rows)
