"""Voxels and metadata of TIFF files, read by tifffile section by section."""

from __future__ import annotations

import re
import weakref
from itertools import product
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from napari_dacapo.errors import DataError, DataNotFoundError

from ._chunk_cache import CachedSource
from ._stored import READ_ERRORS
from ._units import nanometres

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from tifffile import TiffFile


TIFF_SUFFIXES = (".tif", ".tiff")


class TiffSource:
    """The voxels of the first series of a TIFF file, in stored order.

    Uncompressed files are mapped into memory, of others the sections needed are read.

    Parameters
    ----------
    file : Path
        The file.

    Raises
    ------
    DataNotFoundError
        If it does not exist.
    DataError
        If it is no TIFF file of numbers.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        opened = _open(file)
        weakref.finalize(self, opened.close)
        opened.filehandle.set_lock(True)  # sections may be read by several threads
        series = opened.series[0]
        self._pages = series.pages
        #: letters of tifffile: T, C, Z, Y, X, S (samples), Q or I (unknown)
        self.axes = str(series.axes)
        self.shape = tuple(map(int, series.shape))
        self.dtype: np.dtype[Any] = np.dtype(series.dtype)
        section = tuple(map(int, series.keyframe.shape))
        self._leading = self.shape[: len(self.shape) - len(section)]
        self.chunks = (*(1 for _ in self._leading), *section)
        self.lengths = _voxel_lengths(opened, file)
        self._mapped: NDArray[Any] | None = None
        if series.dataoffset is not None:
            stored = self.dtype.newbyteorder(opened.byteorder)
            offset = int(series.dataoffset)
            self._mapped = np.memmap(file, stored, "r", offset, self.shape)

    def __reduce__(self) -> tuple[type[TiffSource], tuple[Path]]:
        return TiffSource, (self._file,)

    def __getitem__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        if self._mapped is not None:
            return self._mapped[index]
        wanted = [range(n)[s] for s, n in zip(index, self.shape, strict=True)]
        values = np.zeros([len(w) for w in wanted], self.dtype)
        depth = len(self._leading)
        for place in product(*(enumerate(w) for w in wanted[:depth])):
            target = tuple(i for i, _ in place)
            values[target] = self._section([n for _, n in place], index[depth:])
        return values

    def __setitem__(self, index: tuple[slice, ...], value: Any) -> None:
        raise DataError(f"{self._file} is read-only; convert it to zarr to write")

    def _section(self, position: list[int], index: tuple[slice, ...]) -> Any:
        number = int(np.ravel_multi_index(position, self._leading)) if position else 0
        page = self._pages[number]
        return 0 if page is None else page.asarray()[index]  # files may leave some out


class SectionsSource:
    """Sections in files of their own, stacked along z; each is opened when it is read.

    The files are in the order of the numbers in their names.

    Parameters
    ----------
    folder : Path
        Where they are.

    Raises
    ------
    DataNotFoundError
        If there are none.
    DataError
        If the first is no TIFF file of a single section.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, section_files(folder)
        if not self._files:
            raise DataNotFoundError(f"{folder} holds no TIFF files; choose another")
        self._first = TiffSource(self._files[0])
        if not set(self._first.axes) <= set("CYXS"):
            raise DataError(
                f"{self._files[0]} holds more than one section; choose the file, not "
                "its folder"
            )
        self.axes = f"Z{self._first.axes}"
        self.shape = (len(self._files), *self._first.shape)
        self.chunks = (1, *self._first.chunks)
        self.dtype = self._first.dtype
        self.lengths = self._first.lengths

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def version(self, position: tuple[int, ...]) -> tuple[int, int]:
        """Return what changes when the section of the chunk at `position` changes."""
        status = self._files[position[0]].stat()
        return status.st_mtime_ns, status.st_size

    def __getitem__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        sections = [self._section(file)[index[1:]] for file in self._files[index[0]]]
        return np.stack(sections) if sections else np.zeros(self.shape)[index]

    def __setitem__(self, index: tuple[slice, ...], value: Any) -> None:
        raise DataError(f"{self._folder} is read-only; convert it to zarr to write")

    def _section(self, file: Path) -> TiffSource:
        section = self._first if file == self._files[0] else TiffSource(file)
        first = self._first
        if (section.shape, section.dtype) != (first.shape, first.dtype):
            raise DataError(
                f"{file.name} has the shape {section.shape} and type {section.dtype}, "
                f"but {self._files[0].name} {first.shape} and {first.dtype}; the "
                "sections of a folder must be alike"
            )
        return section


def cached_sections(source: SectionsSource) -> CachedSource:
    """Return `source` with the sections kept that were read last."""
    key = ("sections", str(source.folder))
    return CachedSource(source, key, source.version, (_reopened, (source.folder,)))


def _reopened(folder: Path) -> CachedSource:
    return cached_sections(SectionsSource(folder))


def section_files(folder: Path) -> list[Path]:
    """Return the TIFF files in `folder`, in the order of the numbers in their names."""
    files = [file for file in folder.iterdir() if is_tiff_file(file)]
    return sorted(files, key=lambda file: _natural(file.name))


def is_tiff_file(path: Path) -> bool:
    """Whether the name is that of a TIFF file, and not a hidden one."""
    return path.suffix.lower() in TIFF_SUFFIXES and not path.name.startswith(".")


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return what sorts "section 9" before "section 10"."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def _open(file: Path) -> TiffFile:
    from tifffile import TiffFile, TiffFileError

    if not file.is_file():
        raise DataNotFoundError(f"{file} does not exist; check the path")
    try:
        opened = TiffFile(file)
    except (TiffFileError, *READ_ERRORS) as error:
        raise DataError(f"{file} is not a TIFF file ({error})") from error
    series = opened.series
    if not series or np.dtype(series[0].dtype).kind not in "biuf":
        opened.close()
        raise DataError(f"{file} holds no image of numbers; choose another file")
    return opened


def _voxel_lengths(opened: TiffFile, file: Path) -> dict[str, float]:
    """Return the voxel edge lengths in nm, by axis, that OME or ImageJ metadata state.

    The resolution of other TIFF files is that of a print, not of a microscope.
    """
    if opened.is_ome and opened.ome_metadata:
        return _ome_lengths(opened.ome_metadata, file)
    if opened.is_imagej and opened.imagej_metadata:
        return _imagej_lengths(opened, file)
    return {}


def _ome_lengths(xml: str, file: Path) -> dict[str, float]:
    for element in ElementTree.fromstring(xml).iter():
        if element.tag.rpartition("}")[2] == "Pixels":
            keys = {axis: f"PhysicalSize{axis.upper()}" for axis in "zyx"}
            return {
                axis: float(element.attrib[key])
                * float(nanometres(element.get(f"{key}Unit", "µm"), file))
                for axis, key in keys.items()
                if key in element.attrib
            }
    return {}


def _imagej_lengths(opened: TiffFile, file: Path) -> dict[str, float]:
    metadata = opened.imagej_metadata or {}
    written = str(metadata.get("unit", ""))
    # ImageJ writes the micro sign as an escape
    factor = float(nanometres(re.sub(r"\\u00[bB]5", "µ", written), file))
    lengths: dict[str, float] = {}
    if "spacing" in metadata:
        lengths["z"] = float(metadata["spacing"]) * factor
    tags = opened.pages.first.tags
    for axis, tag in (("y", "YResolution"), ("x", "XResolution")):
        numerator, denominator = tags[tag].value if tag in tags else (0, 1)
        if written and numerator:
            lengths[axis] = denominator / numerator * factor
    return lengths
