import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "runs"))

from small_runs import write_volume

from napari_dacapo.cli._volumes import Volumes


def test_boxes_side_by_side_share_no_voxel(tmp_path):
    write_volume(tmp_path / "v.zarr", 2, 1)  # 4.6 nm, from 46, -23 on
    paths = [str(tmp_path / "v.zarr" / name) for name in ("raw", "labels")]
    rois = []
    for part in ("[46:101, -23:345]", "[101:377, -23:345]"):
        volumes = Volumes("", paths[:1], paths[1:], part)
        [(_, labels)] = volumes.pairs()
        rois.append(labels.create_array().roi)
    first, second = rois
    assert first.intersect(second).empty
    assert float(first.shape[0] + second.shape[0]) == pytest.approx(72 * 4.6)
    assert first.end[0] == second.begin[0] == Fraction("101.2")
