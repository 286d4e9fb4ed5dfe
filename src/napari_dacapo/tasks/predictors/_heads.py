"""The convolution that turns the features of a network into predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.errors import ConfigError

if TYPE_CHECKING:
    import torch

    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model


def create_model(
    architecture: Architecture,
    num_channels: int,
    *,
    kernel_size: int = 1,
    eval_activation: torch.nn.Module | None = None,
) -> Model:
    """Return `architecture` followed by a convolution to `num_channels`.

    Parameters
    ----------
    architecture : Architecture
        Two- or three-dimensional.
    num_channels : int
        Channels to predict.
    kernel_size : int
        Edge length of the kernel in voxels; anything but 1 makes the output smaller by
        ``kernel_size - 1`` along each axis (there is no padding).
    eval_activation : torch.nn.Module, optional
        Applied in evaluation mode only.

    Raises
    ------
    ConfigError
        If the architecture is neither two- nor three-dimensional.
    """
    import torch

    from napari_dacapo.nn.model import Model

    convolutions = {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}
    if architecture.dims not in convolutions:
        raise ConfigError(
            f"architecture: networks with {architecture.dims} spatial axes are not "
            "supported; use 2 or 3"
        )
    head = convolutions[architecture.dims](
        architecture.num_out_channels, num_channels, kernel_size=kernel_size
    )
    return Model(architecture, head, eval_activation=eval_activation)
