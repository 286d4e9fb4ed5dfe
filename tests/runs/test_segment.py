"""Whole volumes segmented: a stored prediction, or a volume from raw to objects."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from small_runs import small_run, write_volume

from napari_dacapo import events
from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.runs import (
    RunControl,
    StopRequestedError,
    apply,
    predict,
    segment,
    train,
)
from napari_dacapo.runs._segment import in_words
from napari_dacapo.store import Project
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters


@pytest.fixture(scope="module", params=[2, 3])
def trained(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    project = Project.open(folder / "project")
    config = small_run(folder, request.param, num_iterations=8, validation_interval=4)
    assert list(train(config, project=project, device="cpu"))
    write_volume(folder / "new.zarr", request.param, 5)
    return folder / "new.zarr", project


@pytest.fixture
def predicted(trained, tmp_path):
    volume, project = trained
    told = list(predict("small", 8, volume, "raw", tmp_path, pad=True, project=project))
    return told[-1], project


def in_words_of(table):
    return in_words(table["blob__f1_score"]["parameters"])


def stored(done):
    return ZarrArray.open_from_array_identifier(
        LocalArrayIdentifier(done.container, done.dataset)
    )


def test_a_stored_prediction_becomes_a_label_image(predicted):
    prediction, project = predicted
    place = (prediction.container, prediction.dataset)
    told = list(segment("small", *place, 8, project=project))
    assert told[-1].dataset == "segmentation_small_8/s0"
    assert any(e.stage == "post-process" for e in told[1:-1])
    result, values = stored(told[-1]), stored(prediction)
    assert result.roi == values.roi
    [table] = project.weights.best("small").values()
    threshold = table["blob__f1_score"]["parameters"].threshold
    assert told[0].message == f"post-processing with {in_words_of(table)}"
    assert result.attrs["parameters"] == in_words_of(table)
    np.testing.assert_array_equal(
        result[result.roi] > 0, values[values.roi] > threshold
    )
    groups = {path.name for path in prediction.container.iterdir() if path.is_dir()}
    assert groups == {"prediction_small_8", "segmentation_small_8"}
    with pytest.raises(DataError, match="exists already"):
        next(segment("small", *place, project=project))


def test_parameters_are_chosen_and_changed(predicted):
    prediction, project = predicted
    place = (prediction.container, prediction.dataset)
    values = stored(prediction)
    median = float(np.median(values[values.roi]))
    parameters = ThresholdPostProcessorParameters(0, threshold=median)
    told = list(segment("small", *place, 8, parameters, project=project))
    expected = values[values.roi] > median
    np.testing.assert_array_equal(stored(told[-1])[values.roi] > 0, expected)
    changes = {"threshold": median}
    again = list(
        segment("small", *place, changes=changes, overwrite=True, project=project)
    )
    np.testing.assert_array_equal(stored(again[-1])[values.roi] > 0, expected)
    for wrong, words in (
        ({"treshold": 1}, "no such parameter .* known: threshold"),
        ({"threshold": 300}, "out of range"),
        ({"id": 3}, "no such parameter"),
    ):
        with pytest.raises(ConfigError, match=words):
            next(
                segment("small", *place, changes=wrong, overwrite=True, project=project)
            )


def test_a_stop_leaves_nothing_behind(predicted):
    prediction, project = predicted
    control = RunControl()
    control.stop()
    place = (prediction.container, prediction.dataset)
    with pytest.raises(StopRequestedError):
        list(segment("small", *place, project=project, control=control))
    told = segment("small", *place, project=project)
    assert isinstance(next(told), events.Warned)
    assert isinstance(next(told), events.BlockDone)
    told.close()
    groups = {path.name for path in prediction.container.iterdir() if path.is_dir()}
    assert groups == {"prediction_small_8"}


def test_a_pause_is_told(predicted):
    prediction, project = predicted
    control = RunControl()
    place = (prediction.container, prediction.dataset)
    told = []
    control.pause()
    for event in segment("small", *place, project=project, control=control):
        told.append(type(event))
        if isinstance(event, events.Paused):
            control.resume()
    assert told[1:4] == [events.BlockDone, events.Paused, events.Resumed]
    assert told[-1] is events.PredictionDone


def test_a_volume_is_segmented_by_the_best_weights(trained, tmp_path):
    volume, project = trained
    [(dataset, table)] = project.weights.best("small").items()
    criterion, best = next(
        (c, entry) for c, entry in table.items() if entry["iteration"] is not None
    )
    told = list(
        apply(
            *("small", volume, "raw", tmp_path),
            criterion=criterion.removeprefix("blob__"),
            pad=True,
            project=project,
        )
    )
    ends = [e for e in told if isinstance(e, events.PredictionDone)]
    name = f"small_{best['iteration']}/s0"
    assert [e.dataset for e in ends] == [f"prediction_{name}", f"segmentation_{name}"]
    prediction, labels = map(stored, ends)
    np.testing.assert_array_equal(
        labels[labels.roi] > 0,
        prediction[labels.roi] > best["parameters"].threshold,
    )
    with pytest.raises(DataError, match=r"segmentation_small_.* exists already"):
        list(
            apply(
                "small",
                volume,
                "raw",
                tmp_path,
                criterion=criterion,
                validation_dataset=dataset,
                project=project,
            )
        )
    again = list(
        apply(
            *("small", volume, "raw", tmp_path),
            iteration=best["iteration"],
            changes={"threshold": 0},
            overwrite=True,
            project=project,
        )
    )
    assert isinstance(again[-1], events.PredictionDone)
    with pytest.raises(DataNotFoundError, match="recorded: blob__"):
        next(
            apply("small", volume, "raw", tmp_path, criterion="beauty", project=project)
        )


def test_what_would_fail_afterwards_is_told_before_the_prediction(trained, tmp_path):
    volume, project = trained
    with pytest.raises(ConfigError, match="no such parameter"):
        next(apply("small", volume, "raw", tmp_path, changes={"t": 1}, project=project))
    assert not list(tmp_path.iterdir())


def test_what_is_not_complete_or_of_another_run_is_refused(trained, tmp_path):
    volume, project = trained
    told = predict("small", 8, volume, "raw", tmp_path, project=project)
    started = [next(told), next(told)][-1]
    told.close()
    place = (started.container, started.dataset)
    with pytest.raises(DataError, match="is not complete; predict again"):
        next(segment("small", *place, project=project))
    config = project.configs.retrieve_run_config("small")
    with pytest.raises(DataError, match="predicted by the run 'small'; name that run"):
        next(segment(attrs.evolve(config, name="other"), *place, project=project))


def test_a_finished_prediction_is_used_again(trained, predicted):
    volume, project = trained
    prediction, _ = predicted
    told = list(
        apply("small", volume, "raw", prediction.container.parent, project=project)
    )
    assert "is there and is used" in told[0].message
    assert not any(isinstance(e, events.PredictionStarted) for e in told)
