"""`form.setValue(x); form.value() == x` for every config class there is."""

import numpy as np
import pytest
from examples import all_classes, golden_cases, invent
from qtpy.QtWidgets import QApplication, QScrollArea

from napari_dacapo._registry import Registered, lookup
from napari_dacapo.gui.forms import ConfigForm
from napari_dacapo.gui.forms._annotations import form_fields
from napari_dacapo.store.converter import from_doc, to_doc
from napari_dacapo.tasks.evaluators import EvaluationScores

#: pixels that forms are narrower inside another one
NESTED = 10


def root_of(cls):
    """Return the class below `Registered` from which `cls` descends."""
    return next(c for c in cls.__mro__ if Registered in c.__bases__)


def assert_kept(qtbot, example):
    form = ConfigForm(root_of(type(example)), verify=None)
    qtbot.addWidget(form)
    form.setValue(example)
    assert form.errors() == {}
    value = form.value()
    if isinstance(example, EvaluationScores):  # may be NaN, which equals nothing
        np.testing.assert_equal(to_doc(value), to_doc(example))
    else:
        assert value == example


@pytest.mark.parametrize("case", golden_cases(), ids=lambda case: case["id"])
def test_form_keeps_golden_configs_exactly(qtbot, case):
    assert_kept(qtbot, from_doc(case["doc"], lookup(case["root"])))


@pytest.mark.parametrize("cls", all_classes(), ids=lambda cls: cls.__name__)
def test_form_keeps_an_object_of_every_class(qtbot, cls):
    assert_kept(qtbot, invent(cls))


@pytest.mark.parametrize("cls", all_classes(), ids=lambda cls: cls.__name__)
def test_every_class_has_a_form_and_help_for_each_field(qtbot, cls):
    form = ConfigForm(cls, verify=None)
    qtbot.addWidget(form)
    form.show_errors()
    if issubclass(cls, EvaluationScores):
        return  # results, which nobody edits
    for field in form_fields(cls):
        assert field.metadata.get("help_text"), f"{cls.__name__}.{field.name}"


def test_all_forms_fit_into_a_dock(shown_viewer, qtbot):
    # napari's style, which makes some editors wider, holds in its window only
    area = QScrollArea()
    area.setWidgetResizable(True)
    shown_viewer.window.add_dock_widget(area, name="forms")
    too_wide = {}
    for cls in all_classes():
        form = ConfigForm(cls, invent(cls), verify=None)
        area.setWidget(form)
        QApplication.processEvents()
        width = form.minimumSizeHint().width()
        if width > form.minimumWidth() - NESTED:
            too_wide[cls.__name__] = width
    assert too_wide == {}
