"""What "Suggest from data" proposes depends on what the user has chosen, only."""

import attrs
import pytest
from experiment_data import write_container

from napari_dacapo.arrays.opening import open_path
from napari_dacapo.cli._suggest import suggested
from napari_dacapo.cli._volumes import DataPaths

LONG = 30_000


@pytest.fixture
def paths(tmp_path):
    container = write_container(tmp_path / "vol.zarr")
    return container / "raw" / "s0", container / "labels" / "s0"


@pytest.fixture
def filled(dock, paths):
    """The dock with raw data and labels chosen, and nothing else."""
    pair = dock.run_editor.data.train.items[0].editor
    for source, path in zip((pair.raw, pair.labels), paths, strict=True):
        source.setValue(open_path(path))
    return dock


def suggest(dock, qtbot):
    with qtbot.waitSignal(dock._proposal.done, timeout=LONG):
        dock.run_editor.data.suggest_button.click()
    return dock.form.value()


def at_the_command_line(paths, **settings):
    raw, gt = ([str(path)] for path in paths)
    data = DataPaths.given(raw, gt, None, None, None, None)
    return suggested(data, settings).run_config


def test_window_and_command_line_propose_the_same(filled, paths, qtbot):
    proposed = at_the_command_line(paths)
    assert suggest(filled, qtbot) == proposed
    assert suggest(filled, qtbot) == proposed, "a proposal is no wish"


def test_what_was_chosen_is_kept(filled, paths, qtbot):
    filled.run_editor.data.classes.setValue([("mito", [1, 2])])
    first = suggest(filled, qtbot)
    assert first == at_the_command_line(paths, classes={"mito": (1, 2)})
    filled.run_editor.part("task_config").setValue(
        attrs.evolve(first.task_config, scale_factor=3.0)
    )
    filled.run_editor.data.classes.setValue([("foreground", [])])
    again = suggest(filled, qtbot)
    wanted = {"classes": {"foreground": ()}, "task": "distance"}
    assert again == at_the_command_line(paths, **wanted)
