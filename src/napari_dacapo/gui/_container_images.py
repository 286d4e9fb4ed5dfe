"""What a container holds as people think of it: images and labels, not arrays."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.arrays.inspect import ArrayInfo, list_arrays
from napari_dacapo.arrays.locations import Location, plain_name
from napari_dacapo.arrays.opening import split_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: folder of an OME-Zarr image in which its labels are
LABELS_FOLDER = "labels"
#: names of levels, which say nothing about what an image shows
_LEVEL_NAME = re.compile(r"s?\d+")


@attrs.frozen
class ContainerImage:
    """One image, or one label volume, with all its resolution levels.

    Parameters
    ----------
    path : str
        Path of its group inside the container, or of the array if that stands alone.
    name : str
        As short as tells it from the others.
    levels : tuple of ArrayInfo
        Those that can be read, the finest first.
    is_labels : bool
        Whether the values are labels rather than intensities.
    belongs_to : str or None
        Path of the OME-Zarr image in whose folder of labels this one is.
    """

    path: str
    name: str
    levels: tuple[ArrayInfo, ...]
    is_labels: bool
    belongs_to: str | None = None


@attrs.frozen
class Contents:
    """What was found at a path in a container.

    Parameters
    ----------
    container : Path or Url
        The container.
    images : tuple of ContainerImage
        Images first, then labels, each sorted by path.
    problems : tuple of str
        Why others cannot be shown, one sentence each.
    """

    container: Location
    images: tuple[ContainerImage, ...]
    problems: tuple[str, ...]

    @property
    def is_clear(self) -> bool:
        """Whether all of it is meant: one image at most, and its labels.

        Those are the ones in the image's own folder, or a single other one.
        """
        images = [each for each in self.images if not each.is_labels]
        loose = [e for e in self.images if e.is_labels and e.belongs_to is None]
        return len(images) <= 1 and len(loose) <= 1


def contents_at(path: str) -> Contents:
    """Return the images at and below `path`; reads metadata only.

    Raises
    ------
    DataError
        If `path` is in no container, does not exist, or there is nothing to show.
    """
    container, inner = split_path(path)
    return grouped(container, list_arrays(container, below=inner))


def grouped(container: Location, arrays: Iterable[ArrayInfo]) -> Contents:
    """Return `arrays` with the levels of each image put together."""
    groups: dict[str, list[ArrayInfo]] = {}
    for array in arrays:
        path = array.path if array.level is None else _parent(array.path)
        groups.setdefault(path, []).append(array)
    usable, problems = {}, []
    broken = {p for p, levels in groups.items() if _is_broken_image(levels)}
    for path, levels in groups.items():
        levels.sort(key=lambda info: info.level or 0)
        if path not in broken and _parent(path) in broken and path:
            continue  # of an image whose metadata are wrong about it
        problems += [_complaint(container, info) for info in levels if info.problem][:1]
        if _is_line(levels[0]):
            problems.append(f"{path!r} in {container} has one axis: it is no picture")
        elif not levels[0].problem:
            usable[path] = tuple(info for info in levels if not info.problem)
    names = _short_names(list(usable), _title(container))
    images = [
        ContainerImage(path, names[path], levels, _is_labels(levels[0]))
        for path, levels in usable.items()
    ]
    pictures = sorted(e.path for e in images if not e.is_labels)
    images = [_with_owner(each, pictures) for each in images]
    images.sort(key=lambda each: (each.is_labels, each.path))
    return Contents(container, tuple(images), tuple(dict.fromkeys(problems)))


def _complaint(container: Location, info: ArrayInfo) -> str:
    if str(container) in info.problem:
        return info.problem
    return f"{info.path!r} in {container}: {info.problem}"


def _is_broken_image(levels: Sequence[ArrayInfo]) -> bool:
    finest = min(levels, key=lambda info: info.level or 0)
    return finest.level is not None and bool(finest.problem)


def _is_line(info: ArrayInfo) -> bool:
    return not info.problem and len(info.shape) < 2


def _is_labels(info: ArrayInfo) -> bool:
    # napari's labels are whole numbers, whatever a file is called
    return info.role == "labels" and not info.dtype.startswith("float")


def _title(container: Location) -> str:
    return plain_name(container).removesuffix(".ome")


def _parent(path: str) -> str:
    return _plain(PurePosixPath(path).parent)


def _plain(path: PurePosixPath) -> str:
    return "" if path == PurePosixPath() else path.as_posix()


def _with_owner(image: ContainerImage, pictures: Sequence[str]) -> ContainerImage:
    parts = PurePosixPath(image.path).parts
    if not image.is_labels or LABELS_FOLDER not in parts:
        return image
    owner = "/".join(parts[: parts.index(LABELS_FOLDER)])
    return attrs.evolve(image, belongs_to=owner if owner in pictures else None)


def _short_names(paths: Sequence[str], container_name: str) -> dict[str, str]:
    """Return the end of each path, as long as it takes to be the only one."""
    return {path: _short_name(path, paths, container_name) for path in paths}


def _short_name(path: str, paths: Sequence[str], container_name: str) -> str:
    parts = PurePosixPath(path).parts
    for count in range(1, len(parts) + 1):
        end = parts[-count:]
        alike = [p for p in paths if PurePosixPath(p).parts[-count:] == end]
        if len(alike) == 1 and not _LEVEL_NAME.fullmatch(end[0]):
            return "/".join(end)
    return "/".join((container_name, *parts))
