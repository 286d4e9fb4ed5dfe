"""Correcting a segmentation, and training with it, in a real window."""

import attrs
import numpy as np
import pytest

from napari_dacapo.arrays import (
    BinarizeArrayConfig,
    CropArrayConfig,
    ExceptBoxesArrayConfig,
)
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.gui._regions import Region
from napari_dacapo.gui.models import corrections, load_run
from napari_dacapo.gui.models import editing as editing_of
from napari_dacapo.gui.models.preview import load_preview
from napari_dacapo.gui.post_processing import PostProcessingWidget
from napari_dacapo.runs import check_data
from napari_dacapo.store import Project

LONG = 30_000


@pytest.fixture
def project_folder(trained_folder):
    return trained_folder


@pytest.fixture
def editing(project_folder):
    """The labels of the last validation, to be corrected."""
    config = load_run(project_folder, "cells").config
    preview = load_preview(project_folder, config, 6, "crop")
    everything = Region(())
    return editing_of.edit(preview, config, preview.defaults, None, everything)


def test_corrected_labels_go_back_to_training(viewer, dock, session, qtbot):
    widget = PostProcessingWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Post-processing")
    bar = widget.corrections
    assert not bar.correct_button.isEnabled()
    session.run_name = "cells"
    qtbot.waitUntil(bar.correct_button.isEnabled, timeout=LONG)
    bar.correct_button.click()
    qtbot.waitUntil(lambda: bar._layer is not None, timeout=LONG)
    layer = viewer.layers.selection.active
    assert layer.mode == "paint"
    assert not find_layer(viewer, "cells/crop/segmentation").visible
    layer.brush_size = 5
    layer.paint((6, 20, 30), 2)
    layer.paint((9, 22, 30), 2)
    painted = layer.data.copy()
    bar.train_button.click()
    assert not layer.editable, "while it is stored"
    qtbot.waitUntil(dock.start_button.isEnabled, timeout=LONG)
    assert layer.editable
    run = dock.form.value()
    assert run.name == "cells_corrected"
    assert run.name not in Project(session.project_folder).run_names, "not before Start"
    corrected = run.datasplit_config.train_configs[-1].gt_config
    stored = corrected.source_array_config.source_array_config.create_array()
    np.testing.assert_array_equal(stored[stored.roi], painted)
    assert stored.roi == widget._preview.prediction.roi
    manager = JobManager.instance()
    key = ("train", session.project_folder, "cells_corrected")
    dock.start_button.click()
    qtbot.waitUntil(lambda: manager.find(key) is not None, timeout=LONG)
    job = manager.find(key)
    qtbot.waitUntil(lambda: job not in manager.jobs, timeout=LONG)
    assert job.error == ""
    project = Project(session.project_folder)
    record = project.read_run_record("cells_corrected")
    assert record["parent"]["run"] == "cells"
    assert record["parent"]["iteration"] == 6
    losses = project.stats.retrieve_training_stats("cells_corrected")
    assert losses.trained_until == 9


def test_only_what_was_painted_is_trusted_and_no_more_validated_on(
    editing, project_folder
):
    editing.values[3:5, 10:20, 6:9] = 1 - editing.values[3:5, 10:20, 6:9]
    fork, notes = corrections.train_with(editing, project_folder, None)
    array = editing.before
    size = array.voxel_size
    output = Coordinate(8, 32, 32)
    begin = Coordinate(0, 0, 0)  # moved into the volume, at least the network's output
    expected = Roi(array.roi.begin + begin * size, size * output)
    split = fork.config.datasplit_config
    truth = split.train_configs[-1].gt_config
    assert isinstance(truth, BinarizeArrayConfig)
    assert isinstance(truth.source_array_config, CropArrayConfig)
    assert truth.source_array_config.roi == expected
    [validated] = split.validate_configs
    assert isinstance(validated.mask_config, ExceptBoxesArrayConfig)
    assert validated.mask_config.boxes == [expected]
    assert str(expected) in notes
    valid, reason = fork.config.verify()
    assert valid, reason
    assert fork.origin.iteration == 6
    found = list(check_data(split, fork.config.task_config))
    assert not [f for f in found if "trained on as well" in f.what]


def test_nothing_painted_is_told_unless_all_labels_are_right(editing, project_folder):
    with pytest.raises(DataError, match="nothing was painted"):
        corrections.train_with(editing, project_folder, None)
    fork, notes = corrections.train_with(editing, project_folder, Region(()))
    assert fork.config.datasplit_config.validate_configs == []
    assert "No volume is left to validate on" in notes


def test_of_a_large_prediction_the_part_on_the_screen(editing, monkeypatch):
    preview = editing.preview
    prediction = preview.prediction
    monkeypatch.setattr(editing_of, "MOST_VOXELS", 20 * 16 * 6)
    begin, size = prediction.roi.begin, prediction.voxel_size
    sides = [
        (float(begin[0] + 8 * size[0]), float(begin[0] + 9 * size[0])),
        *(
            (float(b + 4 * s), float(b + 20 * s))
            for b, s in list(zip(begin, size, strict=True))[1:]
        ),
    ]
    part = editing_of.part_in_view(prediction, Region(tuple(sides)))
    assert part.shape / size == (7, 16, 16)
    made = preview.segment_part(preview.defaults, part)
    whole = preview.segment(preview.defaults, with_scores=False).array
    np.testing.assert_array_equal(made[part], whole[part])
    large = attrs.evolve(Region(()), text="all")
    with pytest.raises(DataError, match="zoom in"):
        editing_of.part_in_view(prediction, large)
