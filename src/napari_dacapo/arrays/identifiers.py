"""Where arrays are stored: a container and a path inside it."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen
class LocalArrayIdentifier:
    """An array inside a container on a local disk.

    Parameters
    ----------
    container : Path
        Folder of the container, such as ``volume.zarr``.
    dataset : str
        Path of the array inside the container, with ``/`` between its parts.
    """

    container: Path = attrs.field(converter=Path)
    dataset: str = attrs.field(converter=str)

    def __str__(self) -> str:
        return f"{self.container}/{self.dataset}"


@attrs.frozen
class LocalContainerIdentifier:
    """A container on a local disk.

    Parameters
    ----------
    container : Path
        Folder of the container, such as ``volume.zarr``.
    """

    container: Path = attrs.field(converter=Path)

    def array_identifier(self, dataset: str) -> LocalArrayIdentifier:
        """Return the identifier of the array at path `dataset` in this container."""
        return LocalArrayIdentifier(self.container, dataset)
