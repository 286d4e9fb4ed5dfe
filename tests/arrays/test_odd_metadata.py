"""Whatever metadata files hold, opening answers in a sentence and never crashes."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dacapo.arrays import ZarrArrayConfig
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import DataError

WORDS = ("z", "x", "c", "c^", "nm", "um", "", "F", "s0")
NUMBERS = (0.5, 4.6, 1e300, -1, 0, 1, 2, 3, 4)
INNER_KEYS = [
    "axes",
    "name",
    "type",
    "unit",
    "scale",
    "translate",
    "translation",
    "order",
    "ordering",
    "units",
    "dimensions",
    "path",
    "datasets",
    "coordinateTransformations",
    "transform",
    "multiscales",
]
KEYS = [
    "axes",
    "axis_names",
    "types",
    "_ARRAY_DIMENSIONS",
    "resolution",
    "voxel_size",
    "scale",
    "offset",
    "units",
    "pixelResolution",
    "transform",
    "multiscales",
    "ome",
    "downsamplingFactors",
    "image-label",
    "cellmap",
]


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=4)
    return lists | st.dictionaries(st.sampled_from(INNER_KEYS), inner, max_size=4)


SCALARS = st.sampled_from((None, True, *NUMBERS, *WORDS))
VALUES = st.recursive(SCALARS, _nested, max_leaves=12)
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)
VECTORS = st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=4)
TRANSFORMS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["scale", "translation", "identity", "affine"])},
        optional={"scale": VECTORS, "translation": VECTORS},
    )
)
DATASETS = st.fixed_dictionaries(
    {"path": st.sampled_from(["s0", "s1", 0])},
    optional={"coordinateTransformations": TRANSFORMS | VALUES, "transform": VALUES},
)
IMAGES = st.fixed_dictionaries(
    {"datasets": st.lists(DATASETS, max_size=3) | VALUES},
    optional={"axes": VALUES, "coordinateTransformations": TRANSFORMS | VALUES},
)


@pytest.fixture(scope="module")
def container() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zarr"
        root = zarr.create_group(str(path), zarr_format=2)
        root.create_array("g/s0", shape=(2, 3, 4), dtype="u1")
        yield path


def _check(container: Path) -> None:
    for info in list_arrays(container):
        valid, reason = ZarrArrayConfig("a", container, info.path).verify()
        assert valid is not bool(info.problem), (info.problem, reason)
        assert reason
    with contextlib.suppress(DataError):
        open_path(container)


@settings(max_examples=40)
@given(array=ATTRIBUTES, group=ATTRIBUTES)
def test_odd_attributes(container: Path, array: Any, group: Any) -> None:
    (container / "g/s0/.zattrs").write_text(json.dumps(array))
    (container / "g/.zattrs").write_text(json.dumps(group))
    _check(container)


@settings(max_examples=40)
@given(image=IMAGES)
def test_odd_images(container: Path, image: Any) -> None:
    (container / "g/s0/.zattrs").write_text("{}")
    (container / "g/.zattrs").write_text(json.dumps({"multiscales": [image]}))
    _check(container)


@settings(max_examples=40)
@given(key=st.sampled_from(["shape", "chunks", "dtype", "zarr_format"]), value=VALUES)
def test_odd_array_metadata(container: Path, key: str, value: Any) -> None:
    for name in ("g/.zattrs", "g/s0/.zattrs"):
        (container / name).write_text("{}")
    file = container / "g/s0/.zarray"
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, key: value}))
    try:
        for info in list_arrays(container):
            assert ZarrArrayConfig("a", container, info.path).verify()[1]
    finally:
        file.write_text(json.dumps(document))
