"""The smallest network there is, for trying out the machinery around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_dacapo.geometry import Coordinate

from .architecture import Architecture

if TYPE_CHECKING:
    from napari_dacapo.architectures import DummyArchitectureConfig


class DummyArchitecture(Architecture):
    """One 3D convolution with an unpadded kernel of 3 voxels."""

    def __init__(self, architecture_config: DummyArchitectureConfig) -> None:
        super().__init__()
        self.conv = torch.nn.Conv3d(
            architecture_config.num_in_channels,
            architecture_config.num_out_channels,
            kernel_size=3,
        )

    @property
    def input_shape(self) -> Coordinate:
        return Coordinate(40, 20, 20)

    @property
    def num_in_channels(self) -> int:
        return self.conv.in_channels

    @property
    def num_out_channels(self) -> int:
        return self.conv.out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)  # type: ignore[no-any-return]
