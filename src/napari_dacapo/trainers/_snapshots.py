"""Snapshots of training: what the network saw, and what it made of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch
    import zarr
    from numpy.typing import NDArray

    from ._batches import Batch

#: name of the axis along which snapshots follow one another
ITERATION_AXIS = "t"


class Snapshots:
    """Decides which iterations are stored as snapshots, and stores them.

    Attributes
    ----------
    interval : int or None
        Every so many iterations one is due; `None` for none.
    container : Path or None
        Where to; without it, none is written.
    last : int or None
        Iteration of the last one written.
    """

    def __init__(self, interval: int | None, warn: Callable[[str], None]) -> None:
        self.interval, self._warn = interval, warn
        self.container: Path | None = None
        self.last: int | None = None
        self._requested = False

    def request(self) -> None:
        """Store the next iteration, too."""
        self._requested = True

    def is_due(self, iteration: int) -> bool:
        """Whether `iteration` is to be stored."""
        regular = self.interval is not None and iteration % self.interval == 0
        return self.container is not None and (regular or self._requested)

    def write(self, iteration: int, batch: Batch, prediction: torch.Tensor) -> float:
        """Store a snapshot and return the seconds it took.

        A failure is told, but a picture less is no reason to end a training.
        """
        begin = time.perf_counter()
        self._requested = False
        if self.container is not None:
            try:
                write_snapshot(self.container, iteration, batch, prediction)
                self.last = iteration
            except OSError as error:
                self._warn(
                    f"the snapshot of iteration {iteration} could not be written to "
                    f"{self.container} ({error})"
                )
        return time.perf_counter() - begin


def write_snapshot(
    container: Path, iteration: int, batch: Batch, prediction: torch.Tensor
) -> None:
    """Append the first sample of `batch` to the OME-Zarr images of `container`.

    One image each for ``raw``, ``gt``, ``target``, ``weight``, ``mask``,
    ``prediction`` and ``gradients`` (of the loss, by the prediction), with the
    iterations along a leading time axis and their numbers in the attribute
    ``iterations``. As crops come from different places, positions are relative to the
    corner of the network input. Snapshots of the same or later iterations, from a
    training that was resumed at an earlier one, are replaced.
    """
    import zarr

    gradients = prediction.grad
    tensors = {
        "raw": batch.raw,
        "gt": batch.gt,
        "target": batch.target,
        "weight": batch.weight,
        "mask": batch.mask,
        "prediction": prediction,
        "gradients": prediction * 0 if gradients is None else gradients,
    }
    root = zarr.open_group(container, mode="a")
    for name, tensor in tensors.items():
        values = tensor[0].detach().cpu().numpy()
        roi = batch.raw_roi if name == "raw" else batch.target_roi
        image = _Image(root, name, values, roi - batch.raw_roi.offset, batch)
        image.append(iteration)


class _Image:
    """One growing image of a snapshot container; drops a channel axis of length 1."""

    def __init__(
        self, root: zarr.Group, name: str, values: NDArray[Any], roi: Roi, batch: Batch
    ) -> None:
        self._values = values[0] if len(values) == 1 else values
        self._axes = [ITERATION_AXIS, *batch.spatial_axes]
        if len(values) > 1:
            self._axes.insert(1, "c")
        self._roi = roi
        self._voxel_size = roi.shape / Coordinate(values.shape[1:])
        self._root, self._name = root, name

    def append(self, iteration: int) -> None:
        array = self._open()
        known = cast("list[int]", array.attrs.get("iterations", []))
        before = [i for i in known if i < iteration]
        array.resize((len(before) + 1, *self._values.shape))
        array[len(before)] = self._values
        array.attrs["iterations"] = [*before, iteration]

    def _open(self) -> zarr.Array:
        path = f"{self._name}/s0"
        if path in self._root:
            array = cast("zarr.Array", self._root[path])
            known = array.shape[1:] == self._values.shape
            if known and array.dtype == self._values.dtype:
                return array
        return self._create()

    def _create(self) -> zarr.Array:
        group = self._root.create_group(self._name, overwrite=True)
        group.attrs["ome"] = {"version": "0.5", "multiscales": [self._multiscale()]}
        shape = self._values.shape
        array = group.create_array(
            "s0",
            shape=(0, *shape),
            chunks=(1, *shape),
            dtype=self._values.dtype,
            dimension_names=self._axes,
        )
        array.attrs.update(
            {
                "axes": self._axes,
                "offset": self._roi.offset.to_plain(),
                "resolution": self._voxel_size.to_plain(),
                "units": ["nm"] * self._voxel_size.dims,
            }
        )
        return array

    def _multiscale(self) -> dict[str, Any]:
        extra = len(self._axes) - self._roi.dims
        scale = [*[1.0] * extra, *self._voxel_size.as_floats()]
        translation = [*[0.0] * extra, *self._roi.offset.as_floats()]
        types = {ITERATION_AXIS: {"type": "time"}, "c": {"type": "channel"}}
        space = {"type": "space", "unit": "nanometer"}
        return {
            "name": self._name,
            "axes": [{"name": a, **types.get(a, space)} for a in self._axes],
            "datasets": [
                {
                    "path": "s0",
                    "coordinateTransformations": [
                        {"type": "scale", "scale": scale},
                        {"type": "translation", "translation": translation},
                    ],
                }
            ],
        }
