"""What the data check has to know of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.architectures import CNNectomeUNetConfig, valid_input_shape
from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from napari_dacapo.architectures import ArchitectureConfig


class Network:
    """Sizes of a network, which is laid out without memory for its weights.

    Parameters
    ----------
    config : ArchitectureConfig
        Of the network.

    Raises
    ------
    ConfigError
        If the config is invalid.
    """

    def __init__(self, config: ArchitectureConfig) -> None:
        import torch

        self.config = config
        with torch.device("meta"):
            self.architecture = config.create_architecture()

    @property
    def input_shape(self) -> Coordinate:
        """What it takes while training, in voxels of raw."""
        return self.architecture.input_shape

    def scale(self, voxel_size: Coordinate) -> Coordinate:
        """Return the voxel size (nm) of its output for that of raw."""
        return Coordinate(self.architecture.scale(voxel_size))

    def context(self, voxel_size: Coordinate) -> Coordinate:
        """Return how far (nm) around its output it looks, for raw of `voxel_size`."""
        shape = self.input_shape
        output = self.architecture.compute_output_shape(shape)
        lost = shape * voxel_size - output * self.scale(voxel_size)
        return lost / 2 + self.architecture.margin * voxel_size

    def smallest_input(self, wanted: Coordinate) -> Coordinate:
        """Return the largest input that fits into `wanted` voxels, or the smallest."""
        if isinstance(self.config, CNNectomeUNetConfig):
            return valid_input_shape(self.config, wanted, "down")
        return self.input_shape
