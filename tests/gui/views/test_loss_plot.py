"""The loss plot: persistent items, smoothing, log axis, read-out."""

from __future__ import annotations

import numpy as np
import pytest

from napari_dacapo.gui._theme import plot_colours
from napari_dacapo.gui.models import Curve
from napari_dacapo.gui.views.loss_plot import LossPlot


@pytest.fixture
def plot(qtbot):
    plot = LossPlot()
    plot.set_colours(plot_colours("dark"))
    plot.resize(500, 300)
    qtbot.addWidget(plot)
    plot.show()
    return plot


def curve_of(values):
    curve = Curve()
    curve.extend(np.arange(len(values)), values)
    return curve


def items(plot):
    return plot.plot_widget.plot.listDataItems()


def test_ten_thousand_updates_keep_the_items(plot):
    curve = Curve()
    plot.set_curve(curve)
    before = list(items(plot))
    all_before = len(plot.plot_widget.plot.items)
    for number in range(10_000):
        curve.extend([number], [1 / (1 + number)])
        if number % 10 == 0:
            plot.refresh()
    plot.refresh()
    assert items(plot) == before
    assert len(plot.plot_widget.plot.items) == all_before
    assert [len(item.xData) for item in items(plot)] == [10_000, 10_000]


def test_the_smoothed_curve_grows_as_if_computed_at_once(plot):
    values = np.random.default_rng(0).random(1000)
    curve = Curve()
    plot.set_curve(curve)
    for start in range(0, 1000, 70):
        x = np.arange(start, min(start + 70, 1000))
        curve.extend(x, values[x])
        plot.refresh()
    grown = items(plot)[1].yData.copy()
    plot.set_curve(curve_of(values))
    np.testing.assert_allclose(grown, items(plot)[1].yData)


def test_a_curve_that_was_cut_is_smoothed_anew(plot):
    curve = curve_of(np.ones(100))
    plot.set_curve(curve)
    curve.extend(np.arange(50, 120), np.zeros(70))
    plot.refresh()
    smoothed = items(plot)[1]
    assert len(smoothed.xData) == 120
    assert smoothed.yData[-1] < 0.1


def test_nan_leaves_a_gap_and_does_not_spoil_the_mean(plot):
    values = np.ones(50)
    values[10] = np.nan
    plot.set_curve(curve_of(values))
    assert np.isfinite(items(plot)[1].yData).all()
    assert len(items(plot)[1].yData) == 49


def test_losses_that_are_not_positive_are_left_out_of_the_log_axis(plot, qtbot):
    plot.set_curve(curve_of(np.array([1.0, 0.1, 0.0, -1.0, 0.01])))
    plot.log_scale.setChecked(True)
    qtbot.wait(50)
    plot.plot_widget.grab()
    raw = items(plot)[0]
    np.testing.assert_array_equal(
        np.isnan(raw.getOriginalDataset()[1]), [0, 0, 1, 1, 0]
    )
    plot.log_scale.setChecked(False)
    assert items(plot)[0].getOriginalDataset()[1][3] == -1


def test_other_runs_are_laid_over_and_taken_away(plot):
    plot.set_curve(curve_of(np.ones(10)))
    plot.set_overlays({"a": curve_of(np.ones(5)), "b": curve_of(np.zeros(5))})
    assert [item.name() for item in items(plot)] == ["loss", "smoothed", "a", "b"]
    plot.set_overlays({"b": curve_of(np.zeros(5))})
    assert [item.name() for item in items(plot)] == ["loss", "smoothed", "b"]


def test_read_out_and_picking(plot, qtbot):
    plot.set_curve(curve_of(np.linspace(1, 0.5, 11)))
    plot.plot_widget.hovered.emit(3.2)
    assert plot.read_out.text() == "iteration 3: 0.85"
    with qtbot.waitSignal(plot.iteration_picked) as picked:
        plot.plot_widget.picked.emit(7.8)
    assert picked.args == [8]


@pytest.mark.parametrize("theme", ["dark", "light", "system"])
def test_colours_are_legible_on_every_theme(plot, theme):
    colours = plot_colours(theme)
    plot.set_colours(colours)
    background = colours.background.lightness()
    for colour in (colours.text, *colours.series):
        assert abs(colour.lightness() - background) > 50


def test_of_a_long_run_only_what_can_be_seen_is_drawn(plot, qtbot):
    plot.resize(400, 200)
    plot.show()
    plot.set_curve(curve_of(np.random.default_rng(0).random(100_000)))
    qtbot.wait(50)
    for item in plot.plot_widget.plot.listDataItems():
        x, _ = item.getData()
        assert 0 < len(x) < 10_000
