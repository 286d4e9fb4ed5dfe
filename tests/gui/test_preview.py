"""The preview of the Experiment dock: what the network sees, while settings change."""

import attrs
import numpy as np
import pytest
from gui_projects import CHANNEL, run_config

from napari_dacapo.gui._camera import camera_of
from napari_dacapo.gui._experiment_choices import DataChoices
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.tasks import HotDistanceTaskConfig
from napari_dacapo.trainers.augments import IntensityAugmentConfig

LONG = 30_000
INPUT_SHAPE = ("architecture_config", "input_shape")


@pytest.fixture
def shown(dock, tmp_path, qtbot):
    """The dock with a run on files, and its preview unfolded."""
    dock.show_run(run_config(tmp_path))
    wait(dock, qtbot, dock.preview.toggle.open)
    return dock


def wait(dock, qtbot, act):
    with qtbot.waitSignal(dock.preview._latest.done, timeout=LONG):
        act()


def set_augments(dock, *augments):
    trainer = dock.run_editor.part("trainer_config")
    trainer.setValue(attrs.evolve(trainer.value(), augments=list(augments)))


def darker(shift):
    return IntensityAugmentConfig(scale=(1, 1), shift=(shift, shift), clip=False)


def layers(dock, viewer):
    return [find_layer(viewer, f"preview of {p}") for p in ("raw", "target", "weight")]


def test_nothing_is_made_while_it_is_folded(dock, tmp_path, qtbot):
    dock.show_run(run_config(tmp_path))
    assert not dock.preview._latest.is_busy
    assert dock.preview.sample is None


def test_pictures_follow_the_form(shown, qtbot):
    before = shown.preview.sample
    image = shown.preview.pictures.raw.image
    wait(shown, qtbot, lambda: set_augments(shown, darker(-0.25)))
    after = shown.preview.sample
    assert after.raw.roi == before.raw.roi, "the same place"
    assert np.allclose(after.raw.data, before.raw.data - 0.25, atol=1e-6)
    assert shown.preview.pictures.raw.image != image
    wait(shown, qtbot, shown.preview.another.click)
    assert shown.preview.sample.raw.roi != before.raw.roi
    assert "number 2" in shown.preview.another.toolTip()


def test_the_last_of_many_changes_wins(shown, qtbot):
    first = shown.preview.sample.raw.data
    for shift in np.linspace(0.01, 0.3, 20):
        set_augments(shown, darker(float(shift)))
    qtbot.waitUntil(lambda: not shown.preview._latest.is_busy, timeout=LONG)
    assert np.allclose(shown.preview.sample.raw.data, first + 0.3, atol=1e-6)


def test_an_invalid_form_greys_the_pictures_out_and_says_why(shown, qtbot):
    shape = shown.run_editor.editor_at(INPUT_SHAPE)
    good = shape.line.text()
    shape.line.setText("8, x")
    assert shown.preview.pictures.raw._faded
    assert shown.preview.status.text().startswith("Architecture / Input shape: ")
    wait(shown, qtbot, lambda: shape.line.setText("7, 7, 7"))
    assert shown.preview.pictures.raw._faded
    assert "(7, 7, 7)" in shown.preview.status.text()
    wait(shown, qtbot, lambda: shape.line.setText(good))
    assert not shown.preview.pictures.raw._faded
    assert shown.preview.status.text() == ""


def test_a_channel_of_the_target_can_be_chosen(shown, qtbot):
    assert shown.preview.channel.isHidden(), "there is one"
    task = HotDistanceTaskConfig("hot", [CHANNEL], 40.0, 40.0, 40.0)
    wait(shown, qtbot, lambda: shown.run_editor.part("task_config").setValue(task))
    channel = shown.preview.channel
    names = [channel.itemText(i) for i in range(channel.count())]
    assert names == [CHANNEL, f"{CHANNEL}, distance"]
    wait(shown, qtbot, lambda: channel.setCurrentIndex(1))
    wait(shown, qtbot, shown.preview.another.click)
    assert shown.preview.pictures.pictures.channel == 1
    assert channel.currentIndex() == 1


def test_a_slider_goes_through_the_sections(shown):
    pictures = shown.preview.pictures
    assert (pictures.slider.maximum(), pictures.slider.value()) == (7, 4)
    image = pictures.target.image
    pictures.slider.setValue(0)
    assert pictures.target.image != image
    shown.run_editor.part("name").setValue("")
    assert not shown.preview._latest.is_busy, "samples do not depend on the name"
    assert not pictures.raw._faded


def test_layers_are_made_once_and_left_to_the_user(shown, viewer, qtbot):
    viewer.add_image(np.zeros((4, 4, 4)), scale=(40, 8, 4), units=("nm",) * 3)
    camera = camera_of(viewer).model_dump()
    shown.preview.as_layers.setChecked(True)
    made = raw, target, weight = layers(shown, viewer)
    assert camera_of(viewer).model_dump() == camera
    sample = shown.preview.sample
    assert np.allclose(raw.scale, sample.raw.voxel_size.as_floats())
    middle = sample.raw.roi.offset + sample.raw.voxel_size / 2
    assert np.allclose(raw.translate, middle.as_floats())
    assert np.array_equal(target.data, sample.target.data[0])
    raw.contrast_limits, weight.visible = (0.2, 0.4), False
    wait(shown, qtbot, shown.preview.another.click)
    assert layers(shown, viewer) == list(made)
    assert np.array_equal(raw.data, shown.preview.sample.raw.data[0])
    assert (raw.contrast_limits, weight.visible) == ([0.2, 0.4], False)
    assert camera_of(viewer).model_dump() == camera
    offered = DataChoices.offered(shown.choices, labels=False)
    assert not {raw, target, weight} & {choice.layer for choice in offered}
    shown.preview.fly_button.click()
    assert camera_of(viewer).model_dump() != camera


def test_a_layer_that_was_removed_stays_away(shown, viewer, qtbot):
    shown.preview.as_layers.setChecked(True)
    viewer.layers.remove(layers(shown, viewer)[2])
    wait(shown, qtbot, shown.preview.another.click)
    assert [la is None for la in layers(shown, viewer)] == [False, False, True]


@pytest.mark.parametrize("how", ["fold", "close"])
def test_layers_go_when_the_preview_does(shown, viewer, how):
    shown.preview.as_layers.setChecked(True)
    if how == "fold":
        shown.preview.toggle.button.click()
    else:
        viewer.window.remove_dock_widget(shown)
    assert layers(shown, viewer) == [None] * 3
