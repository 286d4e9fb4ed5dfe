"""`inspect`: what is printed, and with which exit code it ends."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from small_runs import write_volume

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray


@pytest.fixture
def container(tmp_path):
    """A container with raw and labels of a volume."""
    path = tmp_path / "volume.zarr"
    write_volume(path, 3, seed=1)
    return path


def test_the_interpretation_of_a_container(command, container):
    done = command("inspect", container)
    assert done.code == 0
    assert done.err == ""
    first, labels, raw = done.out.splitlines()
    assert first == str(container)
    assert raw.strip() == (
        "raw: raw, z y x, 14 x 40 x 44, uint8, voxels of (40, 8, 4) nm, "
        "offset (400, -80, 12) nm, zarr2 in chunks of 14 x 40 x 44"
    )
    assert labels.strip().startswith("labels: labels, z y x, 14 x 40 x 44, uint32")


def test_a_part_of_a_container(command, container):
    done = command("inspect", container / "raw")
    assert done.code == 0
    assert len(done.out.splitlines()) == 2
    refused = command("inspect", container / "rau").refused()
    assert "no array 'rau'" in refused
    assert "the arrays there are: labels, raw" in refused


def test_images_have_levels(command, container):
    axes = [{"name": a, "type": "space", "unit": "micrometer"} for a in "zyx"]
    scale = [{"type": "scale", "scale": [0.04, 0.008, 0.004]}]
    datasets = [{"path": "raw", "coordinateTransformations": scale}]
    image = {"version": "0.4", "axes": axes, "datasets": datasets}
    (container / ".zattrs").write_text(json.dumps({"multiscales": [image]}))
    done = command("inspect", container)
    assert "  the top level: image with 1 level\n    raw: raw, z y x" in done.out
    assert "voxels of (40, 8, 4) nm" in done.out


def test_a_tiff_file(command, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 8, 9), np.uint16))
    done = command("inspect", tmp_path / "a.tif")
    assert done.code == 0
    assert "5 x 8 x 9, uint16" in done.out
    assert "warning: " in done.out
    assert "says no voxel size" in done.out


def test_json(command, container):
    document = json.loads(command("inspect", container, "--json").out)
    by_path = {info["path"]: info for info in document["arrays"]}
    assert by_path["raw"]["voxel_size"] == [40, 8, 4]
    assert by_path["raw"]["offset"] == [400, -80, 12]
    assert by_path["labels"]["role"] == "labels"
    pair = ["--raw", "raw", "--gt", "labels"]
    document = json.loads(command("inspect", container, *pair, "--json").out)
    assert [f["severity"] for f in document["findings"]] == ["note"]


def test_what_does_not_exist(command, tmp_path):
    assert "does not exist" in command("inspect", tmp_path / "no.zarr").refused()
    assert "neither a TIFF file nor" in command("inspect", tmp_path).refused()
    (tmp_path / "empty.zarr").mkdir()
    command("inspect", tmp_path / "empty.zarr").refused()


def test_a_pair_that_fits(command, container):
    done = command("inspect", container, "--raw", "raw", "--gt", "labels")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "raw and gt fit together"


def test_a_pair_in_two_containers(command, container, tmp_path):
    other = tmp_path / "other.zarr"
    write_volume(other, 3, seed=1, shift=400)
    done = command("inspect", container, "--raw", "raw", "--gt", other / "labels")
    assert "they have nothing in common" in done.refused()


def test_the_task_matters(command, container):
    place = LocalArrayIdentifier(container, "labels")
    labels = ZarrArray.open_from_array_identifier(place)
    labels[labels.roi] = labels[labels.roi] > 0
    pair = ["inspect", container, "--raw", "raw", "--gt", "labels", "--task"]
    done = command(*pair, "affinities")
    assert done.code == 0
    assert "warning: gt " in done.out
    assert "there is a single label, 1, in" in done.out
    assert done.out.splitlines()[-1] == "usable, see the warnings"
    assert command(*pair, "distance").out == "raw and gt fit together\n"
    assert "'magic' is unknown" in command(*pair, "magic").refused()


def test_half_a_pair(command, container):
    refused = command("inspect", container, "--raw", "raw").refused()
    assert "--raw and --gt belong together" in refused
