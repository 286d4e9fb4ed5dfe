"""The interface of all networks: a torch module that knows its shapes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import torch

from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from collections.abc import Sequence


class Architecture(torch.nn.Module, ABC):
    """Base of all networks; tensors are float32, axes ``b c z y x`` or ``b c y x``.

    Shapes are spatial, in voxels, without batch and channel axes.
    """

    @property
    @abstractmethod
    def input_shape(self) -> Coordinate:
        """Shape of the data passed in during training."""

    @property
    def eval_shape_increase(self) -> Coordinate:
        """By how much larger than `input_shape` inputs are during prediction."""
        return Coordinate((0,) * self.dims)

    @property
    @abstractmethod
    def num_in_channels(self) -> int:
        """Number of channels expected from the raw data."""

    @property
    @abstractmethod
    def num_out_channels(self) -> int:
        """Number of feature channels produced."""

    @property
    def dims(self) -> int:
        """Number of spatial axes."""
        return self.input_shape.dims

    def scale(self, voxel_size: Coordinate) -> Coordinate:
        """Return the voxel size of the output for that of the input (world units)."""
        return voxel_size

    @property
    def margin(self) -> Coordinate:
        """Voxels at each side of an input whose output depends on padding inside.

        Zero for networks that do not pad. Prediction lets blocks overlap by it, so
        that no seams appear between them.
        """
        return Coordinate((0,) * self.dims)

    def enlarged_input_shape(
        self, wanted: Sequence[int], max_voxels: int
    ) -> Coordinate:
        """Return the input shape (voxels) with which prediction works best.

        At least the evaluation shape with the margin at both sides; up to `wanted`,
        and to about `max_voxels` voxels, where the network takes any shape.
        """
        return self.input_shape + self.eval_shape_increase + self.margin * 2

    def compute_output_shape(self, input_shape: Sequence[int]) -> Coordinate:
        """Return the spatial output shape for a spatial input shape, cheaply.

        Raises
        ------
        ConfigError
            If an input of this shape does not fit through the network.
        """
        return meta_output_shape(self, self.num_in_channels, input_shape)[1]


def meta_output_shape(
    module: torch.nn.Module, num_in_channels: int, input_shape: Sequence[int]
) -> tuple[int, Coordinate]:
    """Return output channels and spatial shape of `module`, computing no values.

    Raises
    ------
    ConfigError
        If an input of this shape does not fit through the module.
    """
    from torch.func import functional_call

    from napari_dacapo.errors import ConfigError

    state: dict[str, Any] = {
        name: torch.empty_like(tensor, device="meta")
        for name, tensor in (*module.named_parameters(), *module.named_buffers())
    }
    inputs = torch.empty((1, num_in_channels, *input_shape), device="meta")
    try:
        with torch.no_grad():
            output = functional_call(module, state, (inputs,))
    except RuntimeError as error:
        raise ConfigError(
            f"an input of {num_in_channels} channels and shape "
            f"{Coordinate(input_shape)} does not fit through "
            f"{type(module).__name__}: {error}"
        ) from error
    return int(output.shape[1]), Coordinate(output.shape[2:])
