"""The table of validation scores, as data and as Qt items."""

from __future__ import annotations

import csv
import math

import attrs
import pytest
from qtpy.QtCore import Qt

from napari_dacapo.gui.models import ScoreRow, ScoreTable, criteria_of, describe
from napari_dacapo.gui.models.score_items import (
    BEST_ROLE,
    ITERATION_COLUMN,
    ScoreItemModel,
    ScoreSortModel,
)
from napari_dacapo.tasks import (
    AffinitiesTaskConfig,
    DistanceTaskConfig,
    OneHotTaskConfig,
)
from napari_dacapo.tasks.evaluators.base import Criterion
from napari_dacapo.tasks.post_processors import (
    ThresholdPostProcessorParameters,
    WatershedPostProcessorParameters,
)

NAN = math.nan
CRITERIA = {
    "f1": Criterion("Overlap.", higher_is_better=True, store_best=True),
    "voi": Criterion("Errors.", higher_is_better=False, store_best=True),
    "speed": Criterion("How fast.", higher_is_better=True),
}


def threshold(number, value):
    return ThresholdPostProcessorParameters(number, value)


def row(iteration, value, f1, voi, dataset="crop", number=0):
    scores = {"f1": f1, "voi": voi, "speed": 1.0}
    return ScoreRow(iteration, dataset, threshold(number, value), scores)


ROWS = [
    row(10, 100, 0.5, 2.0),
    row(10, 127, NAN, 1.0, number=1),
    row(20, 100, 0.7, 3.0),
    row(20, 127, 0.7, NAN, number=1),
    row(20, 100, 0.1, 0.5, dataset="other"),
]


@pytest.fixture
def table():
    return ScoreTable(CRITERIA, ROWS)


def test_the_best_row_goes_by_the_direction_and_ignores_nan(table):
    assert table.best_row("f1") is ROWS[2], "of equal ones the first"
    assert table.best_row("voi") is ROWS[4]
    assert table.best_row("voi", ROWS[:4]) is ROWS[1]
    assert table.best_row("f1", [ROWS[1]]) is None


def test_the_best_cells_are_marked_per_dataset(table):
    assert table.best_cells(["f1", "voi"]) == {
        (ROWS[2].identity, "f1"),
        (ROWS[1].identity, "voi"),
        (ROWS[4].identity, "f1"),
        (ROWS[4].identity, "voi"),
    }


def test_a_curve_takes_the_best_parameters_of_each_iteration(table):
    assert table.curve("crop", "f1") == [ROWS[0], ROWS[2]]
    assert table.curve("crop", "voi") == [ROWS[1], ROWS[2]]


def test_scores_computed_again_replace_the_old_ones(table):
    table.add([row(10, 100, 0.9, 0.9)])
    assert len(table.rows) == len(ROWS)
    assert table.rows[0].value("f1") == 0.9


@pytest.mark.parametrize(("value", "nearest"), [(90, 100), (113, 100), (114, 127)])
def test_the_nearest_parameters_of_a_sweep(table, value, nearest):
    found = table.nearest(20, "crop", threshold(9, value))
    assert found.parameters.threshold == nearest


def test_nothing_is_nearest_where_nothing_was_scored(table):
    assert table.nearest(999, "crop", threshold(0, 100)) is None


def test_nearest_with_several_fields_counts_ranges_and_other_fields_last():
    sets = [
        WatershedPostProcessorParameters(id=0, bias=0.1),
        WatershedPostProcessorParameters(id=1, bias=0.5),
    ]
    rows = [ScoreRow(5, "crop", p, {"f1": 0.5}) for p in sets]
    table = ScoreTable(CRITERIA, rows)
    wanted = attrs.evolve(sets[0], id=7, bias=0.4)
    assert table.nearest(5, "crop", wanted) is rows[1]


def test_parameters_in_words():
    assert describe(threshold(3, 127.0)) == "threshold 127"
    assert describe(threshold(3, 4.25)) == "threshold 4.25"


def test_export_holds_every_row_parameter_and_criterion(table, tmp_path):
    path = tmp_path / "scores.csv"
    table.write_csv(path, "run 1")
    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(ROWS)
    assert found[1] == {
        "run": "run 1",
        "iteration": "10",
        "dataset": "crop",
        "id": "1",
        "threshold": "127",
        "f1": "nan",
        "voi": "1.0",
        "speed": "1.0",
    }


@pytest.fixture
def items(table, qapp):
    items = ScoreItemModel()
    items.set_table(table, ["f1", "voi"])
    return items


def column(model, number, role=Qt.ItemDataRole.DisplayRole):
    return [model.index(i, number).data(role) for i in range(model.rowCount())]


def test_the_item_model_keeps_qts_rules(items, qtmodeltester):
    qtmodeltester.check(items)


def test_cells_headings_and_marks(items):
    headings = [
        items.headerData(i, Qt.Orientation.Horizontal)
        for i in range(items.columnCount())
    ]
    assert headings == ["run", "iteration", "dataset", "parameters", "f1", "voi"]
    assert column(items, 3)[0] == "threshold 100"
    assert column(items, 4) == ["0.5", "n/a", "0.7 ★", "0.7", "0.1 ★"]
    assert column(items, 5, BEST_ROLE) == [False, True, False, False, True]
    tooltip = items.headerData(
        5, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    )
    assert "Errors. Lower is better" in tooltip


@pytest.mark.parametrize(
    "order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder]
)
def test_sorting_puts_undefined_scores_last(items, order):
    proxy = ScoreSortModel()
    proxy.setSourceModel(items)
    proxy.sort(5, order)
    values = [float(text.split()[0]) for text in column(proxy, 5) if text != "n/a"]
    assert values == sorted(values, reverse=order == Qt.SortOrder.DescendingOrder)
    assert column(proxy, 5)[-1] == "n/a"


def test_iterations_sort_as_numbers(items):
    items.set_table(
        ScoreTable(CRITERIA, [row(i, 100, 0.1, 1) for i in (100, 9, 20)]), ["f1"]
    )
    proxy = ScoreSortModel()
    proxy.setSourceModel(items)
    proxy.sort(ITERATION_COLUMN, Qt.SortOrder.AscendingOrder)
    assert column(proxy, ITERATION_COLUMN) == ["9", "20", "100"]


def test_rows_are_found_again_by_their_index(items):
    index = items.index_of(ROWS[3])
    assert items.row_at(index) is ROWS[3]
    assert not items.index_of(row(77, 100, 0, 0)).isValid()


@pytest.mark.parametrize(
    ("task", "first"),
    [
        (DistanceTaskConfig("d", ["mito"], 8.0, 8.0), "mito__f1_score"),
        (OneHotTaskConfig("o", ["background", "er"]), "er__f1_score"),
        (AffinitiesTaskConfig("a", [(0, 1)], detailed_scores=True), "voi"),
    ],
    ids=["distance", "one_hot", "affinities"],
)
def test_the_first_criterion_is_the_one_that_people_read(task, first):
    table = ScoreTable(criteria_of(task))
    assert table.main_criteria[0] == first
    kept = {name for name, known in table.criteria.items() if known.store_best}
    assert set(table.main_criteria) == kept
