import subprocess
import sys

import attrs
import pytest
from form_configs import Computed, Everything, Shape, full
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QScrollArea,
)

from napari_dacapo import _registry
from napari_dacapo.geometry import Coordinate
from napari_dacapo.gui.forms import ConfigForm
from napari_dacapo.trainers import TrainerConfig
from napari_dacapo.trainers.augments import AugmentConfig, SimpleAugmentConfig


@pytest.fixture
def make_form(qtbot):
    def make(cls, value=None, **keywords):
        form = ConfigForm(cls, value, **keywords)
        qtbot.addWidget(form)
        return form

    return make


def box(form, *path):
    return form.editor.box_at(path)


def type_text(form, text, *path):
    editor = form.editor.editor_at(path)
    target = editor.focus_target()
    line = target.lineEdit() if hasattr(target, "lineEdit") else target
    line.setText(text)


def test_shows_defaults_and_gives_them_back(make_form):
    form = make_form(Everything, verify=None)
    assert form.value() == Everything("everything")
    assert form.is_valid


def test_keeps_every_kind_of_value(make_form):
    form = make_form(Everything, verify=None)
    form.setValue(full())
    assert form.value() == full()
    form.setValue(Everything("again"))
    assert form.value() == Everything("again")


def test_one_signal_per_set_value(make_form, qtbot):
    form = make_form(Everything, verify=None)
    changes = []
    form.valueChanged.connect(lambda: changes.append(form.value()))
    form.setValue(full())
    assert changes == [full()]


def test_reasons_stand_under_the_field_while_typing(make_form):
    form = make_form(Shape, Shape(5), verify=None)
    for text, reason in [
        ("", "a whole number is required"),
        ("0", "0 is out of range; it must be at least 1 and at most 100"),
        ("4.5", "'4.5' is not a whole number"),
        ("5", ""),
    ]:
        type_text(form, text, "size")
        assert box(form, "size").error == reason
        assert form.errors() == ({"size": reason} if reason else {})
    type_text(form, "2, 3", "voxels")
    assert form.errors() == {"voxels": "must be even, got (2, 3)"}


def test_every_invalid_field_is_reported(make_form):
    form = make_form(Shape, Shape(5), verify=None)
    type_text(form, "x", "size")
    type_text(form, "-1", "rate")
    assert set(form.errors()) == {"size", "rate"}
    with pytest.raises(ValueError, match=r"^size: 'x' is not a whole number"):
        form.value()


def test_checks_across_fields_are_shown_at_the_field_they_name(make_form):
    form = make_form(Shape, Shape(5), verify=None)
    type_text(form, "7", "part")
    assert form.errors() == {"part": "must be below size 5"}
    assert box(form, "part").error == "must be below size 5"
    type_text(form, "8", "size")
    assert form.is_valid


def test_untouched_fields_stay_silent_until_asked(make_form):
    form = make_form(Shape, verify=None)
    type_text(form, "1e-3", "rate")
    assert form.errors() == {"size": "a whole number is required"}
    assert box(form, "size").error == ""
    form.show_errors()
    assert box(form, "size").error == "a whole number is required"


def test_verification_runs_in_the_background(make_form, qtbot):
    form = make_form(Everything)
    with qtbot.waitSignal(form.verified, timeout=5000):
        form.setValue(attrs.evolve(full(), text="slow"))
        assert form.is_valid, "not waited for"
        assert not form.is_verified
    assert form.errors() == {"text": "verified in the background"}
    assert box(form, "text").error == "verified in the background"
    with qtbot.waitSignal(form.verified, timeout=5000):
        type_text(form, "fine", "text")
    assert form.is_valid


def test_verification_finds_the_field_inside(make_form, qtbot):
    form = make_form(Everything)
    with qtbot.waitSignal(form.verified, timeout=5000):
        form.setValue(attrs.evolve(full(), shape=Shape(13)))
    assert form.errors() == {"shape.size": "unlucky"}
    with qtbot.waitSignal(form.verified, timeout=5000):
        form.setValue(attrs.evolve(full(), text="whole"))
    assert form.errors() == {"": "this does not fit together"}


def test_numbers_step_by_their_own_size_and_stay_in_range(make_form):
    form = make_form(Shape, Shape(99), verify=None)
    rate = form.editor.editor_at(("rate",)).box
    rate.stepBy(1)
    assert form.value().rate == 2e-4
    rate.stepBy(-2)
    assert form.value().rate == 0
    size = form.editor.editor_at(("size",)).box
    size.stepBy(5)
    assert form.value().size == 100


def wheel(widget):
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


def test_wheel_scrolls_the_form_and_changes_nothing(make_form):
    form = make_form(Everything, full(), verify=None)
    for widget in form.findChildren(QComboBox):
        wheel(widget)
    shape = make_form(Shape, Shape(5), verify=None)
    assert not wheel(shape.editor.editor_at(("size",)).box).isAccepted()
    assert form.value() == full()
    assert shape.value() == Shape(5)


def test_optional_keeps_none_and_what_was_typed(make_form):
    form = make_form(Everything, verify=None)
    editor = form.editor.editor_at(("number",))
    editor.check.setChecked(True)
    assert form.errors() == {"number": "a whole number is required"}
    type_text(form, "5", "number")
    assert form.value().number == 5
    editor.check.setChecked(False)
    assert form.value().number is None
    editor.check.setChecked(True)
    assert form.value().number == 5


def test_lists_add_remove_and_reorder(make_form):
    form = make_form(Everything, full(), verify=None)
    sizes = form.editor.editor_at(("sizes",))
    sizes.add_button.click()
    assert form.errors() == {"sizes.2": "numbers are required, for example 32, 64, 64"}
    type_text(form, "8 8", "sizes", "2")
    sizes.items[2].up.click()
    assert form.value().sizes == [(1, 2, 2), (8, 8), Coordinate(4.6, None)]
    sizes.items[0].down.click()
    sizes.items[2].remove.click()
    assert form.value().sizes == [(8, 8), (1, 2, 2)]
    assert not sizes.items[0].up.isEnabled()
    assert not sizes.items[1].down.isEnabled()


def test_errors_inside_dictionaries_are_found_by_key(make_form):
    form = make_form(Everything, full(), verify=None)
    located = form.editor.locate("by_name[c].size: too small")
    assert located == {("by_name", "1", "1", "size"): "too small"}
    by_name = form.editor.editor_at(("by_name",))
    by_name.items[0].editor._editors[0].setValue("c")
    assert "'c' occurs twice" in form.errors()["by_name"]


def test_fields_computed_by_the_class_can_be_left_out(make_form):
    form = make_form(Computed, verify=None)
    assert form.value() == Computed(2, 4)
    type_text(form, "5", "size")
    assert form.value() == Computed(5, 10)
    form.setValue(Computed(5, 3))
    assert form.value() == Computed(5, 3)


def test_unknown_class_of_a_field_is_kept(make_form):
    form = make_form(Everything, full(), verify=None)
    assert form.value().foreign == 2j


def test_notes_disappear_when_the_field_is_edited(make_form):
    form = make_form(Everything, full(), verify=None)
    form.set_notes({"shape.size": "why", "sizes[0]": "first", "nothing": "lost"})
    assert box(form, "shape", "size").note == "why"
    assert box(form, "sizes", "0").note == "first"
    type_text(form, "8", "shape", "size")
    assert box(form, "shape", "size").note == ""


def test_advanced_fields_open_when_something_is_wrong(make_form):
    form = make_form(Everything, full(), verify=None)
    disclosure = form.editor.advanced
    assert not disclosure.button.isChecked()
    type_text(form, "x", "shape", "size")
    assert disclosure.button.isChecked()


def test_reveal_moves_the_keyboard_to_the_field(make_form, qtbot):
    form = make_form(Everything, full(), verify=None)
    form.show()
    qtbot.waitExposed(form)
    form.activateWindow()
    form.reveal("shape.rate")
    target = form.editor.editor_at(("shape", "rate")).focus_target()
    qtbot.waitUntil(lambda: QApplication.focusWidget() in (target, target.lineEdit()))


def test_switching_the_class_keeps_what_was_typed(make_form):
    form = make_form(TrainerConfig, verify=None)
    combo = form.editor.combo
    titles = [combo.itemText(i) for i in range(combo.count())]
    assert combo.currentText() == "Gunpowder trainer", "the only one not for tests"
    assert titles[-1] == "Dummy trainer"
    type_text(form, "7", "batch_size")
    combo.setCurrentIndex(titles.index("Dummy trainer"))
    assert form.editor.editor_at(("batch_size",)).box.text() == ""
    combo.setCurrentIndex(titles.index("Gunpowder trainer"))
    assert form.editor.editor_at(("batch_size",)).box.text() == "7"


def test_nothing_is_chosen_where_several_classes_fit(make_form):
    form = make_form(AugmentConfig, verify=None)
    assert form.errors() == {"": "choose one of the list"}
    form.setValue(SimpleAugmentConfig())
    assert form.value() == SimpleAugmentConfig()


@pytest.fixture
def their_augment():
    """A config class that another package adds."""

    @attrs.define
    class TheirBlurAugmentConfig(AugmentConfig):
        """Blur."""

        sigma: float = 2.0

        def create_augment(self):
            return None

    yield TheirBlurAugmentConfig
    del _registry._CLASSES["TheirBlurAugmentConfig"]


def test_classes_of_other_packages_appear_by_themselves(make_form, their_augment):
    form = make_form(AugmentConfig, verify=None)
    assert form.editor.combo.findText("Their blur augment") >= 0
    form.setValue(their_augment(3.5))
    assert form.value() == their_augment(3.5)


def test_labels_units_and_help(make_form):
    form = make_form(Shape, verify=None)
    texts = {label.text() for label in form.findChildren(QLabel)}
    assert {"Size", "voxels", "1/s"} <= texts
    size = form.editor.editor_at(("size",))
    assert size.toolTip() == ("<qt>How big.<br/>At least 1 and at most 100 voxels</qt>")
    assert size.focus_target().accessibleName() == "Size"
    assert size.focus_target().accessibleDescription() == "How big."


def test_every_editor_can_be_reached_with_the_keyboard(make_form):
    form = make_form(Everything, full(), verify=None)
    for name, each in form.editor.boxes().items():
        if name == "foreign":
            continue
        target = each.editor.focus_target()
        assert target.focusPolicy() & Qt.FocusPolicy.TabFocus, name


def test_form_fits_into_a_narrow_dock(qtbot):
    form = ConfigForm(Everything, full(), verify=None)
    form.editor.advanced.open()
    assert form.minimumWidth() == 340
    area = QScrollArea()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    area.setWidget(form)
    area.resize(370, 600)
    area.show()
    qtbot.waitExposed(area)
    assert form.minimumSizeHint().width() <= 340


def test_opening_a_form_imports_no_heavy_package():
    code = """
import sys
from qtpy.QtWidgets import QApplication
application = QApplication([])
from napari_dacapo.gui.forms import ConfigForm
from napari_dacapo.runs import RunConfig
form = ConfigForm(RunConfig)
form.show_errors()
heavy = {"torch", "zarr", "scipy", "skimage", "daisy"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
