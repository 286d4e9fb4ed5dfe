"""Training masks from annotation metadata, in both schemas and in broken ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from napari_dacapo.arrays import MissingAnnotationsMaskConfig, ZarrArrayConfig
from napari_dacapo.arrays.missing_annotations_mask import missing_labels

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


@pytest.mark.parametrize(
    "labels",
    [None, "x", {}, [1, None], [{}], [_entry("three", True, False)], [{"value": 3}]],
)
def test_other_metadata_are_passed_over(labels: Any) -> None:
    assert missing_labels({"labels": labels}) == set()
