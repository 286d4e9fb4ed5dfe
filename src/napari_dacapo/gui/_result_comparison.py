"""Comparing two results: reads, shows and scores them, all in workers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Slot

from ._comparison_layers import COLOURS, ComparisonLayers
from ._latest import Latest
from .models import describe
from .models.comparison import (
    BOTH,
    ONLY_A,
    ONLY_B,
    Comparison,
    in_words,
    load_comparison,
)
from .views.comparison_panel import ComparisonPanel

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.tasks.evaluators import BlockScores, ScoreDifference

    from .models import ScoreRow

NO_TRUTH = "Without ground truth there is nothing to say which one is better."
TOO_LARGE = "These results are too large to show their difference at once. "


class ResultComparison(QObject):
    """Compares the results of two rows of the scores.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the difference is shown.

    Attributes
    ----------
    panel : ComparisonPanel
        What is said; hidden while nothing is compared.
    pair : (ScoreRow, ScoreRow) or None
        The rows that are compared; they name their runs.
    """

    def __init__(self, viewer: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.panel = ComparisonPanel()
        self.pair: tuple[ScoreRow, ScoreRow] | None = None
        self.layers = ComparisonLayers(viewer, self)
        self._comparison: Comparison | None = None
        self._scores: BlockScores | None = None
        self._cancelled = threading.Event()
        self._loader = Latest("compare results", self)
        self._scorer = Latest("score blocks", self)
        self._bootstrap = Latest("resample blocks", self)

        self.panel.hide()
        self.panel.criterion_chosen.connect(self._on_criterion)
        self.panel.blink_toggled.connect(self.layers.set_blinking)
        self.layers.blinked.connect(self.panel.show_blink)
        self._loader.done.connect(self._on_loaded)
        self._scorer.done.connect(self._on_scored)
        self._bootstrap.done.connect(self._on_resampled)
        for worker in (self._loader, self._scorer, self._bootstrap):
            worker.failed.connect(self.panel.tell)

    def compare(self, folder: Path, a: ScoreRow, b: ScoreRow) -> None:
        """Compare the results of two rows that name their runs."""
        self.close()
        self.pair = a, b
        self.panel.begin(f"A: {_title(a)}\nB: {_title(b)}")
        self.panel.show()
        self._loader.submit(_load, self.pair, folder)

    def close(self) -> None:
        """End the comparison and remove its layers."""
        self._cancelled.set()
        self.pair = self._comparison = self._scores = None
        self.layers.clear()
        self.panel.hide()

    @Slot(object)
    def _on_loaded(self, loaded: Any) -> None:
        pair, comparison = loaded
        if pair is not self.pair:
            return
        self._comparison = comparison
        self.layers.show(comparison)
        has_truth = comparison.truth is not None
        self.panel.offer(comparison.criteria if has_truth else ())
        if comparison.difference is not None:
            self.panel.set_legend(_legend(against_truth=has_truth))
        if not has_truth:
            self.panel.tell(NO_TRUTH)
            return
        large = "" if comparison.difference is not None else TOO_LARGE
        self.panel.tell(f"{large}Scoring blocks of the volume…")
        self._cancelled = threading.Event()
        self._scorer.submit(_score, comparison, self._cancelled)

    @Slot(object)
    def _on_scored(self, scored: Any) -> None:
        comparison, scores = scored
        if comparison is self._comparison:
            self._scores = scores
            self._on_criterion(self.panel.criterion.currentData())

    @Slot(str)
    def _on_criterion(self, criterion: str) -> None:
        if self._scores is not None:
            self._bootstrap.submit(_resample, self._scores, criterion)

    @Slot(object)
    def _on_resampled(self, resampled: Any) -> None:
        scores, criterion, found = resampled
        if scores is not self._scores or self._comparison is None:
            return
        known = self._comparison.criteria[criterion]
        words = in_words(found, criterion, higher_is_better=known.higher_is_better)
        self.panel.tell(f"{words} {self._comparison.note}".rstrip())


def _load(pair: tuple[ScoreRow, ScoreRow], folder: Path) -> tuple[Any, Comparison]:
    return pair, load_comparison(folder, *pair)


def _score(
    comparison: Comparison, cancelled: threading.Event
) -> tuple[Comparison, BlockScores]:
    return comparison, comparison.score_blocks(cancelled)


def _resample(
    scores: BlockScores, criterion: str
) -> tuple[BlockScores, str, ScoreDifference]:
    return scores, criterion, scores.difference(criterion)


def _title(row: ScoreRow) -> str:
    where = f"{row.run}, {row.dataset}, iteration {row.iteration:,}"
    return f"{where}, {describe(row.parameters)}"


def _legend(*, against_truth: bool) -> str:
    words = {BOTH: "in both", ONLY_A: "only in A", ONLY_B: "only in B"}
    entries = (
        f'<span style="color: {COLOURS[value]}">■</span> {text}'
        for value, text in words.items()
    )
    first = "Wrong" if against_truth else "Foreground"
    return "&nbsp;&nbsp; ".join([f"{first}:", *entries])
