"""What augments of serial sections share."""

from __future__ import annotations

from napari_dacapo.errors import ConfigError


def require_sections(dims: int) -> None:
    """Raise a ConfigError for data that is no stack of sections."""
    if dims != 3:
        raise ConfigError(
            f"augments: this one changes single sections of a volume, the data has "
            f"{dims} axes; remove it from the list"
        )
