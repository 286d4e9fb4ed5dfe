"""Layers made from arrays, and arrays made from layers, in their true places."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_dacapo.arrays import Array, NumpyArray, ZarrArray
from napari_dacapo.arrays._ome_zarr import add_pyramid, create_image
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.arraytypes import (
    AnnotationArray,
    DistanceArray,
    IntensitiesTypeArray,
    ProbabilityArray,
)
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._array_views import ArrayView, ProcessedView
from napari_dacapo.gui._layer_arrays import array_config_from_layer
from napari_dacapo.gui._layers import find_layer, show_array

ANISOTROPIC = (40, 8, 4)
FRACTIONAL = (50, 4.6, 4.6)
PLANE = (8, 4)


def make(voxel_size, shape=None, offset=None, axes=None, channels=None, dtype="u1"):
    """Return an array of distinct values somewhere off the origin."""
    dims = len(voxel_size)
    shape = shape or (6, 10, 12)[-dims:]
    offset = Coordinate(voxel_size) * 3 if offset is None else Coordinate(offset)
    axes = ["z", "y", "x"][-dims:]
    full = shape if channels is None else (channels, *shape)
    values = np.arange(np.prod(full), dtype="u4").reshape(full).astype(dtype)
    roi = Roi(offset, Coordinate(shape) * voxel_size)
    axes = axes if channels is None else ["c", *axes]
    return NumpyArray.from_np_array(values, roi, voxel_size, axes)


@pytest.fixture
def viewer():
    """A viewer without a window: quick, and layers do not know the difference."""
    return ViewerModel()


class Virtual(Array):
    """An array without data of its own."""

    def __init__(self, array):
        self._inner = array

    axes = property(lambda self: self._inner.axes)
    voxel_size = property(lambda self: self._inner.voxel_size)
    roi = property(lambda self: self._inner.roi)
    dtype = property(lambda self: self._inner.dtype)
    num_channels = property(lambda self: self._inner.num_channels)

    def _read(self, roi):
        return self._inner[roi]


@pytest.mark.parametrize("voxel_size", [ANISOTROPIC, FRACTIONAL, PLANE], ids=str)
def test_the_layer_lies_where_the_array_lies(viewer, voxel_size):
    array = make(voxel_size)
    layer = show_array(viewer, array, "raw")
    np.testing.assert_allclose(layer.scale, voxel_size)
    # napari places voxel centres, an array's offset is the outer corner
    center = np.array(voxel_size) * 3.5
    np.testing.assert_allclose(layer.translate, center)
    np.testing.assert_allclose(layer.world_to_data(layer.translate), 0, atol=1e-9)
    assert {str(unit) for unit in layer.units} == {"nanometer"}
    assert list(layer.axis_labels) == array.axes


def test_arrays_of_three_resolutions_share_their_corner(viewer):
    box = Roi((400, 80, 40), (240, 160, 80))
    sizes = [(40, 8, 4), (80, 16, 8), (20, 4, 2)]  # raw, coarse, super-resolution
    layers = []
    for size in sizes:
        shape = (box.shape / size).as_integers()
        array = make(size, shape=shape, offset=box.offset)
        layers.append(show_array(viewer, array, f"{size}"))
    for layer, size in zip(layers, sizes, strict=True):
        corner = np.array(layer.translate) - np.array(size) / 2
        np.testing.assert_allclose(corner, box.offset.as_floats())
        far = corner + np.array(layer.data.shape) * size
        np.testing.assert_allclose(far, box.end.as_floats())


def test_channels_stay_one_layer_beside_volumes_without(viewer):
    show_array(viewer, make(ANISOTROPIC), "raw")
    layer = show_array(viewer, make(ANISOTROPIC, channels=3), "prediction")
    assert layer.ndim == 4
    assert layer.scale[0] == 1
    assert layer.translate[0] == 0
    assert list(layer.axis_labels) == ["c", "z", "y", "x"]
    assert viewer.layers.extent.units is not None, "units must be consistent"


@pytest.mark.parametrize(
    ("meaning", "dtype", "kind", "limits"),
    [
        (AnnotationArray(), "u8", "Labels", None),
        (DistanceArray(), "u1", "Image", [0, 255]),
        (DistanceArray(), "f4", "Image", [-1, 1]),
        (ProbabilityArray(), "f4", "Image", [0, 1]),
        (IntensitiesTypeArray(), "u2", "Image", None),
    ],
    ids=lambda value: str(value),
)
def test_the_meaning_decides_how_it_is_shown(viewer, meaning, dtype, kind, limits):
    layer = show_array(viewer, make(ANISOTROPIC, dtype=dtype), "x", meaning=meaning)
    assert type(layer).__name__ == kind
    if limits is not None:
        assert layer.contrast_limits == limits


def test_a_layer_is_made_once_and_keeps_what_the_user_set(shown_viewer):
    viewer = shown_viewer
    camera = getattr(viewer, "scene", viewer).camera
    layer = show_array(viewer, make(ANISOTROPIC), "prediction")
    layer.name = "mine"
    layer.visible = False
    layer.contrast_limits = (3, 9)
    layer.opacity = 0.4
    camera.zoom = 0.123
    viewer.dims.set_current_step(0, 4)
    again = show_array(viewer, make(ANISOTROPIC, offset=(0, 0, 0)), "prediction")
    assert again is layer
    assert (layer.name, layer.visible, layer.opacity) == ("mine", False, 0.4)
    assert layer.contrast_limits == [3, 9]
    assert camera.zoom == 0.123
    np.testing.assert_allclose(layer.translate, (20, 4, 2))


def test_a_removed_layer_is_made_again(viewer):
    layer = show_array(viewer, make(ANISOTROPIC), "prediction")
    viewer.layers.remove(layer)
    assert find_layer(viewer, "prediction") is None
    assert show_array(viewer, make(ANISOTROPIC), "prediction") is not layer


def test_layers_without_unit_get_company_without_unit(viewer):
    viewer.add_image(np.zeros((4, 5, 6)), scale=ANISOTROPIC)
    layer = show_array(viewer, make(ANISOTROPIC), "raw")
    assert {str(unit) for unit in layer.units} == {"pixel"}
    np.testing.assert_allclose(layer.scale, ANISOTROPIC)


@pytest.mark.parametrize("channels", [None, 3])
def test_a_view_of_a_virtual_array_indexes_like_numpy(channels):
    array = make(ANISOTROPIC, channels=channels)
    view, whole = ArrayView(Virtual(array)), array.data
    assert (view.shape, view.ndim, view.size) == (whole.shape, whole.ndim, whole.size)
    for index in (
        np.s_[2],
        np.s_[1:3],
        np.s_[..., 4],
        np.s_[-1, ::2, 5:1:-2],
        np.s_[:, 3, :],
        np.s_[0:0],
    ):
        np.testing.assert_array_equal(view[index], whole[index], str(index))
    np.testing.assert_array_equal(np.asarray(view), whole)


def test_virtual_arrays_are_shown_slice_by_slice(viewer):
    layer = show_array(viewer, Virtual(make(ANISOTROPIC)), "virtual")
    assert isinstance(layer.data, ArrayView)
    viewer.dims.set_current_step(0, 2)
    value = layer.get_value((40 * 5.5, 8 * 3.5, 4 * 3.5), world=True)
    assert value == layer.data[2, 0, 0]


@pytest.mark.parametrize(("channels", "keeps"), [(1, True), (3, True), (3, False)])
def test_a_processed_view_computes_only_the_slice_asked_for(channels, keeps):
    prediction = np.random.default_rng(0).integers(0, 255, (channels, 5, 6, 7), "u1")
    seen = []

    def function(values):
        seen.append(values.shape)
        return (values > 100).view("u1") if keeps else values.argmax(0).astype("u1")

    view = ProcessedView(prediction, function)
    whole = function(prediction)
    whole = whole[0] if keeps and channels == 1 else whole
    assert view.shape == whole.shape
    np.testing.assert_array_equal(view[..., 2, :, :], whole[..., 2, :, :])
    assert seen[-1] == (channels, 1, 6, 7)
    np.testing.assert_array_equal(np.asarray(view), whole)


@pytest.mark.parametrize("voxel_size", [ANISOTROPIC, FRACTIONAL, PLANE], ids=str)
@pytest.mark.parametrize("channels", [None, 2])
def test_layers_in_memory_become_arrays_at_the_same_place(
    viewer, project_folder, voxel_size, channels
):
    array = make(voxel_size, channels=channels)
    layer = show_array(viewer, array, "my raw")
    config = array_config_from_layer(layer, project_folder)
    stored = config.create_array()
    assert config.name == "my raw"
    assert config.file_name.parent == project_folder / "data"
    assert (stored.voxel_size, stored.roi) == (array.voxel_size, array.roi)
    assert stored.axes == array.axes
    np.testing.assert_array_equal(stored[stored.roi], array.data)


def test_the_same_layer_is_stored_once_and_a_changed_one_beside_it(
    viewer, project_folder
):
    labels = np.zeros((5, 6, 7), "u1")
    layer = viewer.add_labels(labels, scale=ANISOTROPIC, units="nm", name="cells")
    first = array_config_from_layer(layer, project_folder)
    assert array_config_from_layer(layer, project_folder) == first
    labels[2] = 3
    second = array_config_from_layer(layer, project_folder)
    assert second.file_name != first.file_name
    assert not first.create_array()[first.create_array().roi].any()
    assert second.create_array()[second.create_array().roi].sum() == 3 * 6 * 7


@pytest.mark.parametrize(
    ("unit", "factor"), [("nm", 1), ("um", 1000), ("angstrom", 0.1), ("pixel", 1)]
)
def test_units_are_converted(viewer, project_folder, unit, factor):
    layer = viewer.add_image(
        np.zeros((4, 5, 6), "u1"),
        scale=(0.29, 0.1268, 0.1268),
        translate=(1, 2, 3),
        units=unit,
    )
    array = array_config_from_layer(layer, project_folder).create_array()
    size = Coordinate(0.29, 0.1268, 0.1268) * factor
    assert array.voxel_size == size
    assert array.roi.offset == Coordinate(1, 2, 3) * factor - size / 2


def test_multiscale_layers_count_at_full_resolution(viewer, project_folder):
    fine = np.arange(8 * 16 * 16, dtype="u2").reshape(8, 16, 16)
    layer = viewer.add_image(
        [fine, fine[:, ::2, ::2]], multiscale=True, scale=ANISOTROPIC, units="nm"
    )
    array = array_config_from_layer(layer, project_folder).create_array()
    assert array.shape == (8, 16, 16)
    assert array.voxel_size == ANISOTROPIC


def test_colour_images_get_a_channel_axis_in_front(viewer, project_folder):
    picture = np.random.default_rng(0).integers(0, 255, (8, 9, 3), "u1")
    layer = viewer.add_image(picture, rgb=True, scale=PLANE, units="nm")
    array = array_config_from_layer(layer, project_folder).create_array()
    assert array.axes == ["c", "y", "x"]
    np.testing.assert_array_equal(array[array.roi], picture.transpose(2, 0, 1))


@pytest.mark.parametrize("labels", ["xyz", "zxy", "yxc", "zyxc"])
def test_axes_in_another_order_are_put_in_order(viewer, project_folder, labels):
    sizes = {"c": 1, "z": 40, "y": 8, "x": 4.6}
    lengths = {"c": 2, "z": 5, "y": 6, "x": 7}
    order = sorted(labels, key="czyx".index)
    values = np.random.default_rng(0).random([lengths[a] for a in labels])
    layer = viewer.add_image(
        values,
        scale=[sizes[a] for a in labels],
        translate=[0 if a == "c" else sizes[a] * 2.5 for a in labels],
        units=["pixel" if a == "c" else "nm" for a in labels],
        axis_labels=list(labels),
    )
    array = array_config_from_layer(layer, project_folder).create_array()
    spatial = [a for a in order if a != "c"]
    assert array.axes == order
    size = Coordinate(sizes[a] for a in spatial)
    assert (array.voxel_size, array.roi.offset) == (size, size * 2)
    expected = values.transpose([labels.index(a) for a in order])
    np.testing.assert_array_equal(array[array.roi], expected)


def test_turning_the_view_changes_nothing(viewer, project_folder):
    layer = show_array(viewer, make(ANISOTROPIC), "raw")
    viewer.dims.order = (2, 0, 1)
    array = array_config_from_layer(layer, project_folder).create_array()
    assert (array.shape, array.voxel_size) == ((6, 10, 12), ANISOTROPIC)


def test_a_single_channel_is_dropped(viewer, project_folder):
    layer = show_array(viewer, make(ANISOTROPIC, channels=1), "raw")
    array = array_config_from_layer(layer, project_folder).create_array()
    assert array.num_channels is None
    np.testing.assert_array_equal(array[array.roi], layer.data[0])


@pytest.fixture
def stored(tmp_path):
    """An OME-Zarr pyramid with its place written down."""
    array = make(ANISOTROPIC, shape=(8, 300, 300), dtype="u2")
    container = tmp_path / "volume.zarr"
    image = create_image(
        container,
        "volumes/raw",
        axes=array.axes,
        roi=array.roi,
        voxel_size=array.voxel_size,
        num_channels=None,
        dtype=array.dtype,
    )
    image[array.roi] = array.data
    add_pyramid(container, "volumes/raw")
    return LocalArrayIdentifier(container, "volumes/raw/s0")


def assert_uses(config, identifier):
    assert (config.file_name, config.dataset) == (
        identifier.container,
        identifier.dataset,
    )


@pytest.mark.parametrize("inside", ["", "volumes/raw", "volumes/raw/s0"])
def test_opened_files_are_used_where_they_are(
    viewer, project_folder, stored, inside, request
):
    values = ZarrArray.open_from_array_identifier(stored).data
    path = stored.container / inside
    layer = viewer.add_image(values)
    layer._source = layer._source.model_copy(update={"path": str(path)})
    assert_uses(array_config_from_layer(layer, project_folder), stored)
    assert not (project_folder / "data").exists()


def test_the_zarr_array_of_a_layer_is_used_where_it_is(viewer, project_folder, stored):
    import zarr

    opened = zarr.open_array(str(stored.container / stored.dataset), mode="r")
    layer = viewer.add_image(opened, name="opened")
    assert_uses(array_config_from_layer(layer, project_folder), stored)


def test_what_was_painted_on_a_copy_in_memory_is_stored(viewer, project_folder, stored):
    array = ZarrArray.open_from_array_identifier(stored)
    layer = show_array(viewer, array, "gt", data=np.asarray(array.data))
    layer._source = layer._source.model_copy(update={"path": str(stored.container)})
    assert_uses(array_config_from_layer(layer, project_folder), stored)
    layer.data[5, 3, 3] += 1
    config = array_config_from_layer(layer, project_folder)
    assert config.file_name == project_folder / "data" / "gt.zarr"


def test_a_layer_moved_by_the_user_is_copied_to_its_new_place(
    viewer, project_folder, stored
):
    array = ZarrArray.open_from_array_identifier(stored)
    layer = viewer.add_image(array.data, scale=(50, 8, 4), units="nm", name="moved")
    layer._source = layer._source.model_copy(update={"path": str(stored.container)})
    config = array_config_from_layer(layer, project_folder)
    assert config.file_name == project_folder / "data" / "moved.zarr"
    assert config.create_array().voxel_size == (50, 8, 4)


def test_readers_that_take_the_translation_as_a_centre_are_understood(
    viewer, project_folder, stored
):
    array = ZarrArray.open_from_array_identifier(stored)
    layer = viewer.add_image(
        array.data, scale=ANISOTROPIC, translate=array.roi.offset, units="nm"
    )
    layer._source = layer._source.model_copy(update={"path": str(stored.container)})
    assert_uses(array_config_from_layer(layer, project_folder), stored)


@pytest.mark.parametrize(
    ("keywords", "match"),
    [
        ({"rotate": (0, 0, 30)}, "rotated"),
        ({"axis_labels": ("t", "y", "x")}, "axes t, y, x"),
        ({"units": "second"}, "no length"),
        ({"scale": (1, -1, 1)}, "positive"),
        ({"shear": (0.2, 0, 0)}, "sheared"),
        ({"affine": np.diag([1, 2, 1, 1])}, "affine"),
    ],
    ids=["rotated", "time", "seconds", "mirrored", "sheared", "affine"],
)
def test_what_cannot_be_used_is_refused_with_a_reason(
    viewer, project_folder, keywords, match
):
    layer = viewer.add_image(np.zeros((4, 5, 6)), **keywords)
    with pytest.raises(DataError, match=match):
        array_config_from_layer(layer, project_folder)


@pytest.mark.parametrize("kind", ["points", "shapes"])
def test_other_kinds_of_layers_are_refused(viewer, project_folder, kind):
    layer = getattr(viewer, f"add_{kind}")(np.zeros((4, 3)), name="marks")
    with pytest.raises(DataError, match="'marks' holds no voxels"):
        array_config_from_layer(layer, project_folder)
