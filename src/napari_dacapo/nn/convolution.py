"""Convolution layers and blocks of the U-Net."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: makes a layer
    Layer = Callable[..., torch.nn.Module]

#: torch's threshold, in elements, below which a single sample is not given to oneDNN
ONEDNN_MINIMUM = 20480


class Conv3d(torch.nn.Conv3d):
    """A 3D convolution that is as fast for a single sample as for a batch, on CPU.

    For a batch of 1, torch (2.13 and before, ``use_mkldnn`` in its Convolution.cpp)
    takes a plain loop instead of oneDNN unless the sample is large. Cut into two
    overlapping halves, which make a batch of 2, the sample takes the fast way; a single
    section takes the 2D one.
    Parameters, their names and (up to rounding) results are those of
    `torch.nn.Conv3d`; stride and dilation must be 1.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the convolution of a tensor with axes ``b c z y x``."""
        if not _takes_slow_kernel(input, self.weight):
            return super().forward(input)
        margins = cast("tuple[int, ...]", self.padding)
        if input.shape[2] == self.weight.shape[2] == 1 and margins[0] == 0:
            return _convolve_plane(input, self.weight, self.bias, margins[1:])
        padding = [n for margin in reversed(margins) for n in (margin, margin)]
        return _convolve_halves(functional.pad(input, padding), self.weight, self.bias)


def _takes_slow_kernel(x: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether torch would not use oneDNN for `x`, although that is faster."""
    return (
        x.shape[0] == 1
        and x.device.type == "cpu"
        and x.dtype == torch.float32
        # with a single channel, as in a first layer, the plain loop is the faster one
        and x.shape[1] > 1
        and weight.shape[2:].numel() > 1
        and x.shape[1] * x.shape[2] * x.shape[3] <= ONEDNN_MINIMUM
    )


def _convolve_plane(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    padding: tuple[int, ...],
) -> torch.Tensor:
    plane = functional.conv2d(x.squeeze(2), weight.squeeze(2), bias, padding=padding)
    return plane.unsqueeze(2)


def _convolve_halves(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    contexts = [k - 1 for k in weight.shape[2:]]
    sizes = [n - c for n, c in zip(x.shape[2:], contexts, strict=True)]
    longest = max(range(len(sizes)), key=sizes.__getitem__)
    axis, size, context = longest + 2, sizes[longest], contexts[longest]
    half = (size + 1) // 2
    halves = [x.narrow(axis, start, half + context) for start in (0, size - half)]
    both = functional.conv3d(torch.cat(halves), weight, bias)
    # of an odd size, both halves hold the middle
    rest = both[1:].narrow(axis, 2 * half - size, size - half)
    return torch.cat([both[:1], rest], axis)


_CONVOLUTION: dict[int, Layer] = {2: torch.nn.Conv2d, 3: Conv3d}
_TRANSPOSED: dict[int, Layer] = {
    2: torch.nn.ConvTranspose2d,
    3: torch.nn.ConvTranspose3d,
}
_MAX_POOL: dict[int, Layer] = {2: torch.nn.MaxPool2d, 3: torch.nn.MaxPool3d}


def max_pool(factor: Sequence[int]) -> torch.nn.Module:
    """Return max pooling by `factor`, one number per spatial axis."""
    return _MAX_POOL[len(factor)](tuple(factor), tuple(factor))


class ConvPass(torch.nn.Module):
    """Convolutions in a row, each followed by `activation`.

    Parameters
    ----------
    in_channels, out_channels : int
        The first convolution changes the number of channels, the others keep it.
    kernels : per convolution
        Kernel sizes (voxels), one number per spatial axis.
    activation : type of module, optional
        What follows every convolution, also the last one.
    same : bool
        Whether to pad so that the size stays (odd kernels only).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernels: Sequence[Sequence[int]],
        activation: type[torch.nn.Module] | None = torch.nn.ReLU,
        *,
        same: bool = False,
    ) -> None:
        super().__init__()
        self.conv_pass = torch.nn.Sequential()
        for kernel in kernels:
            padding = tuple(k // 2 if same else 0 for k in kernel)
            convolution = _CONVOLUTION[len(kernel)]
            self.conv_pass.append(
                convolution(in_channels, out_channels, tuple(kernel), padding=padding)
            )
            if activation is not None:
                self.conv_pass.append(activation())
            in_channels = out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features for a tensor with axes ``b c`` + spatial."""
        return self.conv_pass(x)  # type: ignore[no-any-return]


class Upsample(torch.nn.Module):
    """Enlarge feature maps by `factor`, one number per spatial axis.

    Either by repeating voxels with a convolution of size 1 (`constant`), or by a
    transposed convolution; then ReLU (`activation`).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        factor: Sequence[int],
        *,
        constant: bool = True,
        activation: bool = True,
    ) -> None:
        super().__init__()
        size = tuple(factor)
        layers: list[torch.nn.Module]
        if constant:
            one = (1,) * len(size)
            layers = [
                torch.nn.Upsample(scale_factor=size, mode="nearest"),
                _CONVOLUTION[len(size)](in_channels, out_channels, one),
            ]
        else:
            transposed = _TRANSPOSED[len(size)]
            layers = [transposed(in_channels, out_channels, size, stride=size)]
        if activation:
            layers.append(torch.nn.ReLU())
        self.up = torch.nn.Sequential(*layers)
        self._constant = constant

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the enlarged features of a tensor with axes ``b c`` + spatial."""
        if not self._constant:
            return self.up(x)  # type: ignore[no-any-return]
        # Acting on single voxels, convolution and ReLU give the same before and after
        # repeating; before, there are fewer voxels to compute.
        repeat, *pointwise = self.up
        for layer in pointwise:
            x = layer(x)
        return repeat(x)  # type: ignore[no-any-return]
