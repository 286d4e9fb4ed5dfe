"""Training masks from annotation metadata, in both schemas and in broken ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from array_data import DATA
from napari_dacapo.arrays import (
    CropArrayConfig,
    MissingAnnotationsMaskConfig,
    ZarrArrayConfig,
)
from napari_dacapo.arrays.missing_annotations_mask import missing_labels
from napari_dacapo.geometry import Roi

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.array([[0, 1, 2], [3, 4, 255]], dtype=np.uint8)
GROUPS = [("a", [1]), ("b", [2, 3]), ("whole", [3, 37])]


def _mask(folder: Path, attributes: dict[str, Any], **keywords: Any) -> np.ndarray:
    attributes = {"resolution": [4, 4], **attributes}
    zarr.create_array(
        str(folder / "l.zarr"), name="l", data=LABELS, attributes=attributes
    )
    source = ZarrArrayConfig("l", folder / "l.zarr", "l")
    config = MissingAnnotationsMaskConfig("m", source, GROUPS, **keywords)
    array = config.create_array()
    mask = array[array.roi]
    assert mask.dtype == array.dtype == bool
    assert array.axes == ["c", "y", "x"]
    assert array.channels == ["a", "b", "whole"]
    return mask


def _entry(value: Any, present: Any, annotated: Any) -> dict[str, Any]:
    state = {"present": present, "annotated": annotated}
    return {"value": value, "annotationState": state}


@pytest.mark.parametrize("annotated", [False, None, "empty"])
def test_class_with_a_missing_label_is_left_out(tmp_path: Path, annotated: Any) -> None:
    labels = [_entry(3, True, annotated), _entry(1, True, "dense")]
    mask = _mask(tmp_path, {"labels": labels})
    trusted = LABELS > 0
    np.testing.assert_array_equal(mask, [trusted, trusted & False, trusted & False])


@pytest.mark.parametrize("annotated", [True, "dense", "sparse"])
def test_annotated_and_absent_labels_are_used(tmp_path: Path, annotated: Any) -> None:
    labels = [_entry(3, True, annotated), _entry(2, False, False)]
    mask = _mask(tmp_path, {"labels": labels})
    np.testing.assert_array_equal(mask, [LABELS > 0] * 3)


def test_annotated_umbrella_saves_a_class(tmp_path: Path) -> None:
    labels = [_entry(3, True, False), _entry(37, True, "dense")]
    mask = _mask(tmp_path, {"labels": labels}, umbrella_ids=[37])
    assert mask.any(axis=(1, 2)).tolist() == [True, False, True]


def test_unannotated_umbrella_does_not(tmp_path: Path) -> None:
    labels = [_entry(3, True, False), _entry(37, True, False)]
    mask = _mask(tmp_path, {"labels": labels}, umbrella_ids=[37])
    assert mask.any(axis=(1, 2)).tolist() == [True, False, False]


def test_cellmap_annotation(tmp_path: Path) -> None:
    """Absent is trusted, unknown is not."""
    encoding = {"absent": 0, "present": 1, "unknown": 255}
    kind = {"type": "semantic_segmentation", "encoding": encoding}
    annotation = {"class_name": "mito", "annotation_type": kind}
    mask = _mask(tmp_path, {"cellmap": {"annotation": annotation}})
    np.testing.assert_array_equal(mask, [LABELS != 255] * 3)


def test_cellmap_annotation_without_unknown_voxels(tmp_path: Path) -> None:
    kind = {"type": "instance_segmentation", "encoding": {"absent": 0}}
    annotation = {"class_name": "mito", "annotation_type": kind}
    assert _mask(tmp_path, {"cellmap": {"annotation": annotation}}).all()


def test_annotation_of_the_group_around(tmp_path: Path) -> None:
    """Read where the array has none of its own, also through other arrays."""
    encoding = {"absent": 0, "present": 1, "unknown": 2}
    kind = {"type": "semantic_segmentation", "encoding": encoding}
    group = zarr.open_group(str(tmp_path / "l.zarr" / "mito"), mode="w")
    group.attrs["cellmap"] = {"annotation": {"annotation_type": kind}}
    group.create_array("s0", data=LABELS, attributes={"resolution": [4, 4]})
    source = ZarrArrayConfig("l", tmp_path / "l.zarr", "mito/s0")
    crop = CropArrayConfig("c", source, Roi((0, 4), (8, 8)))
    array = MissingAnnotationsMaskConfig("m", crop, GROUPS).create_array()
    np.testing.assert_array_equal(array[array.roi], [LABELS[:, 1:] != 2] * 3)


@pytest.mark.skipif(not DATA.is_dir(), reason="the development data are not here")
@pytest.mark.parametrize("name", ["mito", "mito_instance", "all"])
def test_real_cellmap_crop(name: str) -> None:
    """Without an encoding, label 0 is not trusted; with one, "absent" is."""
    crop = f"recon-1/labels/groundtruth/crop2/{name}/s1"
    source = ZarrArrayConfig("l", DATA / "vnc_sstem/vnc_sstem.zarr", crop)
    array = MissingAnnotationsMaskConfig("m", source, [("mito", [1])]).create_array()
    labels = source.create_array()[array.roi]
    expected = labels > 0 if name == "all" else labels >= 0
    np.testing.assert_array_equal(array[array.roi], expected[None])


@pytest.mark.parametrize(
    "labels",
    [None, "x", {}, [1, None], [{}], [_entry("three", True, False)], [{"value": 3}]],
)
def test_other_metadata_are_passed_over(labels: Any) -> None:
    assert missing_labels({"labels": labels}) == set()
