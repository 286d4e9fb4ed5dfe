"""Layers saved as OME-Zarr, as we, a validator and napari-ome-zarr read them."""

from __future__ import annotations

import threading

import npe2
import numpy as np
import pytest
import zarr
from container_files import write_image
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.plugins import _initialize_plugins

from array_data import DATA, state_of
from napari_dacapo.errors import DataError
from napari_dacapo.gui._background_call import GivenUpError
from napari_dacapo.gui._export import Export
from napari_dacapo.gui._layer_content import layer_content

PLUGIN = "napari-dacapo"
rng = np.random.default_rng(0)
_initialize_plugins()  # which windows do, and viewers without one do not


def save(viewer, path, version="0.5"):
    """Save all layers as the dialog does, which names the writer."""
    kinds = [layer._type_string for layer in viewer.layers]
    command = f"{PLUGIN}.write_{version.replace('.', '')}"
    writers = npe2.PluginManager.instance().iter_compatible_writers(kinds)
    (writer,) = [each for each in writers if each.command == command]
    assert viewer.layers.save(str(path), _writer=writer) == [str(path)]


def opened(path, plugin=PLUGIN):
    viewer = ViewerModel()
    viewer.open(str(path), plugin=plugin)
    return viewer


def place(layer):
    """Corner cases of the layer's whole transform, and its units."""
    far = tuple(np.array(layer.extent.data[1]))
    ends = [layer.data_to_world((0,) * layer.ndim), layer.data_to_world(far)]
    return np.array(ends, float), [str(unit) for unit in layer.units]


def finest(layer):
    return np.asarray(layer.data[0] if layer.multiscale else layer.data)


def assert_same(layer, saved):
    assert type(layer) is type(saved)
    assert layer.name == saved.name
    np.testing.assert_allclose(saved.scale, layer.scale, rtol=1e-12)
    np.testing.assert_allclose(saved.translate, layer.translate, rtol=1e-12)
    assert [str(u) for u in saved.units] == [str(u) for u in layer.units]
    np.testing.assert_array_equal(finest(saved), finest(layer))
    assert finest(saved).dtype == finest(layer).dtype


def validated(path, inside=""):
    models = pytest.importorskip("ome_zarr_models")
    return models.open_ome_zarr(zarr.open_group(str(path / inside), mode="r"))


@pytest.mark.parametrize("version", ["0.5", "0.4"])
@pytest.mark.parametrize(
    ("unit", "scale", "translate"),
    [
        ("nm", (40, 8, 4), (0, 0, 0)),
        ("um", (0.29, 0.1268, 0.1268), (-1, 2.5, 3.0001)),
        ("pixel", (1, 1, 1), (0.5, 0.5, 0.5)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_image_and_labels_come_back_as_they_were(
    tmp_path, version, unit, scale, translate
):
    viewer = ViewerModel()
    values = rng.integers(0, 4000, (10, 150, 300), "u2")
    viewer.add_image(
        values, scale=scale, translate=translate, units=unit, name="volume"
    )
    half = np.array(scale) / (1, 2, 2)
    viewer.add_labels(
        values.astype("u4").repeat(2, 1).repeat(2, 2),
        scale=half,
        translate=np.array(translate) - (0, *(half[1:] / 2)),
        units=unit,
        name="super-resolution",
    )
    path = tmp_path / "volume.ome.zarr"
    save(viewer, path, version)
    for layer, saved in zip(viewer.layers, opened(path).layers, strict=True):
        assert_same(layer, saved)
        assert saved.multiscale
    image = validated(path)
    (multiscale,) = (getattr(image, "ome_attributes", image.attributes)).multiscales
    first = multiscale.datasets[0].coordinateTransformations
    assert first[1].translation == list(translate)
    assert "ImageLabel" in type(validated(path, "labels/super-resolution")).__name__
    assert "Labels" in type(validated(path, "labels")).__name__
    assert [p.name for p in tmp_path.iterdir()] == ["volume.ome.zarr"]


@pytest.mark.parametrize("version", ["0.5", "0.4"])
def test_napari_ome_zarr_places_it_alike(tmp_path, version):
    """Its version 0.10 reads no translation of any file, so there is none here."""
    pytest.importorskip("napari_ome_zarr")
    viewer = ViewerModel()
    values = rng.integers(0, 255, (5, 140, 130), "u1")
    place_of = {"scale": (50, 4.6, 4.6), "units": "nm"}
    viewer.add_image(values, **place_of, axis_labels=("z", "y", "x"))
    viewer.add_labels(values.astype("i4"), **place_of)
    save(viewer, tmp_path / "v.ome.zarr", version)
    theirs = opened(tmp_path / "v.ome.zarr", "napari-ome-zarr").layers
    assert [type(layer) for layer in theirs] == [Image, Labels]
    for layer, saved in zip(viewer.layers, theirs, strict=True):
        np.testing.assert_allclose(place(saved)[0], place(layer)[0])
        assert place(saved)[1] == place(layer)[1]
        assert list(saved.axis_labels) == ["z", "y", "x"]
        np.testing.assert_array_equal(np.asarray(saved.data[0]), layer.data)


def test_a_copy_of_a_file_says_of_its_place_what_the_file_says(tmp_path):
    write_image(tmp_path / "a.ome.zarr", shape=(5, 140, 130))
    viewer = opened(tmp_path / "a.ome.zarr")
    painted = np.zeros(viewer.layers[0].data[0].shape, "u1")
    place_of = {key: getattr(viewer.layers[0], key) for key in ("scale", "translate")}
    viewer.add_labels(painted, **place_of, units="nm", name="painted")
    save(viewer, tmp_path / "b.ome.zarr")
    levels = [
        zarr.open_group(str(tmp_path / path), mode="r").attrs["ome"]["multiscales"][0]
        for path in ("a.ome.zarr", "b.ome.zarr", "b.ome.zarr/labels/painted")
    ]
    assert levels[0]["datasets"] == levels[1]["datasets"] == levels[2]["datasets"]
    for layer, saved in zip(
        viewer.layers, opened(tmp_path / "b.ome.zarr").layers, strict=True
    ):
        np.testing.assert_allclose(saved.translate, layer.translate)


@pytest.mark.skipif(not DATA.is_dir(), reason="the development data are not here")
@pytest.mark.parametrize(
    "inside",
    [
        "nuclei_ovule/nuclei_1135.ome04.zarr",
        "vnc_sstem/vnc_sstem.zarr/recon-1/labels/groundtruth/crop2/mito",
    ],
)
def test_real_volumes_survive_a_copy(tmp_path, inside):
    viewer = opened(DATA / inside)
    before = state_of(DATA / inside)
    save(viewer, tmp_path / "copy.ome.zarr")
    assert state_of(DATA / inside) == before
    copies = opened(tmp_path / "copy.ome.zarr").layers
    for layer, copy in zip(viewer.layers, copies, strict=True):
        np.testing.assert_allclose(place(copy)[0], place(layer)[0], rtol=1e-12)
        assert place(copy)[1] == place(layer)[1]
        np.testing.assert_array_equal(finest(copy), finest(layer))


@pytest.mark.parametrize(
    ("shape", "keywords", "shown"),
    [
        ((3, 12, 20, 30), {"axis_labels": ("c", "z", "y", "x")}, (3, 12, 20, 30)),
        ((20, 30), {}, (20, 30)),
        ((30, 20, 12), {"axis_labels": ("x", "y", "z")}, (12, 20, 30)),
    ],
    ids=["channels", "plane", "transposed"],
)
def test_axes_are_kept_and_put_in_order(tmp_path, shape, keywords, shown):
    viewer = ViewerModel()
    values = rng.random(shape).astype("f4")
    viewer.add_image(values, units=["pixel"] * len(shape), **keywords, name="a")
    save(viewer, tmp_path / "a.ome.zarr")
    (saved,) = opened(tmp_path / "a.ome.zarr").layers
    assert saved.data.shape == shown
    in_order = (
        values.transpose() if keywords.get("axis_labels", "-")[0] == "x" else values
    )
    np.testing.assert_array_equal(finest(saved), in_order)
    assert "Image" in type(validated(tmp_path / "a.ome.zarr")).__name__


def test_colour_pictures_keep_their_colours(tmp_path):
    viewer = ViewerModel()
    picture = rng.integers(0, 255, (20, 30, 3), "u1")
    viewer.add_image(picture, rgb=True, scale=(8, 4), units="nm", name="stain")
    save(viewer, tmp_path / "stain.ome.zarr")
    saved = opened(tmp_path / "stain.ome.zarr").layers
    assert [each.name for each in saved] == [
        "stain: red",
        "stain: green",
        "stain: blue",
    ]
    for channel, each in enumerate(saved):
        np.testing.assert_array_equal(np.asarray(each.data), picture[..., channel])
        np.testing.assert_array_equal(each.colormap.colors[-1][:3], np.eye(3)[channel])


def test_several_images_become_groups_and_labels_alone_a_label_image(tmp_path):
    viewer = ViewerModel()
    for name in ("raw", "raw", "labels"):
        viewer.add_image(rng.random((20, 30)), units="nm", name=name)
    viewer.add_labels(np.ones((20, 30), int), units="nm", name="cells")
    save(viewer, tmp_path / "many.zarr")
    names = sorted(each.name for each in opened(tmp_path / "many.zarr").layers)
    assert names == ["cells", "labels 2", "raw", "raw [1]"]
    assert (tmp_path / "many.zarr/raw/labels/cells").is_dir()
    del viewer.layers[:3]
    save(viewer, tmp_path / "cells.zarr")
    (cells,) = opened(tmp_path / "cells.zarr").layers
    assert type(cells) is Labels
    assert "ImageLabel" in type(validated(tmp_path / "cells.zarr")).__name__


def test_an_int_image_stays_an_image(tmp_path):
    viewer = ViewerModel()
    viewer.add_image(np.arange(600).reshape(20, 30), units="nm", name="counts")
    save(viewer, tmp_path / "counts.zarr")
    (saved,) = opened(tmp_path / "counts.zarr").layers
    assert type(saved) is Image


def refused(viewer, path, match):
    with pytest.raises(DataError, match=match):
        save(viewer, path)
    assert not list(path.parent.glob(".*")), "nothing may be left behind"


def test_what_cannot_be_saved_is_refused(tmp_path):
    viewer = ViewerModel()
    viewer.add_image(rng.random((4, 5)), rotate=30, name="turned")
    refused(viewer, tmp_path / "a.zarr", "'turned' is rotated")
    viewer.layers.clear()
    viewer.add_image(rng.random((4, 5)), name="good")
    (tmp_path / "taken.zarr").mkdir()
    refused(viewer, tmp_path / "taken.zarr", "exists already; choose another name")
    assert not list((tmp_path / "taken.zarr").iterdir())
    (tmp_path / "file").touch()
    refused(viewer, tmp_path / "file" / "a.zarr", "cannot be written")


def test_a_damaged_source_leaves_no_half_copy(tmp_path):
    write_image(tmp_path / "a.zarr", "raw", shape=(400, 20, 20))
    viewer = opened(tmp_path / "a.zarr/raw/s0")
    for file in (tmp_path / "a.zarr/raw/s0/c/2").rglob("0"):
        if file.is_file():
            file.write_bytes(b"damaged")
    refused(viewer, tmp_path / "b.zarr", "chunk .* is damaged")
    assert not (tmp_path / "b.zarr").exists()


def test_writing_can_be_given_up(tmp_path):
    layer = Image(rng.random((20, 30)))
    stop = threading.Event()
    stop.set()
    export = Export((layer_content(layer),), "0.5", centered=True, given_up=stop)
    with pytest.raises(GivenUpError):
        export.write(tmp_path / "a.zarr")
    assert not list(tmp_path.iterdir())
