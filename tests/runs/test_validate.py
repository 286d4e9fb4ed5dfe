"""Validation: what is scored, stored, kept and replaced."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from ome_zarr_models.v05 import Image
from small_runs import small_run, write_volume

from napari_dacapo import events
from napari_dacapo.arrays import ZarrArray
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.runs import RunControl, StopRequestedError, train, validate
from napari_dacapo.store import Project


@pytest.fixture(scope="module", params=[2, 3])
def trained(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    config = small_run(folder, request.param)
    project = Project.open(folder / "project")
    list(train(config, project=project, device="cpu"))
    return config, project


def test_every_parameter_set_is_scored_and_stored(trained):
    config, project = trained
    told = list(validate("small", 8, project=project, device="cpu"))

    scored = [e for e in told if isinstance(e, events.ScoresComputed)]
    assert [e.parameters.threshold for e in scored] == [100, 127, 150]
    assert isinstance(told[-1], events.ValidationDone)
    rows = [r for r in project.stats.validation_rows("small") if r.iteration == 8]
    assert [r.scores for r in rows] == [
        pytest.approx(e.scores, nan_ok=True) for e in scored
    ]
    truth = config.datasplit_config.validate_configs[0].gt_config.create_array()
    for event in scored:
        prediction, output = (
            ZarrArray.open_from_array_identifier(_identifier(place))
            for place in (event.prediction, event.output)
        )
        assert prediction.roi == output.roi == truth.roi
        assert prediction.voxel_size == truth.voxel_size
        foreground = prediction[truth.roi] > event.parameters.threshold
        np.testing.assert_array_equal(output[truth.roi], foreground)
        dice = (
            2
            * np.sum(foreground & (truth[truth.roi][0] == 1))
            / (np.sum(foreground) + np.sum(truth[truth.roi] == 1))
        )
        assert event.scores["blob__dice"] == pytest.approx(dice, nan_ok=True)


def _identifier(place):
    from napari_dacapo.arrays import LocalArrayIdentifier

    return LocalArrayIdentifier(*place)


def test_results_are_valid_ome_zarr(trained):
    import zarr

    _, project = trained
    container = project.arrays.validation_container("small")
    groups = [path.parent for path in container.rglob("s0")]
    assert len(groups) >= 5
    for group in groups:
        Image.from_zarr(zarr.open_group(str(group), mode="r"))


def test_the_best_by_each_stored_criterion_is_recorded(trained):
    _, project = trained
    rows = project.stats.validation_rows("small")
    for criterion, entry in project.weights.best("small")[rows[0].dataset].items():
        values = [r.scores[criterion] for r in rows]
        values = [v for v in values if not math.isnan(v)]
        better = max if criterion.endswith("f1_score") else min
        assert entry["value"] == pytest.approx(better(values))
        assert entry["iteration"] in project.weights.iterations("small")


def test_only_the_latest_and_best_results_stay(tmp_path):
    project = Project.open(tmp_path / "project")
    config = small_run(tmp_path, num_iterations=10, validation_interval=1)
    list(train(config, project=project, device="cpu"))

    container = project.arrays.validation_container("small")
    stored = {int(f.name) for f in container.iterdir() if f.name.isdecimal()}
    best = {
        entry["iteration"]
        for criteria in project.weights.best("small").values()
        for entry in criteria.values()
    }
    assert stored == {10, *best}


def table_of(project):
    return project.run_folder("small").joinpath("validation.csv").read_text()


def test_a_stopped_validation_stores_no_scores(trained):
    _, project = trained
    before = table_of(project)
    control = RunControl()
    control.stop()
    with pytest.raises(StopRequestedError):
        list(validate("small", 8, project=project, device="cpu", control=control))
    assert table_of(project) == before


def test_a_pause_is_told_before_it_begins(trained):
    _, project = trained
    control, told = RunControl(), []
    for event in validate("small", 8, project=project, device="cpu", control=control):
        told.append(type(event))
        if isinstance(event, events.Paused):
            control.resume()
        elif isinstance(event, (events.BlockDone, events.ScoresComputed)):
            control.pause()
    assert told.count(events.Paused) == told.count(events.Resumed) > 3
    assert told[-1] is events.ValidationDone


def test_inputs_are_copied_once_and_again_when_the_data_change(tmp_path):
    project = Project.open(tmp_path / "project")
    config = small_run(tmp_path)
    list(train(config, project=project, device="cpu"))
    _, gt = project.arrays.validation_input_arrays("small", "validate3")
    chunk = next(p for p in (gt.container / gt.dataset).rglob("*") if p.name == "0")
    before = chunk.stat().st_mtime_ns
    list(validate("small", project=project, device="cpu"))
    assert chunk.stat().st_mtime_ns == before

    labels = config.datasplit_config.validate_configs[0].gt_config
    source = labels.source_array_config
    array = ZarrArray.open_from_array_identifier(
        _identifier((source.file_name, source.dataset))
    )
    array[array.roi] = np.where(array[array.roi] == 1, 0, array[array.roi])
    list(validate("small", project=project, device="cpu"))

    copy = ZarrArray.open_from_array_identifier(gt)
    truth = labels.create_array()
    np.testing.assert_array_equal(copy[copy.roi], truth[truth.roi][0])


def test_a_checkpoint_that_does_not_exist(trained):
    _, project = trained
    with pytest.raises(DataNotFoundError, match="no checkpoint of iteration 5"):
        next(validate("small", 5, project=project))


def test_no_validation_data(tmp_path):
    project = Project.open(tmp_path / "project")
    config = small_run(tmp_path)
    config.datasplit_config.validate_configs = []
    list(train(config, project=project, device="cpu"))
    with pytest.raises(DataError, match="no validation dataset"):
        list(validate("small", project=project, device="cpu"))


@pytest.mark.parametrize("dims", [2, 3])
def test_data_between_the_voxels_of_the_world_grid(tmp_path, dims):
    """Layers without translation begin half a voxel before 0."""
    from napari_dacapo.arrays.opening import open_path
    from napari_dacapo.runs import predict, suggest

    write_volume(tmp_path / "off.zarr", dims, 1, shift=Fraction(-1, 2))
    pair = [open_path(tmp_path / "off.zarr" / name) for name in ("raw", "labels")]
    run = suggest([pair], name="off", num_iterations=2).run_config
    project = Project.open(tmp_path / "project")

    told = list(train(run, project=project, device="cpu"))
    told += predict("off", None, tmp_path / "off.zarr", "raw", project=project)

    warned = [e.message for e in told if isinstance(e, events.Warned)]
    assert not [m for m in warned if "failed" in m]
    assert any(isinstance(e, events.ValidationDone) for e in told)
    raw = pair[0].create_array()
    result = ZarrArray.open_from_array_identifier(
        _identifier((told[-1].container, told[-1].dataset))
    )
    assert result.roi.offset == raw.roi.offset
