"""The U-Net of CNNectome: 2D and 3D, anisotropic, optionally super-resolving."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from napari_dacapo.errors import ConfigError

from .architecture import Architecture
from .convolution import ConvPass, Upsample, max_pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_dacapo.architectures import CNNectomeUNetConfig
    from napari_dacapo.geometry import Coordinate


class CNNectomeUNet(Architecture):
    """The network that a `CNNectomeUNetConfig` describes.

    Raises
    ------
    ConfigError
        If the layers do not fit together. Whether an input fits is found out by
        `compute_output_shape`, or by the config's ``verify``.

    Notes
    -----
    Parameters have the names of DaCapo's, so that its checkpoints can be loaded. With
    padding "same" the output is as large as the input.
    """

    def __init__(self, architecture_config: CNNectomeUNetConfig) -> None:
        super().__init__()
        complaints = list(architecture_config.iter_layer_complaints())
        if complaints:
            raise ConfigError("; ".join(complaints))
        self.config = architecture_config
        self.unet = self.module()

    @property
    def input_shape(self) -> Coordinate:
        return self.config.input_shape

    @property
    def eval_shape_increase(self) -> Coordinate:
        return self.config.eval_shape_increase

    @property
    def num_in_channels(self) -> int:
        return self.config.fmaps_in

    @property
    def num_out_channels(self) -> int:
        return self.config.fmaps_out

    def module(self) -> torch.nn.Module:
        """Return the layers with fresh weights: the U-Net, then super-resolution."""
        config = self.config
        width, same = config.fmaps_out, config.padding == "same"
        layers: list[torch.nn.Module] = [UNet(config)]
        for factor, kernels in config.upsample_steps:
            layers.append(
                Upsample(width, width, factor, activation=config.activation_on_upsample)
            )
            layers.append(ConvPass(width, width, kernels, same=same))
        return torch.nn.Sequential(*layers) if len(layers) > 1 else layers[0]

    def scale(self, voxel_size: Coordinate) -> Coordinate:
        for factor in self.config.upsample_factors or ():
            voxel_size = voxel_size / factor
        return voxel_size

    def compute_output_shape(self, input_shape: Sequence[int]) -> Coordinate:
        return self.config.output_shape(input_shape)

    @property
    def margin(self) -> Coordinate:
        return self.config.margin

    def enlarged_input_shape(
        self, wanted: Sequence[int], max_voxels: int
    ) -> Coordinate:
        sizes = list(super().enlarged_input_shape(wanted, max_voxels))
        for axis in reversed(range(self.dims)):
            others = math.prod(sizes) // sizes[axis]
            sizes[axis] = max(sizes[axis], min(wanted[axis], max_voxels // others))
        return self.config.shapes.valid_shape(sizes, "up")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features, axes ``b c`` + spatial, for raw data of the same axes.

        Raises
        ------
        ConfigError
            If the spatial shape does not fit through the network.
        """
        return self.unet(x)  # type: ignore[no-any-return]


class UNet(torch.nn.Module):
    """Way down, way up, and the connections between them.

    Module lists are indexed by level, the finest being 0; those of the way up stand in
    a list of one decoder, as in DaCapo's state dicts.
    """

    def __init__(self, config: CNNectomeUNetConfig) -> None:
        super().__init__()
        factors, same = config.downsample_factors, config.padding == "same"
        levels = range(len(factors))
        widths = [
            config.num_fmaps * config.fmap_inc_factor**level
            for level in range(len(factors) + 1)
        ]
        if not factors:  # a single level makes the output
            widths = [config.fmaps_out]
        outputs = [config.fmaps_out, *widths[1:]]
        # the finest level keeps the width of the level below it
        up_widths = [widths[max(level, 1)] for level in levels]
        self._shapes = config.shapes
        self.l_conv = torch.nn.ModuleList(
            ConvPass(before, after, kernels, same=same)
            for before, after, kernels in zip(
                [config.fmaps_in, *widths[:-1]],
                widths,
                config.kernels_down,
                strict=True,
            )
        )
        self.l_down = torch.nn.ModuleList(map(max_pool, factors))
        self.r_up = _decoder(
            Upsample(
                widths[level + 1],
                up_widths[level],
                factors[level],
                constant=config.constant_upsample,
                activation=config.activation_on_upsample,
            )
            for level in levels
        )
        self.attention = (
            _decoder(
                AttentionGate(
                    widths[level + 1], widths[level], outputs[level], factors[level]
                )
                for level in levels
            )
            if config.use_attention
            else None
        )
        self.r_conv = _decoder(
            ConvPass(
                widths[level] + up_widths[level],
                outputs[level],
                config.kernels_up[level],
                same=same,
            )
            for level in levels
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features, axes ``b c`` + spatial, for raw data of the same axes."""
        self._shapes.output_shape([int(n) for n in x.shape[2:]])  # raises if unfit
        skips = []
        for convolve, pool in zip(self.l_conv, self.l_down, strict=False):
            skips.append(convolve(x))
            x = pool(skips[-1])
        x = self.l_conv[-1](x)
        for level in reversed(range(len(self.l_down))):
            x = self._step_up(level, x, skips.pop())
        return x

    def _step_up(
        self, level: int, deeper: torch.Tensor, skip: torch.Tensor
    ) -> torch.Tensor:
        up = self.r_up[0][level](deeper)  # type: ignore[index]
        up = _center_crop(up, self._shapes.cropped(level, up.shape[2:]))
        if self.attention is not None:
            skip = self.attention[0][level](deeper, skip)  # type: ignore[index]
        joined = torch.cat([_center_crop(skip, up.shape[2:]), up], dim=1)
        return self.r_conv[0][level](joined)  # type: ignore[index, no-any-return]


class AttentionGate(torch.nn.Module):
    """Weigh the features of a level by what the coarser level found.

    Parameters
    ----------
    deeper_channels, skip_channels : int
        Channels of the coarser level and of the features to weigh.
    inner_channels : int
        Channels of their common space.
    factor : sequence of int
        By how much the level is finer, one number per spatial axis.
    """

    def __init__(
        self,
        deeper_channels: int,
        skip_channels: int,
        inner_channels: int,
        factor: Sequence[int],
    ) -> None:
        super().__init__()
        kernels = [(1,) * len(factor)] * 2
        self.W_g = ConvPass(deeper_channels, inner_channels, kernels, None)
        self.W_x = torch.nn.Sequential(
            ConvPass(skip_channels, inner_channels, kernels, None), max_pool(factor)
        )
        self.psi = ConvPass(inner_channels, 1, kernels, torch.nn.Sigmoid)
        self._factor = tuple(float(f) for f in factor)

    def forward(self, deeper: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """Return `skip` times the gate, which is between 0 and 1."""
        skip_signal = self.W_x(skip)
        deeper_signal = _center_pad(self.W_g(deeper), skip_signal.shape[2:])
        gate = self.psi(torch.relu(deeper_signal + skip_signal))
        mode = "bilinear" if gate.ndim == 4 else "trilinear"
        gate = functional.interpolate(
            gate, scale_factor=self._factor, mode=mode, align_corners=True
        )
        return skip * gate


def _decoder(levels: Iterable[torch.nn.Module]) -> torch.nn.ModuleList:
    return torch.nn.ModuleList([torch.nn.ModuleList(levels)])


def _center_crop(x: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    for axis, size in enumerate(shape, start=2):
        if x.shape[axis] != size:
            x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return x


def _center_pad(x: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Surround `x` with zeros; the low side gets the smaller half if they differ."""
    padding: list[int] = []
    for size, target in reversed(list(zip(x.shape[2:], shape, strict=True))):
        low = (target - size) // 2
        padding += [low, target - size - low]
    return functional.pad(x, padding)
