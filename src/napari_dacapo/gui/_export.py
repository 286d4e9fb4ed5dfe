"""Writing what layers show to an OME-Zarr container, in one step or not at all."""

from __future__ import annotations

import shutil
import threading
import uuid
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays._multiscales import level_paths
from napari_dacapo.arrays._node import read_node
from napari_dacapo.arrays._ome_metadata import Version, finish_export
from napari_dacapo.arrays._units import nanometres
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._background_call import GivenUpError
from ._image_layers import SHOWN_AS_KEY
from ._layer_content import LayerContent
from ._layers import NO_UNIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_dacapo.arrays import ZarrArray

#: channels of a colour picture
_RGB = (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"))


@attrs.frozen(eq=False)
class Export:
    """What to write, and how.

    Parameters
    ----------
    contents : tuple of LayerContent
        Images, then labels.
    version : {"0.5", "0.4"}
        Of OME-Zarr.
    centered : bool
        Whether translations place the centres of first voxels, as napari does, and not
        their corners, as files usually do.
    given_up : threading.Event
        Set from another thread to end the writing, and leave nothing behind.
    """

    contents: tuple[LayerContent, ...]
    version: Version
    centered: bool
    given_up: threading.Event = attrs.field(factory=threading.Event)

    def write(self, target: Path) -> None:
        """Write the container `target`, which appears when it is complete.

        Raises
        ------
        DataError
            If something exists there, or voxels cannot be read or written.
        GivenUpError
            If that was asked for.
        """
        if target.exists():
            raise DataError(f"{target} exists already; choose another name")
        partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            num_levels = None
            for content, group in zip(self.contents, self._groups(), strict=True):
                found = self._write_image(content, partial, group, num_levels)
                num_levels = num_levels or (None if content.is_labels else found)
            partial.rename(target)
        except OSError as error:
            raise DataError(f"{target} cannot be written: {error}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _check_wanted(self) -> None:
        if self.given_up.is_set():
            raise GivenUpError("writing was given up")

    def _groups(self) -> list[str]:
        """Return the path of each content: the only image is the container itself.

        Labels are in the folder of labels of the first image.
        """
        from napari_dacapo.store.names import safe_file_name

        if len(self.contents) == 1:
            return [""]
        taken: set[str] = set()
        names = [
            _unused(safe_file_name(each.name), each.is_labels, taken)
            for each in self.contents
        ]
        num_images = sum(not each.is_labels for each in self.contents)
        images = [""] if num_images <= 1 else names[:num_images]
        labels = [
            f"{images[0]}/labels/{name}".strip("/") for name in names[num_images:]
        ]
        return [*images[:num_images], *labels]

    def _write_image(
        self,
        content: LayerContent,
        container: Path,
        group: str,
        labels_levels: int | None,
    ) -> int:
        """Write an image and return the number of its levels, given for labels."""
        from napari_dacapo.arrays._ome_zarr import iter_pyramid

        array = content.new_image(
            container,
            group,
            attributes={SHOWN_AS_KEY: "labels" if content.is_labels else "image"},
            version=self.version,
        )
        for _ in _copied(content, array):
            self._check_wanted()
        num_levels = labels_levels if content.is_labels else None
        for _ in iter_pyramid(container, group, num_levels):
            self._check_wanted()
        finish_export(
            container,
            group,
            name=content.name,
            factors=[nanometres(unit, content.name) for unit in content.units],
            units=[None if unit == NO_UNIT else unit for unit in content.units],
            centered=self.centered,
            entries=_rgb_entries(content.data.dtype) if content.is_colour else None,
        )
        return len(level_paths(read_node(container, group)))


def _unused(name: str, is_labels: bool, taken: set[str]) -> str:
    """Return `name`, with a number if it is taken or means something in OME-Zarr."""
    number, candidate = 1, name
    while candidate in taken or (not is_labels and candidate == "labels"):
        number += 1
        candidate = f"{name} {number}"
    taken.add(candidate)
    return candidate


def _copied(content: LayerContent, array: ZarrArray) -> Iterator[Roi]:
    """Copy chunk by chunk, so that little memory is needed; yield what was copied."""
    chunk = array.data.chunks[-len(content.shape) :]
    for box in _boxes(content.shape, chunk):
        begin, end = (Coordinate(edge) for edge in zip(*box, strict=True))
        # its own place: what a layer says in floats may have been rounded
        size = array.voxel_size
        roi = Roi(array.roi.offset + begin * size, (end - begin) * size)
        array[roi] = content.read(*box)
        yield roi


def _boxes(
    shape: Sequence[int], chunk: Sequence[int]
) -> Iterator[tuple[tuple[int, int], ...]]:
    yield from product(
        *(
            [(i, min(i + step, length)) for i in range(0, length, step)]
            for length, step in zip(shape, chunk, strict=True)
        )
    )


def _rgb_entries(dtype: Any) -> dict[str, Any]:
    end = 255 if dtype.kind == "u" else 1
    window = {"min": 0, "max": end, "start": 0, "end": end}
    return {
        "omero": {
            "channels": [
                {"label": label, "color": color, "window": window, "active": True}
                for label, color in _RGB
            ]
        }
    }
