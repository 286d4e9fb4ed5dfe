"""N5: reversed vectors, attributes that other readers refuse, a missing package."""

from __future__ import annotations

import json
import pickle
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_dacapo.arrays import ZarrArray, ZarrArrayConfig
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.errors import MissingDependencyError

if TYPE_CHECKING:
    from pathlib import Path

tensorstore = pytest.importorskip("tensorstore")
VALUES = np.arange(6 * 8 * 10, dtype=np.uint16).reshape(6, 8, 10)


def _write(container: Path, path: str, attributes: dict[str, Any]) -> None:
    folder = container / path
    spec = {
        "driver": "n5",
        "kvstore": {"driver": "file", "path": f"{folder}/"},
        "metadata": {
            "dimensions": VALUES.shape[::-1],
            "blockSize": [5, 4, 3],
            "dataType": "uint16",
            "compression": {"type": "gzip"},
        },
    }
    tensorstore.open(spec, create=True).result().write(VALUES.T).result()
    document = json.loads((folder / "attributes.json").read_text())
    (folder / "attributes.json").write_text(json.dumps({**document, **attributes}))


ATTRIBUTES = {
    "resolution": {"resolution": [4, 8, 40], "offset": [8, -8, 80]},
    "one resolution": {"resolution": 4, "axes": ["x", "y", "z"]},
    "pixelResolution": {
        "pixelResolution": {"dimensions": [0.004, 0.008, 0.04], "unit": "um"}
    },
    "transform": {
        "transform": {
            "axes": ["z", "y", "x"],
            "scale": [40, 8, 4],
            "translate": [80, -8, 8],
            "units": ["nm"] * 3,
        }
    },
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_reading(tmp_path: Path, name: str) -> None:
    _write(tmp_path / "a.n5", "raw/s0", ATTRIBUTES[name])
    array = ZarrArrayConfig("a", tmp_path / "a.n5", "raw/s0").create_array()
    is_single = name == "one resolution"
    assert array.voxel_size == ((4, 4, 4) if is_single else (40, 8, 4))
    has_offset = name in ("resolution", "transform")
    assert array.roi.offset == ((80, -8, 8) if has_offset else (0, 0, 0))
    assert array.axes == ["z", "y", "x"]
    assert array.data.chunks == (3, 4, 5)
    np.testing.assert_array_equal(array[array.roi], VALUES)
    np.testing.assert_array_equal(array.data[2, 1:3, ::2], VALUES[2, 1:3, ::2])
    copy = pickle.loads(pickle.dumps(array))  # noqa: S301
    np.testing.assert_array_equal(copy[copy.roi], VALUES)


def test_levels_of_the_n5_viewer(tmp_path: Path) -> None:
    container = tmp_path / "a.n5"
    _write(container, "raw/s0", {})
    _write(container, "raw/s1", {"downsamplingFactors": [2, 2, 1]})
    pixel = {"pixelResolution": {"dimensions": [4, 8, 40], "unit": "nm"}}
    (container / "raw/attributes.json").write_text(json.dumps(pixel))
    sizes = [info.voxel_size for info in list_arrays(container)]
    assert sizes == [(40, 8, 4), (40, 16, 8)]


def test_attributes_are_kept_when_metadata_are_added(tmp_path: Path) -> None:
    _write(tmp_path / "a.n5", "raw", ATTRIBUTES["resolution"])
    array = ZarrArrayConfig("a", tmp_path / "a.n5", "raw").create_array()
    array.add_metadata({"offset": [40, 0, 4], "note": "x"})
    moved = ZarrArrayConfig("a", tmp_path / "a.n5", "raw").create_array()
    assert moved.roi.offset == (40, 0, 4)
    assert moved.attrs["note"] == "x"
    np.testing.assert_array_equal(moved[moved.roi], VALUES)


def test_missing_tensorstore_tells_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "a.n5", "raw", {})
    monkeypatch.setitem(sys.modules, "tensorstore", None)
    config = ZarrArrayConfig("a", tmp_path / "a.n5", "raw")
    with pytest.raises(MissingDependencyError, match=r"pip install .*\[n5\]"):
        ZarrArray(config)
    assert "pip install" in config.verify()[1]
    assert [info.path for info in list_arrays(tmp_path / "a.n5")] == ["raw"]
