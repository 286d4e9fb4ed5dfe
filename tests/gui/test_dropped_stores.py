"""Ten kinds of stores, dropped on the window and on the Experiment dock."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import tifffile
import zarr
from container_files import drop, untouched_settings, write_image
from user import LONG, drop_on

from napari_dacapo.gui._reader_preference import prefer_dacapo

SIZE, SHAPE = (40, 8, 4.6), (6, 40, 50)
PLACED = np.array((2, 3, 4)) * SIZE  # as write_image does
VALUES = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype("u1")


def ome_05(path):
    write_image(path / "a.zarr")
    return path / "a.zarr"


def ome_05_labels(path):
    write_image(path / "a.zarr", labels=True)
    return path / "a.zarr"


def ome_04(path):
    """As other programs write it: zarr 2, scale and translation of first centres."""
    group = zarr.open_group(str(path / "a.zarr"), mode="w", zarr_format=2)
    group.create_array("0", data=VALUES, chunks=(6, 16, 16))
    transforms = [
        {"type": "scale", "scale": SIZE},
        {"type": "translation", "translation": PLACED.tolist()},
    ]
    axes = [{"name": n, "type": "space", "unit": "nanometer"} for n in "zyx"]
    levels = [{"path": "0", "coordinateTransformations": transforms}]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": levels}]
    return path / "a.zarr"


def plain(path, zarr_format, **attributes):
    array = zarr.create_array(
        str(path / "a.zarr"), data=VALUES, chunks=(6, 16, 16), zarr_format=zarr_format
    )
    array.attrs.update(attributes)
    return path / "a.zarr"


def zarr_3(path):
    return plain(path, 3)


def zarr_2(path):
    return plain(path, 2)


def daisy(path):
    """As DaCapo and funlib write it: a group of arrays with offset and voxel size."""
    group = zarr.open_group(str(path / "a.zarr"), mode="w", zarr_format=2)
    array = group.create_array("raw", data=VALUES, chunks=(6, 16, 16))
    array.attrs.update(
        offset=PLACED.tolist(), voxel_size=SIZE, axis_names=["z", "y", "x"]
    )
    return path / "a.zarr"


def one_of_several(path):
    write_image(path / "a.zarr", "em")
    return path / "a.zarr" / "em"


def zipped(path):
    write_image(path / "a.zarr")
    shutil.make_archive(str(path / "a.zarr"), "zip", path / "a.zarr")
    return path / "a.zarr.zip"


def n5(path):
    tensorstore = pytest.importorskip("tensorstore")
    spec = {
        "driver": "n5",
        "kvstore": {"driver": "file", "path": f"{path / 'a.n5' / 'raw'}/"},
        "metadata": {
            "dimensions": SHAPE[::-1],
            "blockSize": [16, 16, 6],
            "dataType": "uint8",
            "compression": {"type": "gzip"},
        },
    }
    tensorstore.open(spec, create=True).result().write(VALUES.T).result()
    attributes = path / "a.n5" / "raw" / "attributes.json"
    document = json.loads(attributes.read_text())
    document.update(resolution=SIZE[::-1], offset=PLACED[::-1].tolist())
    attributes.write_text(json.dumps(document))
    return path / "a.n5"


def tiff(path):
    tifffile.imwrite(path / "a.tif", VALUES)
    return path / "a.tif"


STORES = {
    ome_05: True,
    ome_05_labels: True,
    ome_04: True,
    zarr_3: False,
    zarr_2: False,
    daisy: True,
    one_of_several: True,
    zipped: True,
    n5: True,
    tiff: False,
}


@pytest.mark.parametrize("make", STORES, ids=lambda make: make.__name__)
def test_on_the_window(viewer, tmp_path, make):
    store = make(tmp_path)
    with untouched_settings():
        prefer_dacapo()
        drop(viewer, store)
    [layer] = viewer.layers
    values = np.asarray(layer.data[0] if layer.multiscale else layer.data)
    np.testing.assert_array_equal(values, VALUES)
    if STORES[make]:
        np.testing.assert_allclose(layer.scale, SIZE)
        corner = PLACED + (np.array(SIZE) / 2 if layer.translate[0] % 40 else 0)
        np.testing.assert_allclose(layer.translate, corner)


@pytest.mark.parametrize("make", STORES, ids=lambda make: make.__name__)
def test_on_the_experiment(dock, tmp_path, qtbot, make):
    store = make(tmp_path)
    source = dock.run_editor.data.train.items[0].editor.raw
    drop_on(source, store)
    qtbot.waitUntil(lambda: source.choice is not None, timeout=LONG)
    array = source.value().create_array()
    np.testing.assert_array_equal(array[array.roi], VALUES)
    if STORES[make]:
        assert array.voxel_size == SIZE
    info = dock.run_editor.data.train.items[0].editor.boxes()["raw"].reasons
    qtbot.waitUntil(
        lambda: "6 \N{MULTIPLICATION SIGN} 40" in info.text("info"), timeout=LONG
    )
    told = info.text("info")
    assert ("counts as 1" in told or "assumed" in told) is not STORES[make], told
