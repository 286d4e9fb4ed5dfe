"""A network with the prediction head of a task on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .architecture import meta_output_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.geometry import Coordinate

    from .architecture import Architecture


#: the layers whose weights start Kaiming-normal
CONVOLUTIONS = (
    torch.nn.Conv2d,
    torch.nn.Conv3d,
    torch.nn.ConvTranspose2d,
    torch.nn.ConvTranspose3d,
)


class Model(torch.nn.Module):
    """`architecture`, then `prediction_head`, then (evaluating) `eval_activation`.

    Parameters
    ----------
    architecture : Architecture
        Turns raw data into features.
    prediction_head : torch.nn.Module
        Turns features into the channels of a task.
    eval_activation : torch.nn.Module, optional
        Applied in evaluation mode only; the loss includes it while training.

    Raises
    ------
    ConfigError
        If the architecture's `input_shape` does not fit through the network.

    Notes
    -----
    The state dict holds every tensor under two names, ``architecture.*`` and
    ``chain.0.*``, ``prediction_head.*`` and ``chain.1.*``, as DaCapo's does.
    `output_shape` and `num_out_channels` are those for an input of `input_shape`.
    Convolution weights start Kaiming-normal (fan-in, ReLU gain), biases as torch
    makes them (He et al. 2015, https://arxiv.org/abs/1502.01852).
    """

    def __init__(
        self,
        architecture: Architecture,
        prediction_head: torch.nn.Module,
        eval_activation: torch.nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.prediction_head = prediction_head
        self.chain = torch.nn.Sequential(architecture, prediction_head)
        self.eval_activation = eval_activation
        self.num_in_channels = architecture.num_in_channels
        for module in self.chain.modules():
            if isinstance(module, CONVOLUTIONS):
                torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        self.num_out_channels, self.output_shape = self.compute_output_shape(
            architecture.input_shape
        )

    @property
    def input_shape(self) -> Coordinate:
        """Spatial input shape (voxels) while training."""
        return self.architecture.input_shape

    @property
    def eval_input_shape(self) -> Coordinate:
        """Spatial input shape (voxels) while predicting."""
        return self.input_shape + self.architecture.eval_shape_increase

    def compute_output_shape(
        self, input_shape: Sequence[int]
    ) -> tuple[int, Coordinate]:
        """Return output channels and spatial output shape, without computing values.

        Raises
        ------
        ConfigError
            If an input of this shape does not fit through the network.
        """
        features = self.architecture.compute_output_shape(input_shape)
        return meta_output_shape(
            self.prediction_head, self.architecture.num_out_channels, features
        )

    def scale(self, voxel_size: Coordinate) -> Coordinate:
        """Return the voxel size of the output for that of the input (world units)."""
        return self.architecture.scale(voxel_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return predictions, axes ``b c`` + spatial, for raw data of the same axes."""
        result: torch.Tensor = self.chain(x)
        if self.eval_activation is not None and not self.training:
            result = self.eval_activation(result)
        return result
