"""Painted labels on disk, so that a crash loses little; called in workers only."""

from __future__ import annotations

import json
import zipfile
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import platformdirs

from napari_dacapo.errors import DataError
from napari_dacapo.store.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

SUFFIX = ".npz"
#: raised for a file that is not whole; its checksums tell
_DAMAGE = (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


def recovery_folder() -> Path:
    """Return the folder in which every session has one of its own."""
    data = platformdirs.user_data_path("napari-dacapo", appauthor=False)
    return data / "recovery"


@attrs.frozen(eq=False)
class Painted:
    """Labels that were painted.

    Attributes
    ----------
    number : int
        Identifies the layer in this session; names the file.
    name : str
        Name of the layer.
    values : ndarray
        The voxels, which may go on being painted.
    place : dict
        Plain keywords with which the layer is made again: scale, translate, units,
        axis_labels.
    """

    number: int
    name: str
    values: Any
    place: dict[str, Any]


@attrs.frozen
class Saved:
    """Painted labels on disk: the file, the layer's name, and when they were saved."""

    path: Any
    name: str
    time: datetime


def write(folder: Path, painted: Iterable[Painted]) -> list[int]:
    """Write labels to `folder`, one file each in one step; return their numbers."""
    done = []
    for each in painted:
        about = json.dumps({"name": each.name, "place": each.place})
        with (
            atomic_path(folder / f"{each.number}{SUFFIX}") as temporary,
            temporary.open("wb") as file,
        ):
            # packing takes much longer than copying: what is packed must stay as it is
            values = np.array(each.values)
            np.savez_compressed(file, values=values, about=np.array(about))
        done.append(each.number)
    return done


def saved_in(folder: Path) -> list[Saved]:
    """Return what can be read again from the folder of a session."""
    found = []
    for path in sorted(folder.glob(f"[0-9]*{SUFFIX}")):
        try:
            name = _about(path)["name"]
        except DataError:
            continue
        when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        found.append(Saved(path, name, when))
    return found


def read(saved: Saved) -> tuple[Saved, NDArray[Any], dict[str, Any]]:
    """Return saved labels and the keywords for their layer.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    about = _about(saved.path)
    return (
        saved,
        _entry(saved.path, "values"),
        {"name": about["name"], **about["place"]},
    )


def _about(path: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(str(_entry(path, "about")))
    return about


def _entry(path: Path, name: str) -> NDArray[Any]:
    try:
        # opened here: numpy leaves a damaged file open
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            values: NDArray[Any] = file[name]
    except (*_DAMAGE, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}); discard it") from error
    return values


def question(found: list[Saved]) -> str:
    """Return the text that offers to restore labels."""
    names = ", ".join(f"{each.name!r} painted at {each.time:%H:%M}" for each in found)
    today = datetime.now().astimezone().date()
    days = sorted({each.time.date() for each in found} - {today})
    return f"Recover labels {names}{_on(days)}?"


def _on(days: list[Any]) -> str:
    return f" on {', '.join(str(day) for day in days)}" if days else ""
