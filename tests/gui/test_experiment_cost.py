"""The line above Start that says what a training would cost."""

import gui_engines
import pytest
from gui_projects import run_config

from napari_dacapo.gui import _experiment_cost
from napari_dacapo.gui._jobs import JobManager

LONG = 30_000


@pytest.fixture
def ready(dock, tmp_path, qtbot):
    """The dock with a run that was verified."""
    dock.show_run(run_config(tmp_path / "data"))
    qtbot.waitUntil(dock.cost.button.isEnabled, timeout=LONG)
    return dock


def test_it_is_measured_on_request_and_nothing_is_stored(ready, qtbot, project_folder):
    assert ready.cost.label.text() == ""
    ready.cost.button.click()
    assert ready.cost.button.text() == "Stop"
    qtbot.waitUntil(lambda: ready.cost.cost is not None, timeout=LONG)
    qtbot.waitUntil(lambda: not ready.cost.is_busy, timeout=LONG)
    assert "measured over 10 iterations on" in ready.cost.label.text()
    assert "checkpoints" in ready.cost.label.toolTip()
    assert list(project_folder.iterdir()) == []
    ready.run_editor.part("name").setValue("other")
    qtbot.waitUntil(lambda: ready.form.is_verified, timeout=LONG)
    assert ready.cost.cost is not None, "a name costs nothing"
    ready.run_editor.part("num_iterations").setValue(7)
    qtbot.waitUntil(lambda: ready.cost.cost is None, timeout=LONG)
    assert ready.cost.label.text().endswith(_experiment_cost.OUTDATED)


def test_a_second_click_stops_it(ready, qtbot):
    ready.cost.button.click()
    [job] = [j for j in JobManager.instance().jobs if "cost" in j.title]
    ready.cost.button.click()
    assert not ready.cost.is_busy
    assert ready.cost.button.text() == "Estimate cost"
    qtbot.waitUntil(lambda: job not in JobManager.instance().jobs, timeout=LONG)
    assert ready.cost.label.text() == ""


def test_not_while_a_run_trains(ready, qtbot):
    ready.cost.button.click()
    training = gui_engines.training(10**6, seconds=0.01)
    job = JobManager.instance().enqueue(training, "train x", ("train", "x"))
    assert not ready.cost.is_busy, "it gives way"
    ready.cost.measure()
    assert ready.cost.label.text() == _experiment_cost.WHILE_TRAINING
    job.stop()
    qtbot.waitUntil(lambda: job not in JobManager.instance().jobs, timeout=LONG)
    ready.cost.measure()
    assert ready.cost.is_busy


def test_a_proposal_is_measured_by_itself(ready, qtbot):
    ready.cost._timer.setInterval(1)
    with qtbot.waitSignal(ready._proposal.done, timeout=LONG):
        ready.suggest()
    ready.run_editor.part("num_iterations").setValue(77)
    qtbot.waitUntil(lambda: ready.cost.cost is not None, timeout=LONG)
    assert ready.cost.cost.num_iterations == 77, "what was changed meanwhile counts"


def test_what_cannot_be_measured_is_explained(ready, qtbot, notifications):
    for dataset in ready.form.value().datasplit_config.train_configs:
        raw = dataset.raw_config
        (raw.file_name / raw.dataset / "zarr.json").unlink()
    ready.cost.measure()
    qtbot.waitUntil(lambda: not ready.cost.is_busy, timeout=LONG)
    assert ready.cost.label.text().startswith("What it costs is not known: ")
    assert not notifications
