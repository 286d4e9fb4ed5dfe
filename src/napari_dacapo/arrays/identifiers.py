"""Where arrays are stored: a container and a path inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from .locations import to_location


def _container(value: Any) -> Any:
    """Return a path, or the address of a container that can only be read.

    Addresses are left out of the annotations: what is identified is nearly always
    something to be written, and writing refuses addresses.
    """
    return to_location(value)


@attrs.frozen
class LocalArrayIdentifier:
    """An array inside a container, on a local disk or (read-only) behind an address.

    Parameters
    ----------
    container : Path or Url
        The container, such as ``volume.zarr`` or ``https://host/volume.zarr``.
    dataset : str
        Path of the array inside the container, with ``/`` between its parts.
    """

    container: Path = attrs.field(converter=_container)
    dataset: str = attrs.field(converter=str)

    def __str__(self) -> str:
        return f"{self.container}/{self.dataset}"


@attrs.frozen
class LocalContainerIdentifier:
    """A container on a local disk or (read-only) behind an address.

    Parameters
    ----------
    container : Path or Url
        The container, such as ``volume.zarr`` or ``https://host/volume.zarr``.
    """

    container: Path = attrs.field(converter=_container)

    def array_identifier(self, dataset: str) -> LocalArrayIdentifier:
        """Return the identifier of the array at path `dataset` in this container."""
        return LocalArrayIdentifier(self.container, dataset)
