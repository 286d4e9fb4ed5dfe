"""Prediction of whole volumes, block by block."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_runs import PLACES, small_run, write_volume

from file_server import serving
from napari_dacapo import events
from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays import LocalArrayIdentifier, NumpyArray, ZarrArray
from napari_dacapo.arrays import _ome_zarr as ome_zarr
from napari_dacapo.arrays.normalization import normalized
from napari_dacapo.blockwise import iter_blocks
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.nn.precision import choose_precision, prediction_precision
from napari_dacapo.runs import RunControl, StopRequestedError, predict, train
from napari_dacapo.runs import _inference as inference
from napari_dacapo.runs._block_order import BlockQueue
from napari_dacapo.runs._inference import BlockPredictor
from napari_dacapo.runs._inputs import parse_roi
from napari_dacapo.store import Project
from napari_dacapo.tasks import DistanceTaskConfig

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    project = Project.open(folder / "project")
    list(train(small_run(folder), project=project, device="cpu"))
    write_volume(folder / "new.zarr", 3, 7)
    return folder, project


def model_of(dims, padding, upsample=None):
    flat = (3,) * dims if dims == 2 else (1, 3, 3)
    config = CNNectomeUNetConfig(
        "net",
        input_shape=(36, 40) if dims == 2 else (8, 28, 32),
        fmaps_out=3,
        fmaps_in=1,
        num_fmaps=3,
        fmap_inc_factor=2,
        downsample_factors=[(2, 2) if dims == 2 else (1, 2, 2)],
        kernel_size_down=[[flat, flat], [(3,) * dims, (3,) * dims]],
        kernel_size_up=[[flat, flat]],
        upsample_factors=upsample,
        padding=padding,
    )
    task = DistanceTaskConfig("t", ["a"], 50, 10).create_task()
    torch.manual_seed(0)
    return task.create_model(config.create_architecture()).eval()


def noise(dims):
    voxel_size, offset, shape = map(Coordinate, PLACES[dims])
    values = np.random.default_rng(0).random(shape.as_integers(), np.float32)
    roi = Roi(offset, shape * voxel_size)
    return NumpyArray.from_np_array(values, roi, voxel_size, list("zyx"[-dims:]))


def predicted(model, raw, folder, budget, monkeypatch, roi=None):
    """Predict with blocks of about `budget` voxels; return the array and its ROI."""
    monkeypatch.setattr(inference, "TARGET_BLOCK_VOXELS", budget)
    predictor = BlockPredictor(model, raw, torch.device("cpu"), roi)
    target = LocalArrayIdentifier(folder / f"{budget}.zarr", "p/s0")
    output = predictor.create_output(target, "float32")
    told = list(predictor.run(output, RunControl()))
    assert told[-1].done == told[-1].total == len(told)
    return output[output.roi], output.roi, len(told)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("dims", [2, 3])
def test_the_result_does_not_depend_on_the_blocks(tmp_path, monkeypatch, dims, padding):
    model, raw = model_of(dims, padding), noise(dims)
    roi = raw.roi if padding == "same" else None

    small, small_roi, num_small = predicted(model, raw, tmp_path, 1, monkeypatch, roi)
    large, large_roi, num_large = predicted(
        model, raw, tmp_path, 10**7, monkeypatch, roi
    )

    assert num_large == 1 < num_small
    assert small_roi == large_roi
    np.testing.assert_allclose(small, large, atol=1e-5)


@pytest.mark.parametrize("dims", [2, 3])
def test_a_prediction_is_the_networks_own_output(tmp_path, monkeypatch, dims):
    model, raw = model_of(dims, "valid"), noise(dims)
    values, roi, _ = predicted(model, raw, tmp_path, 1, monkeypatch)

    shape = model.eval_input_shape
    _, out_shape = model.compute_output_shape(shape)
    context = (shape - out_shape).floor_division(2)
    window = tuple(slice(0, n) for n in shape)
    with torch.inference_mode():
        first = model(torch.from_numpy(raw.data[window][None, None]))[0, 0].numpy()
    size = tuple(slice(0, n) for n in out_shape)
    assert roi.offset == raw.roi.offset + context * raw.voxel_size
    np.testing.assert_allclose(values[size], first, atol=1e-5)


@pytest.mark.parametrize("dims", [2, 3])
def test_the_precision_of_graphics_cards_changes_rounding_only(tmp_path, dims):
    model, raw = model_of(dims, "valid"), noise(dims)

    def result(precision):
        target = LocalArrayIdentifier(tmp_path / f"{len(results)}.zarr", "p/s0")
        predictor = BlockPredictor(model, raw, CPU, precision=precision)
        output = predictor.create_output(target, "float32")
        assert list(predictor.run(output, RunControl()))
        results.append(output[output.roi])

    results = []
    mixed = choose_precision("bfloat16", "channels_last", CPU)
    for precision in (None, prediction_precision(mixed, CPU), mixed):
        result(precision)
    plain, on_cpu, on_card = results
    np.testing.assert_array_equal(on_cpu, plain)
    assert prediction_precision(mixed, torch.device("cuda")) is mixed
    assert not np.array_equal(on_card, plain)
    np.testing.assert_allclose(on_card, plain, atol=0.03 * np.ptp(plain))


def test_super_resolution_lands_on_the_finer_grid(tmp_path, monkeypatch):
    model, raw = model_of(2, "valid", [(2, 2)]), noise(2)
    values, roi, _ = predicted(model, raw, tmp_path, 1, monkeypatch)

    assert (roi.shape / (raw.voxel_size / 2)).as_integers() == values.shape
    assert raw.roi.contains(roi)


def test_the_model_gets_its_mode_back_and_gradients_stay_on(tmp_path):
    model, raw = model_of(2, "valid").train(), noise(2)
    predictor = BlockPredictor(model, raw, torch.device("cpu"))
    output = predictor.create_output(
        LocalArrayIdentifier(tmp_path / "a.zarr", "p/s0"), "uint8"
    )
    for _ in predictor.run(output, RunControl()):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    assert model.training


def test_too_small_a_volume_says_what_to_do():
    raw = noise(2)
    corner = Roi(raw.roi.offset, raw.voxel_size * (10, 10))
    tiny = NumpyArray.from_np_array(raw[corner], corner, raw.voxel_size, ["y", "x"])
    with pytest.raises(DataError, match="smaller than what the network looks at"):
        BlockPredictor(model_of(2, "valid"), tiny, torch.device("cpu"))


class TestCommand:
    def test_writes_where_it_says(self, trained, tmp_path):
        folder, project = trained
        told = list(
            predict(
                *("small", None, folder / "new.zarr", "raw", tmp_path),
                pad=True,
                project=project,
                device="cpu",
            )
        )

        done = told[-1]
        assert isinstance(done, events.PredictionDone)
        assert done.container == tmp_path / "new.zarr"
        assert done.dataset == "prediction_small_8/s0"
        result = ZarrArray.open_from_array_identifier(
            LocalArrayIdentifier(done.container, done.dataset)
        )
        raw = ZarrArray.open_from_array_identifier(
            LocalArrayIdentifier(folder / "new.zarr", "raw")
        )
        assert result.roi == raw.roi
        assert result.dtype == np.uint8
        assert len(np.unique(result[result.roi])) > 5

    def test_a_volume_on_a_server(self, trained, tmp_path):
        folder, project = trained
        with serving(folder) as server:
            volumes = {"here": folder / "new.zarr", "there": f"{server.url}/new.zarr"}
            done = {
                name: list(
                    predict(
                        *("small", None, volume, "raw", tmp_path / name),
                        pad=True,
                        project=project,
                    )
                )[-1]
                for name, volume in volumes.items()
            }
        assert done["there"].container == tmp_path / "there" / "new.zarr"
        results = (
            ZarrArray.open_from_array_identifier(
                LocalArrayIdentifier(end.container, end.dataset)
            )
            for end in done.values()
        )
        np.testing.assert_array_equal(*(array[array.roi] for array in results))

    def test_a_part_of_the_volume(self, trained, tmp_path):
        folder, project = trained
        text = "[520:800, 0:80, 40:100]"
        told = list(
            predict(
                *("small", 8, folder / "new.zarr" / "raw", None, tmp_path, text),
                output_dtype="float32",
                project=project,
                device="cpu",
            )
        )
        result = ZarrArray.open_from_array_identifier(
            LocalArrayIdentifier(told[-1].container, told[-1].dataset)
        )
        assert result.roi == parse_roi(text)
        assert result.dtype == np.float32

    def test_an_earlier_result_is_not_replaced_unasked(self, trained, tmp_path):
        folder, project = trained
        arguments = ("small", 8, folder / "new.zarr", "raw", tmp_path)
        list(predict(*arguments, project=project, device="cpu"))
        with pytest.raises(DataError, match="exists already"):
            next(predict(*arguments, project=project))
        list(predict(*arguments, overwrite=True, project=project, device="cpu"))

    def test_it_ends_with_coarser_levels_and_no_record(self, trained, tmp_path):
        folder, project = trained
        told = list(
            predict(
                *("small", 8, folder / "new.zarr", "raw", tmp_path),
                project=project,
                device="cpu",
            )
        )
        started = next(e for e in told if isinstance(e, events.PredictionStarted))
        assert (started.done, started.dataset) == (0, "prediction_small_8/s0")
        assert [p.name for p in tmp_path.iterdir()] == ["new.zarr"]
        done = [e.done for e in told if isinstance(e, events.BlockDone)]
        assert done == [*range(1, started.total + 1)]

    def test_a_stopped_prediction_goes_on_where_it_was(
        self, trained, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(inference, "TARGET_BLOCK_VOXELS", 1)
        monkeypatch.setattr(ome_zarr, "COARSEST", 16)
        folder, project = trained
        common = {"project": project, "device": "cpu", "pad": True}
        whole = ("small", 8, folder / "new.zarr", "raw", tmp_path / "whole")
        expected = values_of(list(predict(*whole, **common)))

        control = RunControl()
        arguments = ("small", 8, folder / "new.zarr", "raw", tmp_path)
        begun = predict(*arguments, control=control, **common)
        with pytest.raises(StopRequestedError):
            stop_after(2, begun, control)
        [record] = tmp_path.glob("*.unfinished")
        with record.open("a") as file:
            file.write("1")  # cut off while block 1x was noted

        with pytest.raises(DataError, match="with another output_dtype"):
            next(predict(*arguments, output_dtype="float32", **common))
        told = list(predict(*arguments, **common))
        total = told[2].total
        assert "goes on where it stopped: 2 of" in told[1].message
        assert (told[2].done, total > 4) == (2, True)
        blocks = [e for e in told if isinstance(e, events.BlockDone)]
        predicted = [e.done for e in blocks if e.stage == "predict"]
        assert predicted == [*range(3, total + 1)]
        assert "coarser levels" in {e.stage for e in blocks}
        np.testing.assert_array_equal(values_of(told), expected)
        assert not record.exists()
        with pytest.raises(DataError, match="exists already"):
            next(predict(*arguments, **common))

    def test_a_damaged_record_is_not_trusted(self, trained, tmp_path):
        folder, project = trained
        control = RunControl()
        arguments = ("small", 8, folder / "new.zarr", "raw", tmp_path)
        events_ = predict(*arguments, project=project, device="cpu", control=control)
        next(events_)
        events_.close()
        [record] = tmp_path.glob("*.unfinished")
        record.write_text("[")
        with pytest.raises(DataError, match="does not tell how far"):
            next(predict(*arguments, project=project, device="cpu"))
        assert list(predict(*arguments, project=project, overwrite=True))

    def test_a_pause_is_told(self, trained, tmp_path):
        folder, project = trained
        control = RunControl()
        told = []
        for event in predict(
            *("small", 8, folder / "new.zarr", "raw", tmp_path),
            project=project,
            device="cpu",
            control=control,
        ):
            told.append(event)
            if isinstance(event, events.PredictionStarted):
                control.pause()
            elif isinstance(event, events.Paused):
                control.resume()
        kinds = [type(event) for event in told]
        at = kinds.index(events.Paused)
        assert kinds[at - 1 : at + 2] == [
            events.PredictionStarted,
            events.Paused,
            events.Resumed,
        ]

    def test_a_stop_ends_it(self, trained, tmp_path):
        folder, project = trained
        control = RunControl()
        control.stop()
        with pytest.raises(StopRequestedError):
            list(
                predict(
                    *("small", 8, folder / "new.zarr", "raw", tmp_path),
                    project=project,
                    device="cpu",
                    control=control,
                )
            )

    def test_raw_that_cannot_be_brought_to_the_voxel_size(self, trained, tmp_path):
        _, project = trained
        array = ZarrArray.create_from_array_identifier(
            LocalArrayIdentifier(tmp_path / "odd.zarr", "raw"),
            *(["z", "y", "x"], Roi((0, 0, 0), (400, 300, 300)), None, (40, 6, 6)),
            np.uint8,
        )
        assert array.voxel_size == (40, 6, 6)
        with pytest.raises(DataError, match=r"\(40, 6, 6\) nm, which cannot be"):
            next(predict("small", 8, tmp_path / "odd.zarr", "raw", project=project))

    def test_an_unknown_type(self, trained):
        _, project = trained
        with pytest.raises(ConfigError, match="output_dtype: 'int3'"):
            next(predict("small", 8, "a.zarr", output_dtype="int3", project=project))


def stop_after(num_blocks, told, control):
    for event in told:
        if isinstance(event, events.BlockDone) and event.done == num_blocks:
            control.stop()


def values_of(told):
    done = told[-1]
    assert isinstance(done, events.PredictionDone)
    result = ZarrArray.open_from_array_identifier(
        LocalArrayIdentifier(done.container, done.dataset)
    )
    return result[result.roi]


@pytest.mark.parametrize("dims", [2, 3])
def test_blocks_near_the_focus_come_first(dims):
    grid = list(iter_blocks(Roi((4.6,) * dims, (46,) * dims), (9.2,) * dims))
    queue = BlockQueue(grid, finished={0, len(grid) - 1})
    assert len(queue) == 5**dims - 2
    assert queue.take().number == 1, "C order without a focus"
    assert queue.take((4.6,)).number == 2, "a focus of fewer axes is none"
    corner = (7.0, *(50.6,) * dims)  # with a channel in front
    taken = [queue.take(corner) for _ in range(dims)]
    assert {sum(4 - i for i in block.index) for block in taken} == {1}
    rest = [queue.take() for _ in range(len(queue))]
    numbers = [block.number for block in rest]
    assert numbers == sorted(set(range(1, len(grid) - 1)) - {1, 2, *map(num, taken)})
    assert queue.take(corner) is None


def num(block):
    return block.number


@pytest.mark.parametrize("text", ["", "[1:2, 3]", "[a:b]", "[5:5]", "[0:1, 4:2]"])
def test_odd_regions_are_refused(text):
    with pytest.raises(ConfigError, match="roi:"):
        parse_roi(text)


def test_regions_have_the_axes_of_the_volume():
    with pytest.raises(ConfigError, match="has 2 axes, the volume has 3; give one"):
        parse_roi("[0:4, 0:8]", ["z", "y", "x"])


def test_regions_may_be_fractional_and_negative():
    assert parse_roi("[-46:4.6, 0:9.2]") == Roi((-46, 0), (50.6, 9.2))


def test_normalised_input_is_read_with_zeros_beyond_the_border():
    raw = noise(2)
    grown = raw.roi.grow(raw.voxel_size * 2, raw.voxel_size * 3)
    values = inference.read_padded(normalized(raw), grown)
    np.testing.assert_array_equal(values[2:-3, 2:-3], raw.data)
    assert not values[:2].any()
    assert not values[-3:].any()
