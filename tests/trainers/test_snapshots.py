import numpy as np
import pytest
import torch
import zarr
from training_parts import InMemoryDataset, Net, SmallTask, volumes

from napari_dacapo.trainers import GunpowderTrainerConfig

NAMES = {"raw", "gt", "target", "weight", "mask", "prediction", "gradients"}


def train(container, number, *, start=0, net=None, interval=3, data=None, task=None):
    net = net or Net()
    if data is None:
        raw, gt = volumes((24, 24, 24), (40, 8, 4))
        data = InMemoryDataset("a", raw, gt)
    config = GunpowderTrainerConfig("t", 2, 1e-3, snapshot_interval=interval)
    with config.create_trainer() as trainer:
        optimizer = trainer.create_optimizer(net)
        trainer.load_state_dict({"iteration": start})
        trainer.build_batch_provider([data], net, task or SmallTask(), container)
        list(trainer.iterate(number, net, optimizer, torch.device("cpu")))
    return trainer


@pytest.fixture
def container(tmp_path):
    return tmp_path / "snapshots.zarr"


def test_one_image_per_name_with_a_leading_iteration_axis(container):
    trainer = train(container, 8)
    assert trainer.last_snapshot == 6
    root = zarr.open_group(container, mode="r")
    assert set(root) == NAMES
    for name in NAMES:
        array = root[f"{name}/s0"]
        assert array.shape == (3, *((12,) * 3 if name == "raw" else (8,) * 3))
        assert array.attrs["iterations"] == [0, 3, 6]
        assert array.attrs["axes"] == ["t", "z", "y", "x"]
        assert array.attrs["resolution"] == [40, 8, 4]
    assert root["gt/s0"].dtype == np.int64
    assert root["mask/s0"].dtype == np.uint8
    assert np.array_equal(root["target/s0"][:], root["gt/s0"][:] > 0)


def test_gradients_are_those_of_the_loss(container):
    train(container, 1)
    root = zarr.open_group(container, mode="r")
    part = {name: root[f"{name}/s0"][0] for name in NAMES}
    expected = 2 * part["weight"] * (part["prediction"] - part["target"])
    assert np.allclose(part["gradients"], expected / (2 * 8**3), atol=1e-7)


def test_ome_zarr_places_images_relative_to_the_input(container):
    train(container, 1)
    root = zarr.open_group(container, mode="r")
    for name, offset in (("raw", [0, 0, 0]), ("prediction", [80, 16, 8])):
        multiscale = root[name].attrs["ome"]["multiscales"][0]
        types = [(axis["name"], axis["type"]) for axis in multiscale["axes"]]
        assert types == [("t", "time"), *((a, "space") for a in "zyx")]
        scale, translation = multiscale["datasets"][0]["coordinateTransformations"]
        assert scale["scale"] == [1, 40, 8, 4]
        assert translation["translation"] == [0, *offset]
        assert root[f"{name}/s0"].attrs["offset"] == offset


def test_metadata_is_valid(container):
    models = pytest.importorskip("ome_zarr_models.v05.image")
    train(container, 1)
    image = models.Image.from_zarr(zarr.open_group(container / "raw", mode="r"))
    assert image.attributes.ome.multiscales[0].axes[0].type == "time"


def test_resumed_training_replaces_later_snapshots(container):
    train(container, 8)
    train(container, 3, start=4)
    root = zarr.open_group(container, mode="r")
    assert root["raw/s0"].attrs["iterations"] == [0, 3, 6]
    train(container, 1, start=3)
    assert root["raw/s0"].shape[0] == 2
    assert root["raw/s0"].attrs["iterations"] == [0, 3]


def test_other_shapes_begin_anew(container):
    train(container, 1)
    train(container, 1, start=3, net=Net((14, 14, 14)))
    root = zarr.open_group(container, mode="r")
    assert root["raw/s0"].shape == (1, 14, 14, 14)
    assert root["raw/s0"].attrs["iterations"] == [3]


def test_channels_stay(container):
    raw, gt = volumes((24, 24), (8, 8))
    net = Net((12, 12), channels=2)
    raw._array = np.stack([raw.data, raw.data])
    raw._axes = ["c", "y", "x"]
    train(container, 1, net=net, data=InMemoryDataset("a", raw, gt))
    array = zarr.open_group(container, mode="r")["raw/s0"]
    assert array.shape == (1, 2, 12, 12)
    assert array.attrs["axes"] == ["t", "c", "y", "x"]


def test_none_without_interval_or_container(container):
    assert train(container, 2, interval=None).last_snapshot is None
    assert train(None, 2, interval=1).last_snapshot is None
    assert not container.exists()
