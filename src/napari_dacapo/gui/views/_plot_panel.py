"""What the plots with controls have in common: layout, criteria, points of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_dacapo.gui.forms._editor import ignore_wheel

from ._themed_plot import ThemedPlot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from napari_dacapo.gui._theme import PlotColours
    from napari_dacapo.gui.models import ScoreRow, ScoreTable

#: letters of a criterion's name that are always seen
SHOWN_LETTERS = 14
#: room beside the longest name in the list, in pixels
MARGIN = 24


class PlotPanel(QWidget):
    """A plot below a row of controls that ends in a read-out.

    Parameters
    ----------
    bottom, left : str
        Names of the axes.
    controls : sequence of QWidget
        What stands above the plot, from left to right.
    """

    def __init__(
        self,
        bottom: str,
        left: str,
        controls: Sequence[QWidget],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.plot_widget = ThemedPlot(bottom, left)
        self.read_out = QLabel()

        # long names under the mouse must not widen the dock
        self.read_out.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )
        self.read_out.setAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for control in controls:
            row.addWidget(control)
        row.addWidget(self.read_out, stretch=1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.plot_widget)


class CriterionChooser(QComboBox):
    """Chooses one criterion of a score table and explains it."""

    def __init__(self) -> None:
        super().__init__()
        self._table: ScoreTable | None = None
        ignore_wheel(self)
        # the longest of many names would widen the dock; the list shows them whole
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(SHOWN_LETTERS)
        self.setToolTip("Which validation score to show.")
        self.currentTextChanged.connect(self._explain)

    def set_table(self, table: ScoreTable | None) -> None:
        """Offer the criteria of `table`, the first of its main ones chosen."""
        self._table = table
        if table is None:
            return
        names = list(table.criteria)
        if names != [self.itemText(i) for i in range(self.count())]:
            self.clear()
            self.addItems(names)
            self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + MARGIN)
            self.setCurrentText(next(iter(table.main_criteria), ""))

    @property
    def name(self) -> str:
        """The chosen criterion, empty if there is none."""
        return str(self.currentText())

    def _explain(self, name: str) -> None:
        criterion = None if self._table is None else self._table.criteria.get(name)
        if criterion is not None:
            better = "higher" if criterion.higher_is_better else "lower"
            self.setToolTip(f"<qt>{criterion.help_text} Here {better} is better.</qt>")


class BestMark(pg.ScatterPlotItem):
    """Stars at the best scores."""

    def __init__(self) -> None:
        super().__init__(symbol="star", size=14)

    def set_colours(self, colours: PlotColours) -> None:
        """Follow a change of theme."""
        self.setBrush(colours.highlight)
        self.setPen(pg.mkPen(colours.text))


def score_points(
    rows: Iterable[ScoreRow], position: Callable[[ScoreRow], float], criterion: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and scores of `rows`, as a plot takes them.

    Nothing at all if no score is defined: a plot cannot find limits for that.
    """
    found = [(position(row), row.value(criterion)) for row in rows]
    points = np.array(found, dtype=float).reshape(-1, 2)
    if not np.isfinite(points[:, 1]).any():
        points = points[:0]
    return points[:, 0], points[:, 1]


def colour_score_curve(curve: pg.PlotDataItem, colours: PlotColours, nth: int) -> None:
    """Give the `nth` curve of scores its colour."""
    curve.setPen(pg.mkPen(colours.of(nth), width=2))
    curve.setSymbolBrush(colours.of(nth))
    curve.setSymbolPen(None)
