"""Augments as nodes of gunpowder pipelines (https://funkelab.github.io/gunpowder)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from .base import Sample, SampleRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from .base import Augment

RAW, GT, MASK = "raw", "gt", "mask"


def create_node(augment: Augment, raw_key: Any, gt_key: Any, mask_key: Any) -> Any:
    """Return a ``gunpowder.BatchFilter`` that applies `augment`.

    Raw has to be of floating point numbers (``gunpowder.Normalize``), gt and mask of
    whole numbers with one voxel size; types and leading axes stay as they are. More is
    requested upstream than downstream, as after other augments of gunpowder, so that a
    ``gunpowder.Pad`` belongs before them. What is drawn follows from the random seed of
    the request.

    Parameters
    ----------
    augment : Augment
        What to apply.
    raw_key : gunpowder.ArrayKey
        Raw.
    gt_key, mask_key : gunpowder.ArrayKey or None
        What is moved together with raw; a request need not hold them.
    """
    import gunpowder
    import torch

    pairs = ((RAW, raw_key), (GT, gt_key), (MASK, mask_key))
    keys = {name: key for name, key in pairs if key is not None}

    class AugmentNode(gunpowder.BatchFilter):
        """Applies one augment; prepared and processed in turns, as gunpowder does."""

        def setup(self) -> None:
            self.enable_autoskip()
            for key in keys.values():
                self.updates(key, self.spec[key].copy())

        def prepare(self, request: Any) -> Any:
            specs = {
                name: request[key]
                for name, key in keys.items()
                if key in request and not request[key].placeholder
            }
            boxes = {name: _our_roi(spec.roi) for name, spec in specs.items()}
            voxel_sizes = {name: self.spec[keys[name]].voxel_size for name in specs}
            self.asked = _sample_request(boxes, voxel_sizes)
            generator = torch.Generator().manual_seed(request.random_seed)
            upstream, self.transform = augment.plan(self.asked, generator)
            self.upstream = upstream
            needed = gunpowder.BatchRequest()
            for name, spec in specs.items():
                needed[keys[name]] = spec.copy()
                needed[keys[name]].roi = _their_roi(_box(upstream, name))
            return needed

        def process(self, batch: Any, request: Any) -> None:
            arrays = {name: batch[key] for name, key in keys.items() if key in batch}
            data = {name: array.data for name, array in arrays.items()}
            sample = self.transform(_sample(data, self.upstream))
            for name, array in arrays.items():
                spec = array.spec.copy()
                spec.roi = _their_roi(_box(self.asked, name))
                values = _restored(getattr(sample, name), array.data, spec.roi.dims)
                batch[keys[name]] = gunpowder.Array(values, spec, array.attrs)

    return AugmentNode()


def _our_roi(roi: Any) -> Roi:
    return Roi(tuple(roi.offset), tuple(roi.shape))


def _their_roi(roi: Roi) -> Any:
    import gunpowder

    return gunpowder.Roi(roi.offset.as_integers(), roi.shape.as_integers())


def _box(request: SampleRequest, name: str) -> Roi:
    return request.raw_roi if name == RAW else request.gt_roi


def _sample_request(
    boxes: Mapping[str, Roi], voxel_sizes: Mapping[str, Any]
) -> SampleRequest:
    """Return the request of a sample that covers all boxes.

    What was not asked for counts as asked for with the others.
    """
    labels = [name for name in (GT, MASK) if name in boxes]
    if len({tuple(voxel_sizes[name]) for name in labels}) > 1:
        raise DataError(
            f"gt has voxel size {voxel_sizes[GT]}, the mask {voxel_sizes[MASK]}; "
            "they must be equal to be augmented together"
        )
    label = labels[0] if labels else RAW
    raw = RAW if RAW in boxes else label
    gt_roi = boxes[label]
    for name in labels:
        gt_roi = gt_roi.union(boxes[name])
    return SampleRequest(
        boxes[raw],
        gt_roi,
        Coordinate(tuple(voxel_sizes[raw])),
        Coordinate(tuple(voxel_sizes[label])),
    )


def _sample(data: Mapping[str, NDArray[Any]], request: SampleRequest) -> Sample:
    """Return `data` as a sample that covers `request`, zeros for what is missing."""
    import torch

    dims = request.raw_roi.dims
    raw_shape = (request.raw_roi.shape / request.raw_voxel_size).as_integers()
    gt_shape = (request.gt_roi.shape / request.gt_voxel_size).as_integers()
    empty: dict[str, NDArray[Any]] = {
        RAW: np.zeros(raw_shape, np.float32),
        GT: np.zeros(gt_shape, np.uint8),
        MASK: np.zeros(gt_shape, np.uint8),
    }
    tensors = []
    for name, nothing in empty.items():
        values = data.get(name, nothing)
        values = _raw(values) if name == RAW else _labels(values, name)
        flat = values.reshape(-1, *values.shape[values.ndim - dims :])
        tensors.append(torch.from_numpy(np.ascontiguousarray(flat)))
    return Sample(*tensors)


def _raw(values: NDArray[Any]) -> NDArray[np.float32]:
    if values.dtype.kind != "f":
        raise DataError(
            f"raw is {values.dtype}; augments need floating point numbers from 0 to "
            "1: put a gunpowder.Normalize before them"
        )
    return values.astype(np.float32, copy=False)


def _labels(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Return labels in a type that torch can compute with, every bit kept."""
    if values.dtype.kind not in "bui":
        raise DataError(f"{name} is {values.dtype}; it has to hold whole numbers")
    if values.dtype == np.uint64:
        return values.view(np.int64)
    return values.astype(np.uint8 if values.dtype.kind == "b" else np.int64)


def _restored(values: Tensor, like: NDArray[Any], dims: int) -> NDArray[Any]:
    """Return `values` with the type and the leading axes of `like`."""
    leading = like.shape[: like.ndim - dims]
    found: NDArray[Any] = values.numpy()
    found = found.reshape(*leading, *found.shape[1:])
    return (
        found.view(np.uint64) if like.dtype == np.uint64 else found.astype(like.dtype)
    )
