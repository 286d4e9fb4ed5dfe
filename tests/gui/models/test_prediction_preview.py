"""Post-processing of stored predictions, whole and by slices."""

from __future__ import annotations

import numpy as np
import pytest

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray
from napari_dacapo.arrays._ome_zarr import create_image
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._array_views import ProcessedView
from napari_dacapo.gui.models import results
from napari_dacapo.gui.models.preview import (
    Preview,
    load_preview,
    stored_predictions,
)
from napari_dacapo.gui.models.results import Result, ShownArray, in_memory
from napari_dacapo.gui.models.run_data import load_run
from napari_dacapo.tasks.post_processors import (
    ArgmaxPostProcessor,
    DummyPostProcessor,
    ThresholdPostProcessor,
    ThresholdPostProcessorParameters,
    WatershedPostProcessor,
)

VOXEL_SIZE = Coordinate(40, 8, 4)
SHAPE = (6, 20, 24)


class AnyTask:
    """A task that only post-processes."""

    def __init__(self, post_processor, evaluator=None):
        self.post_processor, self.evaluator = post_processor, evaluator


@pytest.fixture
def preview(tmp_path):
    """Make a preview of a random prediction for a post-processor."""

    def make(post_processor, channels=None, seed=0):
        roi = Roi((400, 80, 40), VOXEL_SIZE * SHAPE)
        stored = create_image(
            tmp_path / "prediction.zarr",
            "prediction",
            axes=["c", "z", "y", "x"] if channels else ["z", "y", "x"],
            roi=roi,
            voxel_size=VOXEL_SIZE,
            num_channels=channels,
            dtype="u1",
        )
        full = (channels, *SHAPE) if channels else SHAPE
        stored[roi] = np.random.default_rng(seed).integers(0, 255, full, "u1")
        place = LocalArrayIdentifier(tmp_path / "prediction.zarr", "prediction/s0")
        array = ZarrArray.open_from_array_identifier(place)
        post_processor.set_prediction(place)
        shown = ShownArray("prediction", array, in_memory(array), None)
        result = Result("run", 1, "crop", (shown,), ())
        return Preview(result, AnyTask(post_processor), None)

    return make


def defaults(preview):
    return next(iter(preview.task.post_processor.enumerate_parameters()))


@pytest.mark.parametrize("channels", [None, 2])
def test_a_threshold_keeps_channels_and_is_a_stored_value(preview, channels):
    found = preview(ThresholdPostProcessor(), channels)
    parameters = ThresholdPostProcessorParameters(0, 127.0)
    segmentation = found.segment(parameters, with_scores=True)
    prediction = np.asarray(found.prediction.data)
    np.testing.assert_array_equal(segmentation.array.data, prediction > 127)
    assert segmentation.array.roi == found.prediction.roi
    assert segmentation.array.voxel_size == VOXEL_SIZE
    assert segmentation.scores == {}, "there is no ground truth to compare with"
    assert found.threshold(parameters) == 127
    assert found.is_pointwise


def test_argmax_drops_the_channels(preview):
    found = preview(ArgmaxPostProcessor(), 3)
    segmentation = found.segment(defaults(found), with_scores=False)
    prediction = np.asarray(found.prediction.data)
    np.testing.assert_array_equal(segmentation.array.data, prediction.argmax(0))
    assert found.is_pointwise
    assert found.threshold(defaults(found)) is None


def test_objects_need_the_whole_volume(preview):
    offsets = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    found = preview(WatershedPostProcessor(offsets), 3)
    assert not found.is_pointwise
    segmentation = found.segment(defaults(found), with_scores=False)
    assert segmentation.array.shape == SHAPE
    assert segmentation.array.dtype.kind == "u"


@pytest.mark.parametrize("channels", [None, 2])
def test_large_predictions_stay_on_disk_and_are_sliced(preview, channels, monkeypatch):
    monkeypatch.setattr(results, "IN_MEMORY_BYTES", 10)
    found = preview(ThresholdPostProcessor(), channels)
    assert not found.fits_in_memory
    assert not isinstance(found.values, np.ndarray)
    parameters = ThresholdPostProcessorParameters(0, 100.0)
    view = ProcessedView(found.values, found.function(parameters))
    prediction = np.asarray(found.prediction.data)
    np.testing.assert_array_equal(view[..., 3, :, :], prediction[..., 3, :, :] > 100)


def test_some_post_processors_cannot_be_previewed(preview):
    assert preview(ThresholdPostProcessor()).is_supported
    assert not Preview(None, AnyTask(DummyPostProcessor(0.5)), None).is_supported


def test_a_stored_prediction_is_scored_like_in_its_validation(trained_folder):
    run = load_run(trained_folder, "cells")
    found = load_preview(trained_folder, run.config, 6, "crop")
    for row in run.scores.sweep(6, "crop"):
        scores = found.segment(row.parameters, with_scores=True).scores
        assert scores == pytest.approx(row.scores, nan_ok=True)


def test_without_the_original_files_there_are_no_scores(trained_folder):
    run = load_run(trained_folder, "cells")
    moved = run.config.datasplit_config.validate_configs[0].raw_config
    moved.file_name = moved.file_name.with_name("moved.zarr")
    found = load_preview(trained_folder, run.config, 6, "crop")
    assert found.dataset is None
    assert found.segment(found.defaults, with_scores=True).scores == {}


def test_only_predictions_that_are_still_stored_are_listed(trained_folder):
    import shutil

    rows = load_run(trained_folder, "cells").scores.rows
    both = [(3, "crop"), (6, "crop")]
    assert stored_predictions(trained_folder, "cells", rows) == both
    shutil.rmtree(trained_folder / "runs" / "cells" / "validation.zarr" / "3")
    assert stored_predictions(trained_folder, "cells", rows) == both[1:]
    config = load_run(trained_folder, "cells").config
    with pytest.raises(DataError, match="not stored any more"):
        load_preview(trained_folder, config, 3, "crop")
