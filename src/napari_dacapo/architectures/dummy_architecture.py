"""Config of the smallest network there is."""

from __future__ import annotations

from typing import ClassVar

import attrs

from napari_dacapo._config import config_field

from .base import ArchitectureConfig, LazyClass


@attrs.define
class DummyArchitectureConfig(ArchitectureConfig):
    """One convolution, for trying out the machinery around a network."""

    architecture_type: ClassVar[LazyClass] = LazyClass(
        "napari_dacapo.nn.dummy", "DummyArchitecture"
    )

    num_in_channels: int = config_field(
        "Number of channels of the raw data.", minimum=1
    )
    num_out_channels: int = config_field(
        "Number of feature channels that are made.", minimum=1
    )

    def verify(self) -> tuple[bool, str]:
        """Return that a dummy cannot be used for real work."""
        return False, "a DummyArchitectureConfig is never valid"
