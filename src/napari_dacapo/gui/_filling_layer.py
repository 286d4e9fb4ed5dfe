"""A layer over a stored array that is still being written, read in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Slot

from napari_dacapo.arrays.base import NON_SPATIAL_AXES

from ._array_views import LazyView
from ._latest import Latest
from ._layers import find_layer, show_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.arraytypes import ArrayType

#: what is on the screen is read again at most this often while blocks come in
REFRESH_MILLISECONDS = 500
#: more than this is not read at once, as a view in 3D would
AT_MOST_BYTES = 2**28

#: first and last voxel of a box along every axis
Box = tuple[tuple[int, int], ...]


class FillingView(LazyView):
    """The box of an array that was asked for last; zeros until it was read.

    Parameters
    ----------
    shape, dtype
        Of the array.
    wanted : callable
        Told the box when there is a new one to be read.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        wanted: Callable[[], None],
    ) -> None:
        super().__init__(shape, dtype)
        self.box: Box | None = None
        self._wanted = wanted
        self._values: NDArray[Any] | None = None

    def _read(self, spans: list[slice]) -> NDArray[Any]:
        box = tuple((span.start, span.stop) for span in spans)
        if box != self.box:
            self.box, self._values = box, None
            self._wanted()
        if self._values is not None:
            return self._values
        # without memory of its own, however large the box is
        empty = np.zeros((), self.dtype)
        return np.broadcast_to(empty, [end - begin for begin, end in box])

    def put(self, box: Box, values: NDArray[Any]) -> bool:
        """Take the values of `box`; return whether it is still the one wanted."""
        if box != self.box:
            return False
        self._values = values
        return True


class FillingLayer(QObject):
    """Shows an array while blocks of it are written; the window never reads a file.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show it.
    array : Array
        The stored array.
    name : str
        Name of the layer.
    key, meaning
        As for `show_array`.
    """

    def __init__(
        self, viewer: Any, array: Array, name: str, *, key: str, meaning: ArrayType
    ) -> None:
        super().__init__()
        self._viewer, self._array, self._key = viewer, array, key
        self._reader = Latest("read the prediction", self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._reader.done.connect(self._on_read)
        self._soon.timeout.connect(self._on_due)
        self._view = FillingView(
            _shape(array), array.dtype, lambda: self._soon.start(0)
        )
        layer = show_array(
            viewer, array, name, meaning=meaning, data=self._view, key=key
        )
        layer.editable = False  # painting would not reach the file

    @property
    def layer(self) -> Layer | None:
        """The layer, `None` if the user removed it."""
        return find_layer(self._viewer, self._key)

    @Slot()
    def update(self) -> None:
        """Read what is on the screen again soon: something was written."""
        if not self._soon.isActive():
            self._soon.start(REFRESH_MILLISECONDS)

    @Slot()
    def _on_due(self) -> None:
        box = self._view.box
        layer = self.layer
        if box is not None and layer is not None and layer.visible:
            self._reader.submit(_read, self._array, box)

    @Slot(object)
    def _on_read(self, result: tuple[Box, NDArray[Any] | None]) -> None:
        box, values = result
        layer = self.layer
        if layer is not None and values is not None and self._view.put(box, values):
            layer.refresh(extent=False, highlight=False)


def _shape(array: Array) -> tuple[int, ...]:
    channels = array.num_channels
    return tuple(array.shape) if channels is None else (channels, *array.shape)


def _read(array: Array, box: Box) -> tuple[Box, NDArray[Any] | None]:
    """Read a box; `None` if it is too large to be kept."""
    size = np.prod([end - begin for begin, end in box], dtype=float)
    if size * array.dtype.itemsize > AT_MOST_BYTES:
        return box, None
    spatial = box[-array.dims :]
    begin, end = zip(*spatial, strict=True)
    voxel = array.voxel_size
    roi = type(array.roi)(
        array.roi.offset + voxel * begin, voxel * np.subtract(end, begin).tolist()
    )
    values = array[roi]
    extra = sum(axis in NON_SPATIAL_AXES for axis in array.axes)
    lead = tuple(slice(*each) for each in box[:extra])
    return box, values[lead] if lead else values
