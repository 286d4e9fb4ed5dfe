import numpy as np
import pytest
import torch
from training_parts import InMemoryDataset, Net, Threshold, array, volumes

from napari_dacapo.arrays.base import Array
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.trainers._annotation import LazyAnnotation
from napari_dacapo.trainers._dataset_source import DatasetSource
from napari_dacapo.trainers._sources import MemoryBudget
from napari_dacapo.trainers.sampling import CropSizes


class Stored(Array):
    """An array that counts how often it is read."""

    def __init__(self, array):
        self._array, self.reads = array, 0

    axes = property(lambda self: self._array.axes)
    voxel_size = property(lambda self: self._array.voxel_size)
    roi = property(lambda self: self._array.roi)
    dtype = property(lambda self: self._array.dtype)
    num_channels = property(lambda self: self._array.num_channels)

    def _read(self, roi):
        self.reads += 1
        return self._array[roi]


def source_of(dataset, net=None, *, budget=2**30, grow=0, **options):
    """Return the source of a dataset and the warnings it gave."""
    net = net or Net((12,) * dataset.raw.dims)
    sizes = CropSizes.of(net, Threshold(grow), dataset.raw.voxel_size)
    warnings = []
    source = DatasetSource(
        dataset, sizes, MemoryBudget(budget), warn=warnings.append, **options
    )
    return source, sizes, warnings


def load(source, sizes, offset):
    return source.load(sizes.request(Coordinate(offset)))


class TestReading:
    def test_raw_is_normalised_and_padded_with_zeros(self):
        raw, gt = volumes((16, 16, 16))
        source, sizes, _ = source_of(InMemoryDataset("a", raw, gt))
        sample = load(source, sizes, (-2, 4, 8))
        assert sample.raw.shape == (1, 12, 12, 12)
        assert sample.raw.dtype == torch.float32
        assert not sample.raw[:, :4].any()
        assert not sample.raw[..., 10:].any()
        inside = torch.from_numpy(raw.data[:8, 2:14, 6:16]) / 255
        assert torch.equal(sample.raw[0, 4:, :, :10], inside)

    def test_labels_and_mask_are_zero_outside(self):
        raw, gt = volumes((16, 16, 16))
        gt = array(gt.data[4:12] + 1, offset=(4, 0, 0))
        source, sizes, _ = source_of(InMemoryDataset("a", raw, gt))
        sample = load(source, sizes, (0, 12, 0))
        assert sample.gt.dtype == torch.int64
        assert sample.mask.dtype == torch.uint8
        inside = np.zeros((8, 8, 8), bool)
        inside[4:, :4] = True
        assert np.array_equal(sample.mask[0], inside)
        assert np.array_equal(sample.gt[0] > 0, inside)
        assert np.array_equal(sample.gt[0, 4:, :4], gt.data[:4, 12:, :8])

    def test_mask_is_zero_or_one_and_need_not_cover_ground_truth(self):
        raw, gt = volumes((16, 16, 16))
        mask = array(np.full((16, 16, 8), 255, np.uint8))
        source, sizes, _ = source_of(InMemoryDataset("a", raw, gt, mask))
        assert source.region == mask.roi
        sample = load(source, sizes, (0, 0, 4))
        assert np.array_equal(sample.mask[0, 0, 0], [1] * 4 + [0] * 4)
        assert sample.gt[..., 4:].any()

    def test_clip_raw(self):
        raw, gt = volumes((16, 16, 16))
        gt = array(gt.data[:, :8, :8], offset=(0, 4, 4))
        clipped, sizes, _ = source_of(InMemoryDataset("a", raw, gt), clip_raw=True)
        sample = load(clipped, sizes, (4, 4, 4))
        assert not sample.raw[0, :, :2].any()
        assert not sample.raw[0, :, :, 10:].any()
        whole, _, _ = source_of(InMemoryDataset("a", raw, gt))
        kept = load(whole, sizes, (4, 4, 4)).raw
        assert torch.equal(sample.raw[0, :, 2:10, 2:10], kept[0, :, 2:10, 2:10])

    def test_channels_wherever_they_are(self):
        values = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
        raw = array(values, (4.6, 4.6), axes=["y", "x", "c"])
        gt = array(np.ones((2, 16, 16), bool), (4.6, 4.6))
        source, sizes, _ = source_of(
            InMemoryDataset("a", raw, gt), Net((12, 12), channels=3)
        )
        sample = load(source, sizes, (9.2, 9.2))
        assert np.array_equal(sample.raw, np.moveaxis(values, 2, 0)[:, :12, :12])
        assert sample.gt.dtype == torch.uint8
        assert sample.gt.shape == (2, 8, 8)

    @pytest.mark.parametrize("dtype", [">u2", "bool", "float64"])
    def test_types_of_raw(self, dtype):
        values = (np.arange(256).reshape(16, 16) % 2).astype(dtype)
        raw, gt = array(values), array(np.ones((16, 16), np.int8))
        source, sizes, _ = source_of(InMemoryDataset("a", raw, gt), Net((8, 8)))
        factor = 65535 if dtype == ">u2" else 1
        sample = load(source, sizes, (2, 2))
        assert torch.allclose(
            sample.raw[0] * factor, torch.from_numpy(values[:8, :8].astype(np.float32))
        )

    def test_largest_labels_survive(self):
        labels = np.zeros((16, 16), np.uint64)
        labels[4:8] = 2**53
        labels[8:12] = 2**53 + 1
        labels[12:] = 2**64 - 2
        raw = array(np.zeros((16, 16), np.uint8))
        source, sizes, _ = source_of(
            InMemoryDataset("a", raw, array(labels)), Net((16, 16))
        )
        sample = load(source, sizes, (2, 2))
        restored = source.restore_labels(sample.gt.numpy())
        assert restored.dtype == np.uint64
        assert np.array_equal(restored[0], labels[2:14, 2:14])

    def test_memory(self):
        raw, gt = map(Stored, volumes((24, 24, 24)))
        dataset = InMemoryDataset("a", raw, gt)
        source, sizes, _ = source_of(dataset)
        lazy, _, _ = source_of(dataset, budget=24**3)  # holds one of the two
        assert (raw.reads, gt.reads) == (2, 1)
        for offset in ((2, 2, 2), (9, 9, 9)):
            one, other = load(source, sizes, offset), load(lazy, sizes, offset)
            assert torch.equal(one.raw, other.raw)
            assert torch.equal(one.gt, other.gt)
        assert (raw.reads, gt.reads) == (2, 3)

    def test_large_masks_are_read_where_needed(self, monkeypatch):
        monkeypatch.setattr("napari_dacapo.trainers._dataset_source.MASK_BUDGET", 100)
        raw, gt = volumes((24, 24, 24))
        mask = Stored(array((gt.data > 1).astype(np.uint8)))
        source, _, _ = source_of(InMemoryDataset("a", raw, gt, mask), min_masked=0.3)
        assert isinstance(source.sampler.annotation, LazyAnnotation)
        generator = np.random.default_rng(0)
        for _ in range(20):
            roi = source.sizes.target_roi(source.draw(generator))
            assert source._mask.read(roi).mean() >= 0.3
        assert mask.reads >= 20


class TestPlaces:
    def test_crops_keep_to_the_grids_of_all_arrays(self):
        raw, _ = volumes((16, 16, 16), (40, 8, 8))
        raw = array(raw.data, (40, 8, 8), (20, -4, 2))
        labels = np.ones((16, 20, 32), np.uint8)
        gt = array(labels, (20, 4, 4), (60, 8, 14))
        net = Net((12, 12, 12), upsample=2)
        source, sizes, _ = source_of(InMemoryDataset("a", raw, gt), net)
        generator = np.random.default_rng(0)
        for _ in range(50):
            request = sizes.request(source.draw(generator))
            offset = request.raw_roi.offset - raw.roi.offset
            assert offset.is_multiple_of(raw.voxel_size)
            offset = request.gt_roi.offset - gt.roi.offset
            assert offset.is_multiple_of(gt.voxel_size)
            source.load(request)

    def test_region_is_what_raw_and_ground_truth_share(self):
        raw, _ = volumes((16, 16, 16))
        gt = array(np.ones((16, 16, 24), np.uint8))
        source, _, warnings = source_of(InMemoryDataset("a", raw, gt))
        assert source.region == Roi((0, 0, 0), (16, 16, 16))
        assert "ground truth [0:16, 0:16, 0:24] reaches outside of raw" in warnings[0]

    def test_constant_raw_is_said(self):
        raw = array(np.full((16, 16, 16), 127, np.uint8))
        _, _, warnings = source_of(InMemoryDataset("a", raw, array(LABELS)))
        assert "raw has the single value 127" in warnings[0]

    def test_raw_smaller_than_the_input_is_said(self):
        raw, gt = volumes((1, 48, 64))
        _, _, warnings = source_of(InMemoryDataset("a", raw, gt))
        assert "raw has (1, 48, 64) voxels, fewer than the (12, 12, 12)" in warnings[0]


def replaced(name, value):
    raw, gt = volumes((16, 16, 16), (8, 8, 8))
    dataset = InMemoryDataset("cells", raw, gt)
    setattr(dataset, name, value)
    return dataset


LABELS = np.ones((16, 16, 16), np.uint8)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("gt", None, "'cells' has no ground truth"),
        ("gt", array(LABELS, (16, 8, 8)), r"voxel size \(16, 8, 8\).*upsample_factors"),
        ("gt", array(LABELS, (8, 8, 8), (999, 0, 0)), "nothing in common"),
        ("gt", array(LABELS, (8, 8, 8), (20, 8, 12)), r"offset \(20, 8, 12\).*grids"),
        ("mask", array(LABELS, (4, 8, 8)), r"mask has voxel size \(4, 8, 8\)"),
        ("mask", array(LABELS, (8, 8, 8), (3, 0, 0)), "differ by a part of a voxel"),
        ("mask", array(np.stack([LABELS] * 2), (8, 8, 8)), "mask has 2 channels"),
        ("mask", array(LABELS * 0, (8, 8, 8)), "mask is 0 wherever"),
        ("sample_points", [(-9, 0, 0)], "none of its 1 sample points"),
        ("raw", array(np.stack([LABELS] * 2), (8, 8, 8)), "2 channels.*takes 1"),
        ("raw", array(LABELS.astype(np.int32), (8, 8, 8)), "IntensitiesArrayConfig"),
        ("gt", array(LABELS * 0.5, (8, 8, 8)), "fractional numbers"),
        ("gt", array(LABELS * np.nan, (8, 8, 8)), "fractional numbers"),
    ],
)
def test_what_cannot_be_used(name, value, message):
    dataset = replaced(name, value)
    with pytest.raises(DataError, match=message):
        _use(dataset)


def _use(dataset, **options):
    source, sizes, _ = source_of(dataset, **options)
    load(source, sizes, sizes.raw_voxel_size * 2)


@pytest.mark.parametrize("budget", [0, 2**30])
def test_values_that_are_not_finite(budget):
    values = np.zeros((16, 16, 16), np.float32)
    values[3, 4, 5:7] = np.nan, np.inf
    raw, gt = Stored(array(values)), array(LABELS)
    with pytest.raises(DataError, match="'cells': raw data holds 2 NaN or inf"):
        _use(InMemoryDataset("cells", raw, gt), budget=budget)
