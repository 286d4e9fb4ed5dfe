"""Sizes of the feature maps of a U-Net, computed without running it."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Literal

import attrs

from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from collections.abc import Sequence

Direction = Literal["up", "down", "nearest"]


@attrs.frozen
class AxisShapes:
    """Sizes along one spatial axis; all operations of a U-Net act per axis.

    Parameters
    ----------
    factors : tuple of int
        Pooling factor between levels ``l`` and ``l + 1``, finest first.
    context_down, context_up : tuple of int
        Voxels that the convolutions of each level remove (0 with padding "same");
        one more level on the way down than on the way up.
    upsample : tuple of (int, int)
        Factor and removed voxels of each super-resolution step after the U-Net.
    same : bool
        Whether convolutions keep the size; then nothing is cropped either.
    """

    factors: tuple[int, ...]
    context_down: tuple[int, ...]
    context_up: tuple[int, ...]
    upsample: tuple[tuple[int, int], ...]
    same: bool

    def output_size(self, size: int) -> int:
        """Return the output size for an input of `size` voxels.

        Raises
        ------
        ConfigError
            If the input does not fit; the text says at which level and why.
        """
        size = self._bottom(size)
        for level in reversed(range(len(self.factors))):
            size = self.cropped(level, size * self.factors[level])
            size = _convolved(size, self.context_up[level], f"level {level} (going up)")
        for factor, context in self.upsample:
            size = _convolved(size * factor, context, "super-resolution")
        return size

    def _bottom(self, size: int) -> int:
        for level, factor in enumerate(self.factors):
            size = _convolved(size, self.context_down[level], f"level {level}")
            if size % factor:
                raise ConfigError(
                    f"level {level} has {size} voxels, which cannot be divided by the "
                    f"downsampling factor {factor}"
                )
            size //= factor
        return _convolved(size, self.context_down[-1], f"level {len(self.factors)}")

    def cropped(self, level: int, size: int) -> int:
        """Return the size to which an upsampled map of `size` voxels is cropped.

        The convolutions that follow turn it into a multiple of the remaining
        downsampling factors, without which the output would change when the input
        is shifted by a voxel of a coarser level.
        """
        if self.same:
            return size
        factor, context = math.prod(self.factors[level:]), self.context_up[level]
        target = (size - context) // factor * factor + context
        if target <= context:
            raise ConfigError(
                f"level {level} (going up) has {size} voxels; at least "
                f"{context + factor} are needed"
            )
        return target

    @property
    def margin(self) -> int:
        """How many input voxels a coarsest voxel's output depends on at each side.

        A multiple of the coarsest voxels. Counted by walking up from the last output
        voxel of a coarsest one to the last input voxel that it depends on: each time
        a finer voxel belongs to a coarser one, all of that one counts. Sizes must be
        those without padding.
        """
        coarsest = math.prod(self.factors)
        last = coarsest * math.prod(factor for factor, _ in self.upsample) - 1
        ups = zip(self.factors, self.context_up, strict=True)
        for factor, context in (*reversed(self.upsample), *ups):
            last = (last + context // 2) // factor
        last += self.context_down[-1] // 2
        downs = zip(self.factors, self.context_down, strict=False)
        for factor, context in reversed(list(downs)):
            last = last * factor + factor - 1 + context // 2
        return (last // coarsest) * coarsest

    def is_valid(self, size: int) -> bool:
        """Whether an input of `size` voxels fits."""
        try:
            self.output_size(size)
        except ConfigError:
            return False
        return True

    def valid_size(self, size: int, direction: Direction) -> int:
        """Return the next size that fits: at least, at most or nearest to `size`.

        The smallest size that fits at all is returned where none lies below.
        """
        above = next(n for n in itertools.count(max(size, 1)) if self.is_valid(n))
        below = next((n for n in range(size, 0, -1) if self.is_valid(n)), above)
        if direction == "nearest":
            return above if above - size < size - below else below
        return above if direction == "up" else below


def _convolved(size: int, context: int, where: str) -> int:
    if size <= context:
        raise ConfigError(
            f"{where} has {size} voxels, but its convolutions remove {context}"
        )
    return size - context


@attrs.frozen
class UNetShapes:
    """Sizes of all spatial axes of a U-Net."""

    axes: tuple[AxisShapes, ...]

    @classmethod
    def from_layers(
        cls,
        factors: Sequence[Sequence[int]],
        kernels_down: Sequence[Sequence[Sequence[int]]],
        kernels_up: Sequence[Sequence[Sequence[int]]],
        upsample: Sequence[tuple[Sequence[int], Sequence[Sequence[int]]]],
        *,
        same: bool,
    ) -> UNetShapes:
        """Gather the sizes from the layers, whose last index is the spatial axis.

        Parameters
        ----------
        factors : per level
            Downsampling factors.
        kernels_down, kernels_up : per level, per convolution
            Kernel sizes.
        upsample : per super-resolution step
            Factor, and the kernel sizes of the convolutions after it.
        same : bool
            Whether convolutions are padded.
        """

        def context(kernels: Sequence[Sequence[int]], axis: int) -> int:
            return 0 if same else sum(kernel[axis] - 1 for kernel in kernels)

        return cls(
            tuple(
                AxisShapes(
                    factors=tuple(factor[axis] for factor in factors),
                    context_down=tuple(context(k, axis) for k in kernels_down),
                    context_up=tuple(context(k, axis) for k in kernels_up),
                    upsample=tuple((u[axis], context(k, axis)) for u, k in upsample),
                    same=same,
                )
                for axis in range(len(kernels_down[0][0]))
            )
        )

    def output_shape(self, input_shape: Sequence[int]) -> Coordinate:
        """Return the spatial output shape (voxels) for a spatial input shape.

        Raises
        ------
        ConfigError
            If the input does not fit; the text names axis, level and valid shapes.
        """
        names = "zyx"[-len(self.axes) :]
        sizes = []
        for name, axis, size in zip(names, self.axes, input_shape, strict=True):
            try:
                sizes.append(axis.output_size(size))
            except ConfigError as error:
                below = self.valid_shape(input_shape, "down")
                above = self.valid_shape(input_shape, "up")
                near = f"{above}" if below == above else f"{below} or {above}"
                raise ConfigError(
                    f"shape {Coordinate(input_shape)} does not fit along {name}: "
                    f"{error}; the nearest valid shape is {near}"
                ) from None
        return Coordinate(sizes)

    def valid_shape(self, shape: Sequence[int], direction: Direction) -> Coordinate:
        """Return `shape` (voxels) with every axis moved to the next size that fits."""
        return Coordinate(
            axis.valid_size(size, direction)
            for axis, size in zip(self.axes, shape, strict=True)
        )

    def cropped(self, level: int, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape to which upsampled maps of `level` are cropped."""
        return tuple(
            axis.cropped(level, size)
            for axis, size in zip(self.axes, shape, strict=True)
        )
