"""Broken and awkward containers in the data fields of the Experiment dock."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from gui_projects import run_config
from napari.components import ViewerModel

from array_data import DATA, manifest, state_of
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.experiment import ExperimentWidget
from napari_dacapo.runs import Severity

BAD = DATA / "bad"
LONG = 20_000


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A run whose data split is replaced by the containers."""
    return run_config(tmp_path_factory.mktemp("settings"))


@pytest.fixture
def dock(qtbot, project_folder):
    viewer = ViewerModel()
    Session.of(viewer).project_folder = project_folder
    widget = ExperimentWidget(viewer)
    qtbot.addWidget(widget)
    return widget


def mentions(case: dict[str, Any], text: str) -> bool:
    return all(
        any(a.lower() in text.lower() for a in alternatives)
        for alternatives in case["message_should_mention"]
    )


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", manifest("bad/manifest.json", "cases"))
def test_bad_container(case, dock, settings, qtbot, notifications, caplog):
    before = state_of(BAD / case["id"])
    pair = dock.run_editor.data.train.items[0].editor
    for source, box, part in (
        (pair.raw, "raw", "raw"),
        (pair.labels, "labels", "gt"),
    ):
        paths = case[part] if isinstance(case[part], list) else [case[part]]
        if not paths[0]:
            continue
        source.search(BAD / case["path"] / paths[0])
        qtbot.waitUntil(
            lambda s=source: not s._search.is_busy and not s._description.is_busy,
            timeout=LONG,
        )
        told = pair.boxes()[box].error
        if part == "raw" and case["expect"] == "reject" and case["stage"] == "open":
            assert mentions(case, told)
            assert source.combo.property("faulty")
            assert any(told in n.message for n in notifications)
        elif case["expect"] != "either":
            assert told == ""
        if part == "raw" and (case["expect"], case["stage"]) == ("warn", "open"):
            assert mentions(case, pair.boxes()[box].reasons.text("info"))
    if not pair.errors():
        _check(case, dock, settings, qtbot)
    assert state_of(BAD / case["id"]) == before
    assert "Traceback" not in caplog.text


def _check(case, dock, settings, qtbot):
    """Let the dock check the pair, and compare what it lists with the manifest."""
    datasplit = dock.run_editor.data.value()
    dock.check.update(attrs.evolve(settings, datasplit_config=datasplit))
    qtbot.waitUntil(lambda: dock.check.checker.is_done, timeout=LONG)
    found = dock.check.checker.findings
    if case["expect"] == "reject":
        assert any(
            f.severity is Severity.ERROR and mentions(case, str(f)) for f in found
        )
    elif case["expect"] == "warn" and case["stage"] != "open":
        assert any(mentions(case, str(f)) for f in found)
