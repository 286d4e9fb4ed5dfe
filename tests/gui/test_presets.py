"""Presets and templates, in the Experiment dock and as files."""

import attrs
import pytest
from experiment_data import add_layers

from napari_dacapo.errors import ConfigError, DataNotFoundError, DuplicateNameError
from napari_dacapo.gui.models import presets
from napari_dacapo.gui.models.templates import templates
from napari_dacapo.gui.views.message_bar import MessageBar
from napari_dacapo.tasks import OneHotTaskConfig

LONG = 30_000


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.title)
def test_templates_are_valid_and_survive_a_file(template, tmp_path):
    for name, part in template.parts.items():
        if hasattr(part, "verify"):
            valid, reason = part.verify()
            assert valid, f"{name}: {reason}"
    assert template.reason.count(".") == 1, "one sentence"
    presets.save(tmp_path, template)
    assert presets.list_presets(tmp_path) == [template]


def test_a_preset_is_kept_renamed_and_deleted(tmp_path):
    first, second, *_ = templates()
    presets.save(tmp_path, first)
    with pytest.raises(DuplicateNameError, match="different preset"):
        presets.save(tmp_path, attrs.evolve(second, title=first.title))
    presets.rename(tmp_path, first.title, "mine: 1/2")
    assert [p.title for p in presets.list_presets(tmp_path)] == ["mine: 1/2"]
    discarded = presets.delete(tmp_path, "mine: 1/2")
    assert presets.list_presets(tmp_path) == []
    assert presets.restore(tmp_path, discarded).parts == first.parts


def test_a_copied_file_is_the_preset_that_it_says(tmp_path):
    first, second, *_ = templates()
    for template in (first, second):
        presets.save(tmp_path, template)
    (path,) = (p for p in tmp_path.glob("*.yaml") if presets.read(p) == first)
    path.rename(tmp_path / "from a colleague.yaml")
    presets.rename(tmp_path, first.title, "mine")
    presets.delete(tmp_path, "mine")
    assert presets.list_presets(tmp_path) == [second]
    with pytest.raises(DataNotFoundError, match="no preset 'mine'"):
        presets.delete(tmp_path, "mine")


def test_classes_are_given_to_a_task_without_any():
    task = OneHotTaskConfig("organelles", [])
    preset = presets.Preset("mine", "", {"task_config": task})
    found = presets.suited(preset, ["mito", "er"])
    assert found.parts["task_config"].classes == ["mito", "er"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: x", "holds no preset"),
        ("preset: {title: a}\nparts: {datasplit_config: {}}", "presets hold"),
        ("preset: {title: a}\nparts: {keep_every: often}", "no whole number"),
        ("preset: {title: a}", "no title or no parts"),
    ],
)
def test_files_that_are_no_presets(tmp_path, text, complaint):
    path = tmp_path / "x.yaml"
    path.write_text(f"schema_version: 1\n{text}\n")
    with pytest.raises(ConfigError, match=complaint):
        presets.read(path)


def test_applying_keeps_data_and_classes_and_can_be_taken_back(dock, viewer, qtbot):
    add_layers(viewer)
    pair = dock.run_editor.data.train.items[0].editor
    for source, name in ((pair.raw, "em"), (pair.labels, "mito")):
        source.combo.setCurrentIndex(source.combo.findText(name))
    dock.run_editor.data.classes.setValue([("er", [2])])
    data = dock.run_editor.data.value()
    template = templates()[0]
    dock.presets.apply(template)
    assert dock.run_editor.data.value() == data
    task = dock.run_editor.part("task_config").value()
    assert task == attrs.evolve(template.parts["task_config"], channels=["er"])
    network = dock.run_editor.part("architecture_config")
    assert network.value() == template.parts["architecture_config"]
    dock.presets.apply(templates()[3])
    [bar] = dock.window().findChildren(MessageBar)[-1:]
    bar.buttons[0].click()
    assert dock.run_editor.part("task_config").value() == task


def test_a_saved_section_is_used_elsewhere_by_dropping_its_file(dock, qtbot, tmp_path):
    template = templates()[2]
    dock.presets.apply(template)
    with qtbot.waitSignal(dock.presets._work.done, timeout=LONG):
        dock.presets.save("my trainer", ["trainer_config"])
    [path] = presets.presets_folder().glob("*.yaml")
    moved = path.rename(tmp_path / "sent by mail.yaml")
    dock.presets.apply(templates()[0])
    with qtbot.waitSignal(dock.presets._work.done, timeout=LONG):
        dock.dropped.take([moved])
    trainer = dock.run_editor.part("trainer_config").value()
    assert trainer == template.parts["trainer_config"]
    with qtbot.waitSignal(dock.presets._list.done, timeout=LONG):
        dock.presets.button.click()
    titles = [action.text() for action in dock.presets.menu.actions()]
    dock.presets.menu.close()
    assert "my trainer" in titles
    assert {t.title for t in templates()} < set(titles)
