"""Augments inside real gunpowder pipelines.

gunpowder is no dependency: run this in an environment of its own, with Python 3.12 or
newer (``pip install -e .[gunpowder,test]``), or with zarr 2 beside gunpowder 1.4.
"""

import numpy as np
import pytest

from napari_dacapo.trainers.augments import (
    Augment,
    BlurAugmentConfig,
    ElasticAugmentConfig,
    GammaAugmentConfig,
    IntensityAugmentConfig,
    ShiftSectionsAugmentConfig,
    SimpleAugmentConfig,
)

gp = pytest.importorskip("gunpowder")

RAW, GT, MASK = map(gp.ArrayKey, ("RAW", "GT", "MASK"))
KEYS = {"RAW": RAW, "GT": GT, "MASK": MASK}
VOXEL = gp.Coordinate((40, 8, 8))
EVERYWHERE = gp.Roi((-4000, -800, -800), (8000, 1600, 1600))


class Places(gp.BatchProvider):
    """Raw is y / 1000 in two channels; labels and mask are y / 8 of voxel middles."""

    def __init__(self, raw_dtype=np.float32):
        self.raw_dtype = raw_dtype

    def setup(self):
        for key in KEYS.values():
            self.provides(key, gp.ArraySpec(EVERYWHERE, VOXEL))

    def provide(self, request):
        batch = gp.Batch()
        for key, spec in request.items():
            shape = spec.roi.shape / VOXEL
            line = spec.roi.offset[1] + 8 * np.arange(shape[1]) + 4
            values = np.broadcast_to(line[:, None], shape)
            if key == RAW:
                values = np.stack([values / 1000] * 2).astype(self.raw_dtype)
            else:
                kind = np.uint64 if key == GT else np.uint8
                values = ((values + 800) // 8).astype(kind)
            whole = self.spec[key].copy()
            whole.roi = spec.roi
            batch[key] = gp.Array(np.ascontiguousarray(values), whole)
        return batch


def request(seed=1, names=("RAW", "GT", "MASK")):
    asked = gp.BatchRequest(random_seed=seed)
    boxes = {
        "RAW": gp.Roi((-200, -80, -80), (400, 160, 160)),
        "GT": gp.Roi((-120, -64, -64), (240, 128, 128)),
        "MASK": gp.Roi((-80, -48, -48), (160, 96, 96)),
    }
    for name in names:
        asked[KEYS[name]] = gp.ArraySpec(boxes[name])
    return asked


def run(config, asked, **options):
    pipeline = Places(**options) + config.node(RAW, GT, MASK)
    with gp.build(pipeline):
        return pipeline.request_batch(asked)


MOVING = [
    (SimpleAugmentConfig(), 0),
    (ElasticAugmentConfig([4, 8, 8], [20, 6, 6], (0, 3)), 4.01),
    (ShiftSectionsAugmentConfig(16.0, 0.2, 0.2), 0),
]


@pytest.mark.parametrize(("config", "tolerance"), MOVING)
def test_raw_and_labels_move_together(config, tolerance):
    asked = request()
    batch = run(config, asked)
    for key, spec in asked.items():
        assert batch[key].spec.roi == spec.roi
    raw, gt, mask = (batch[key].data for key in (RAW, GT, MASK))
    assert (raw.dtype, gt.dtype, mask.dtype) == (np.float32, np.uint64, np.uint8)
    assert np.array_equal(raw[0], raw[1])
    place = raw[0, 2:8, 2:18, 2:18] * 1000
    assert np.abs(place - (gt.astype(float) * 8 + 4 - 800)).max() <= tolerance + 1e-2
    assert np.array_equal(gt[1:5, 2:14, 2:14], mask)
    again, other = run(config, request()), run(config, request(7))
    assert np.array_equal(again[RAW].data, raw)
    assert np.array_equal(again[GT].data, gt)
    assert not np.array_equal(other[RAW].data, raw)


@pytest.mark.parametrize(
    "config",
    [
        GammaAugmentConfig((2, 2)),
        IntensityAugmentConfig((0.5, 0.6), (0.1, 0.2), clip=False),
        BlurAugmentConfig((16, 16), augmentation_probability=1),
    ],
)
def test_grey_values_change_and_labels_do_not(config):
    bare = IntensityAugmentConfig((1, 1), (0, 0), clip=False)
    before, after = run(bare, request()), run(config, request())
    assert np.array_equal(before[GT].data, after[GT].data)
    assert before[RAW].data.shape == after[RAW].data.shape
    assert not np.array_equal(before[RAW].data, after[RAW].data)


@pytest.mark.parametrize("names", [("RAW",), ("GT", "MASK"), ("RAW", "MASK")])
def test_arrays_that_are_not_asked_for(names):
    asked = request(names=names)
    batch = run(ElasticAugmentConfig([4, 8, 8], [20, 6, 6], (0, 3)), asked)
    for key, spec in asked.items():
        assert batch[key].data.shape[-3:] == tuple(spec.roi.shape / VOXEL)


def test_integers_are_refused_as_raw():
    with pytest.raises(gp.PipelineRequestError, match="Normalize before"):
        run(GammaAugmentConfig((2, 2)), request(), raw_dtype=np.uint8)


def test_without_keys_of_gunpowder_it_is_the_augment():
    assert isinstance(SimpleAugmentConfig().node(), Augment)
    assert isinstance(SimpleAugmentConfig().node("raw", "gt", "mask"), Augment)
    assert isinstance(SimpleAugmentConfig().node(RAW, GT, MASK), gp.BatchFilter)
    assert isinstance(GammaAugmentConfig((1, 2)).node(RAW), gp.BatchFilter)
