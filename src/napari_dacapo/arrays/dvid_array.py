"""Volumes on a DVID server (https://github.com/janelia-flyem/dvid), read over HTTP."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import urlopen

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.geometry import Coordinate, Roi

from ._located import LocatedArray
from ._units import nanometres
from .base import ArrayConfig, verify_by_opening

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIMEOUT_SECONDS = 30
LABEL_TYPES = ("labelmap", "labelarray", "labelblk")
_VALUES = {"uint8blk": "uint8", **dict.fromkeys(LABEL_TYPES, "uint64")}


class DVIDArray(LocatedArray):
    """A grayscale or label instance of a DVID server; axes ``z y x``, read-only.

    The description of the instance is fetched once, when the array is made.

    Parameters
    ----------
    array_config : DVIDArrayConfig
        Server, node and instance.

    Raises
    ------
    DataNotFoundError
        If the server does not know the node or the instance.
    DataError
        If the server cannot be reached, or the instance is empty or of another kind.
    """

    def __init__(self, array_config: DVIDArrayConfig) -> None:
        server, uuid, instance = array_config.source
        base = server if "://" in server else f"http://{server}"
        self._url = f"{base.rstrip('/')}/api/node/{quote(uuid)}/{quote(instance)}"
        self._info = _json_object(f"{self._url}/info")
        #: name of the config, and its server, node and instance
        self.name, self.source = array_config.name, array_config.source
        voxel_size = self._edge_lengths()
        low, high = self._vector("MinPoint"), self._vector("MaxPoint")
        self._locate("zyx", voxel_size, Roi(low, high - low + 1) * voxel_size)
        self._dtype = self._value_type()

    @property
    def attrs(self) -> dict[str, Any]:
        """What the server says about the instance."""
        return dict(self._info)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def num_channels(self) -> int | None:
        return None

    def add_metadata(self, metadata: dict[str, Any]) -> None:
        """Refuse: nothing is ever written to the server.

        Raises
        ------
        DataError
            Always.
        """
        raise DataError(f"{self._url} is read-only; metadata {metadata} are not stored")

    @property
    def _extended(self) -> dict[str, Any]:
        extended = self._info.get("Extended")
        return extended if isinstance(extended, dict) else {}

    def _edge_lengths(self) -> Coordinate:
        """Return the voxel size in nm, z y x."""
        units = self._extended.get("VoxelUnits") or [None] * 3
        lengths = self._vector("VoxelSize")
        if len(units) != 3 or not all(length > 0 for length in lengths):
            raise DataError(
                f"{self._url} has voxels of {lengths} in units {units}; three lengths "
                "greater than 0 are needed: correct them on the server"
            )
        return Coordinate(
            float(length * nanometres(unit, self._url))
            for length, unit in zip(lengths, units[::-1], strict=True)
        )

    def _vector(self, key: str) -> Coordinate:
        """Return a vector that DVID lists as x, y, z in the order z, y, x."""
        extents = self._info.get("Extents")
        places = [extents if isinstance(extents, dict) else {}, self._extended]
        value = next((p[key] for p in places if p.get(key) is not None), None)
        if not isinstance(value, list) or len(value) != 3:
            raise DataError(
                f"{self._url} has {key} {value!r}: the instance holds no data yet or "
                "is no volume; choose another one"
            )
        return Coordinate(value[::-1])

    def _value_type(self) -> np.dtype[Any]:
        base = self._info.get("Base")
        kind = base.get("TypeName") if isinstance(base, dict) else None
        values = self._extended.get("Values")
        name = _VALUES.get(str(kind))
        if kind not in LABEL_TYPES and isinstance(values, list) and len(values) == 1:
            described = values[0] if isinstance(values[0], dict) else {}
            name = described.get("DataType", name)
        try:
            return np.dtype(name if name is not None else "")
        except TypeError:
            raise DataError(
                f"{self._url} is of type {kind!r}, which is not supported; choose a "
                f"grayscale (uint8blk) or a label instance ({', '.join(LABEL_TYPES)})"
            ) from None

    def _read(self, roi: Roi) -> NDArray[Any]:
        shape = self.check_roi(roi).shape.as_integers()
        if roi.empty:
            return np.zeros(shape, dtype=self._dtype)
        offset = (roi.offset / self._voxel_size).as_integers()
        size_xyz, offset_xyz = ("_".join(map(str, v[::-1])) for v in (shape, offset))
        content = _fetch(f"{self._url}/raw/0_1_2/{size_xyz}/{offset_xyz}")
        stored = self._dtype.newbyteorder("<")
        if len(content) != np.prod(shape, dtype=np.int64) * stored.itemsize:
            raise DataError(
                f"{self._url} sent {len(content)} bytes for a region of {shape} voxels "
                f"of {stored.itemsize} bytes; try again"
            )
        return np.frombuffer(content, stored).reshape(shape).astype(self._dtype)


def _json_object(url: str) -> dict[str, Any]:
    content = _fetch(url)
    try:
        document = json.loads(content)
    except ValueError as error:
        raise DataError(f"{url} did not answer with JSON ({error})") from error
    if not isinstance(document, dict):
        raise DataError(f"{url} did not answer with a JSON object")
    return document


def _fetch(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"source: {url} is no web address; it must start with http")
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read()
    except HTTPError as error:
        with error:
            reason = error.read().decode("utf-8", "replace").strip()
        raise DataNotFoundError(
            f"{url} was refused ({error.code}: {reason or error.reason}); check the "
            "names of the node and the instance"
        ) from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise DataError(
            f"{url} cannot be reached ({error}); check the server and the network"
        ) from error
    return content


def _source(value: Any) -> tuple[str, str, str]:
    parts = tuple(value)
    if len(parts) != 3 or not all(isinstance(p, str) and p for p in parts):
        raise ConfigError(
            f"source: {value!r} must be three texts: server, node (UUID) and instance"
        )
    return parts


@attrs.define
class DVIDArrayConfig(ArrayConfig):
    """A volume on a DVID server."""

    array_type = DVIDArray

    source: tuple[str, str, str] = config_field(
        "The server (host:port), the node (UUID) and the name of the instance.",
        converter=_source,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether the server knows the volume."""
        return verify_by_opening(self)
