"""Sliders and editors generated from every class of parameters."""

from __future__ import annotations

import attrs
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from napari_dacapo._registry import concrete_classes
from napari_dacapo.gui.views.parameter_panel import ParameterPanel
from napari_dacapo.tasks.post_processors import (
    DummyPostProcessorParameters,
    PostProcessorParameters,
    ThresholdPostProcessorParameters,
    WatershedPostProcessorParameters,
)


@pytest.fixture
def panel(qtbot):
    panel = ParameterPanel()
    qtbot.addWidget(panel)
    return panel


@pytest.mark.parametrize(
    "cls", concrete_classes(PostProcessorParameters), ids=lambda cls: cls.__name__
)
def test_every_class_of_parameters_can_be_edited_and_round_trips(panel, cls):
    required = {"min_size": 2} if cls is DummyPostProcessorParameters else {}
    value = cls(id=3, **required)
    panel.setValue(value)
    assert panel.value() == value
    assert set(panel.editors) == {f.name for f in attrs.fields(cls)} - {"id"}
    for editor in panel.editors.values():
        assert isinstance(editor, QWidget)
        assert len(editor.toolTip()) > 20


def test_another_class_makes_other_editors(panel):
    panel.setValue(ThresholdPostProcessorParameters(0, 12))
    panel.setValue(WatershedPostProcessorParameters(1, bias=0.25))
    fields = attrs.fields(WatershedPostProcessorParameters)
    assert set(panel.editors) == {field.name for field in fields} - {"id"}
    assert panel.value().bias == 0.25


def test_moving_a_slider_is_told_at_once_and_its_release_as_well(panel, qtbot):
    panel.setValue(ThresholdPostProcessorParameters(0, 12))
    with qtbot.waitSignal(panel.valueChanged):
        panel.editors["threshold"].setValue(44)
    assert panel.value().threshold == 44
    with qtbot.waitSignal(panel.released):
        panel.editors["threshold"].sliderReleased.emit()


def test_without_parameters_there_is_no_value(panel):
    with pytest.raises(ValueError, match="no parameters"):
        panel.value()


def test_keys_move_a_slider_and_stop_at_its_ends(panel):
    panel.setValue(ThresholdPostProcessorParameters(0, 100))
    slider = panel.editors["threshold"]
    for key, value in (
        ("Right", 101),
        ("Down", 100),
        ("PageUp", 110),
        ("End", 255),
        ("Up", 255),
        ("Home", 0),
        ("PageDown", 0),
    ):
        QTest.keyClick(slider.focusProxy(), getattr(Qt.Key, f"Key_{key}"))
        assert slider.value() == value, key
