"""Config of the U-Net, with the arithmetic of its shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate

from .base import ArchitectureConfig, LazyClass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_dacapo.nn.shapes import Direction, UNetShapes


def _coordinate(value: Any, dims: int) -> Coordinate:
    """Return a kernel size or factor, which may be one number for all axes."""
    return Coordinate((value,) * dims if isinstance(value, int) else value)


def _coordinates(value: Any, config: CNNectomeUNetConfig) -> list[Coordinate] | None:
    if value is None:
        return None
    return [_coordinate(item, config.input_shape.dims) for item in value]


def _kernels(value: Any, config: CNNectomeUNetConfig) -> list[list[Coordinate]] | None:
    if value is None:
        return None
    dims = config.input_shape.dims
    return [[_coordinate(item, dims) for item in level] for level in value]


#: converters that know the number of axes from `input_shape`
_to_coordinates = attrs.Converter(_coordinates, takes_self=True)  # type: ignore[call-overload]
_to_kernels = attrs.Converter(_kernels, takes_self=True)  # type: ignore[call-overload]


@attrs.define
class CNNectomeUNetConfig(ArchitectureConfig):
    """A U-Net for 2D and 3D images, with any anisotropy and optional upsampling.

    Follows Ronneberger et al. 2015 (https://arxiv.org/abs/1505.04597) in the variant of
    Heinrich et al. 2021 (https://doi.org/10.1038/s41586-021-03977-3); attention gates
    after Oktay et al. 2018 (https://arxiv.org/abs/1804.03999).
    """

    architecture_type: ClassVar[LazyClass] = LazyClass(
        "napari_dacapo.nn.unet", "CNNectomeUNet"
    )

    input_shape: Coordinate = config_field(
        "Size of the image pieces that the network sees while training, one number per "
        "axis (z, y, x or y, x). Larger pieces show more surroundings but need more "
        "memory.",
        unit="voxels",
        converter=Coordinate,
    )
    fmaps_out: int = config_field(
        "Number of feature maps that the network hands to the task.", minimum=1
    )
    fmaps_in: int = config_field(
        "Number of channels of the raw data: 1 for grey images.", minimum=1
    )
    num_fmaps: int = config_field(
        "Number of feature maps at full resolution. More can learn more, but are "
        "slower; 12 to 32 are common.",
        minimum=1,
    )
    fmap_inc_factor: int = config_field(
        "How many times more feature maps each coarser level has; 2 to 6 are common.",
        minimum=1,
    )
    downsample_factors: list[Coordinate] = config_field(
        "By how much each level is coarser than the one before, per axis. Use 1 along "
        "z while the slices are much thicker than the pixels are wide.",
        converter=_to_coordinates,
    )
    kernel_size_down: list[list[Coordinate]] | None = config_field(
        "Sizes of the convolutions of every level on the way down (one level more than "
        "there are downsampling factors). Empty: two of size 3 per level.",
        default=None,
        unit="voxels",
        converter=_to_kernels,
        advanced=True,
    )
    kernel_size_up: list[list[Coordinate]] | None = config_field(
        "Sizes of the convolutions of every level on the way up, finest level first. "
        "Empty: two of size 3 per level.",
        default=None,
        unit="voxels",
        converter=_to_kernels,
        advanced=True,
    )
    _eval_shape_increase: Coordinate | None = config_field(
        "By how much larger the image pieces are while predicting, which needs less "
        "memory than training; larger pieces are predicted faster.",
        default=None,
        unit="voxels",
        converter=attrs.converters.optional(Coordinate),
        advanced=True,
    )
    upsample_factors: list[Coordinate] | None = config_field(
        "Factors by which the output is finer than the input, for predicting at a "
        "higher resolution than that of the raw data; one step each.",
        default=None,
        converter=_to_coordinates,
        advanced=True,
    )
    constant_upsample: bool = config_field(
        "Whether coarse feature maps are enlarged by repeating voxels (usual) or by a "
        "learned transposed convolution, which may leave checkerboard patterns.",
        default=True,
        advanced=True,
    )
    padding: str = config_field(
        "'valid': the output is smaller than the input, without border effects (blocks "
        "fit together seamlessly). 'same': the output is as large as the input, its "
        "border being less reliable.",
        default="valid",
        choices=("valid", "same"),
    )
    use_attention: bool = config_field(
        "Whether attention gates weigh the details handed from the way down to the way "
        "up.",
        default=False,
        advanced=True,
    )
    activation_on_upsample: bool = config_field(
        "Whether enlarged feature maps pass through a ReLU. Switch it off for the "
        "published COSEM networks, which have none there.",
        default=True,
        advanced=True,
    )
    kernel_size_upsample: list[list[Coordinate]] | None = config_field(
        "Sizes of the convolutions after each upsampling factor. Empty: two of size 3 "
        "after each.",
        default=None,
        unit="voxels",
        converter=_to_kernels,
        advanced=True,
    )

    @property
    def dims(self) -> int:
        """Number of spatial axes."""
        return self.input_shape.dims

    @property
    def eval_shape_increase(self) -> Coordinate:
        """By how much larger inputs are during prediction (voxels), or zeros."""
        return self._eval_shape_increase or Coordinate((0,) * self.dims)

    @property
    def kernels_down(self) -> list[list[Coordinate]]:
        """Kernel sizes of every level on the way down, defaults filled in."""
        levels = len(self.downsample_factors) + 1
        return self.kernel_size_down or self._default_kernels(levels)

    @property
    def kernels_up(self) -> list[list[Coordinate]]:
        """Kernel sizes of every level on the way up, defaults filled in."""
        levels = len(self.downsample_factors)
        return self.kernel_size_up or self._default_kernels(levels)

    @property
    def upsample_steps(self) -> list[tuple[Coordinate, list[Coordinate]]]:
        """Factor and kernel sizes of every super-resolution step."""
        factors = self.upsample_factors or []
        kernels = self.kernel_size_upsample or self._default_kernels(len(factors))
        return list(zip(factors, kernels, strict=True))

    def _default_kernels(self, levels: int) -> list[list[Coordinate]]:
        return [[Coordinate((3,) * self.dims)] * 2 for _ in range(levels)]

    @property
    def shapes(self) -> UNetShapes:
        """The arithmetic of the sizes of all feature maps."""
        return self._shapes(same=self.padding == "same")

    def _shapes(self, *, same: bool) -> UNetShapes:
        from napari_dacapo.nn.shapes import UNetShapes

        return UNetShapes.from_layers(
            self.downsample_factors,
            self.kernels_down,
            self.kernels_up,
            self.upsample_steps,
            same=same,
        )

    @property
    def margin(self) -> Coordinate:
        """How far (input voxels) padding inside reaches into the output.

        A multiple of the downsampling, so that blocks that overlap by it are pooled
        alike; zeros for networks that do not pad.
        """
        if self.padding != "same":
            return Coordinate((0,) * self.dims)
        return Coordinate(axis.margin for axis in self._shapes(same=False).axes)

    def output_shape(self, input_shape: Sequence[int] | None = None) -> Coordinate:
        """Return the spatial output shape (voxels), by default that while training.

        Raises
        ------
        ConfigError
            If the input does not fit; the text names the nearest shapes that do.
        """
        return self.shapes.output_shape(input_shape or self.input_shape)

    def verify(self) -> tuple[bool, str]:
        """Return whether the layers fit together and the inputs fit through them."""
        valid, reason = super().verify()
        if not valid:
            return valid, reason
        complaints = list(self.iter_layer_complaints()) or list(
            self._iter_size_complaints()
        )
        return (False, "; ".join(complaints)) if complaints else (True, reason)

    def iter_layer_complaints(self) -> Iterator[str]:
        """Yield what is wrong with the layers, whatever the input shape."""
        if self.dims not in (2, 3):
            yield (
                f"input_shape: {self.input_shape} has {self.dims} axes; the U-Net "
                "takes 2 (y, x) or 3 (z, y, x); split time series into single images"
            )
            return
        yield from self._iter_coordinate_complaints()
        levels = len(self.downsample_factors)
        yield from _level_complaints(
            "kernel_size_down", self.kernel_size_down, levels + 1
        )
        yield from _level_complaints("kernel_size_up", self.kernel_size_up, levels)
        yield from _level_complaints(
            "kernel_size_upsample",
            self.kernel_size_upsample,
            len(self.upsample_factors or ()),
        )

    def _iter_coordinate_complaints(self) -> Iterator[str]:
        fields = {
            "input_shape": [self.input_shape],
            "downsample_factors": self.downsample_factors,
            "upsample_factors": self.upsample_factors or [],
        }
        kernels = {
            "kernel_size_down": self.kernel_size_down,
            "kernel_size_up": self.kernel_size_up,
            "kernel_size_upsample": self.kernel_size_upsample,
        }
        for field, levels in kernels.items():
            fields[field] = [kernel for level in levels or [] for kernel in level]
        for field, values in fields.items():
            for value in values:
                if not _is_positive(value, self.dims):
                    yield (
                        f"{field}: {value} must be {self.dims} whole numbers of at "
                        "least 1, one per axis of input_shape"
                    )
                elif field in kernels and self.padding == "same" and _any_even(value):
                    yield (
                        f"{field}: {value} must be odd along every axis to keep the "
                        "size with padding 'same'; use an odd size or padding 'valid'"
                    )

    def _iter_size_complaints(self) -> Iterator[str]:
        increase = self.eval_shape_increase
        if increase.dims != self.dims or not all(isinstance(n, int) for n in increase):
            yield (
                f"eval_shape_increase: {increase} must be {self.dims} whole numbers, "
                "one per axis of input_shape"
            )
            return
        inputs = {
            "input_shape": self.input_shape,
            f"eval_shape_increase: input_shape + {increase}": self.input_shape
            + increase,
        }
        for what, shape in inputs.items():
            try:
                self.output_shape(shape)
            except ConfigError as error:
                yield f"{what}: {error}"
                return


def _is_positive(value: Coordinate, dims: int) -> bool:
    return value.dims == dims and all(isinstance(n, int) and n > 0 for n in value)


def _any_even(kernel: Coordinate) -> bool:
    return any(n % 2 == 0 for n in kernel)


def _level_complaints(
    field: str, kernels: list[list[Coordinate]] | None, levels: int
) -> Iterator[str]:
    if kernels is None:
        return
    if len(kernels) != levels:
        yield f"{field}: there are {len(kernels)} lists of kernels, but {levels} levels"
    if not all(kernels):
        yield f"{field}: every level needs at least one kernel"


def valid_input_shape(
    config: CNNectomeUNetConfig, shape: Sequence[int], direction: Direction = "up"
) -> Coordinate:
    """Return `shape` (voxels) with every axis moved to the next size that fits.

    Parameters
    ----------
    config : CNNectomeUNetConfig
        The network, whose layers must be valid (its input shape need not be).
    shape : sequence of int
        Wanted spatial shape, in voxels.
    direction : {"up", "down", "nearest"}
        Which way to go where a size does not fit; where nothing fits below, the
        smallest size that fits is taken.
    """
    return config.shapes.valid_shape(shape, direction)
