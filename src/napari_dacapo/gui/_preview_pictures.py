"""Pictures of a training sample: arrays turned into colours, in a worker; no Qt."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arraytypes import EmbeddingArray, ProbabilityArray

from ._preview_pipeline import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import NumpyArray
    from napari_dacapo.geometry import Roi

    Colours = NDArray[np.uint8]

#: number that stands for all channels of a target together
ALL_CHANNELS = -1
#: channels of classes, told apart by colour-blind people (Okabe & Ito 2008,
#: https://jfly.uni-koeln.de/color)
_CLASS_COLOURS = np.array(
    [
        (86, 180, 233),
        (230, 159, 0),
        (0, 158, 115),
        (204, 121, 167),
        (240, 228, 66),
        (213, 94, 0),
        (0, 114, 178),
    ],
    np.float32,
)
#: signed distances from -1 over 0 to 1: outside blue, inside red, white between them
#: (ends of ColorBrewer's RdBu, https://colorbrewer2.org)
_OUTSIDE, _BORDER, _INSIDE = (33, 102, 172), (247, 247, 247), (178, 24, 43)
#: what the colours mean
_RAW = (
    "What the network sees, normalised and augmented: 0 is black, 1 white. Its output "
    "covers the frame."
)
_SIGNED = "Signed distance: blue outside, white at the border, red inside."
_UNSIGNED = "0 is black, 1 bright; channels shown together have a colour each."
_WEIGHT = "How much each voxel counts: black not at all, yellow most."


@attrs.frozen(eq=False)
class Picture:
    """Sections of one part of a sample, in colours.

    Attributes
    ----------
    title : str
        What is shown.
    values : str
        Lowest and highest value.
    legend : str
        What the colours mean.
    sections : ndarray
        uint8, axes section, y, x, (red, green, blue).
    extent : (float, float)
        Height and width in world units.
    """

    title: str
    values: str
    legend: str
    sections: Colours
    extent: tuple[float, float]


@attrs.frozen(eq=False)
class Pictures:
    """What is shown of a sample.

    Attributes
    ----------
    sample : Sample
        The sample.
    channels : tuple of (int, str)
        The channels of the target that can be chosen, `ALL_CHANNELS` among them if they
        can be shown together.
    channel : int
        Which is shown.
    raw, target, weight : Picture
        The target's sections, and those of raw at the same places.
    frame : (float, float, float, float)
        Where the target lies in the picture of raw: left, top, width, height, as shares
        of its sides.
    """

    sample: Sample
    channels: tuple[tuple[int, str], ...]
    channel: int
    raw: Picture
    target: Picture
    weight: Picture
    frame: tuple[float, float, float, float]


def draw(sample: Sample, channel: int | None = None) -> Pictures:
    """Return pictures of `sample`, of its target one `channel` or all together.

    A channel that the target does not have means what shows most.
    """
    channels = tuple(enumerate(sample.channels))
    if _together(sample):
        channels = ((ALL_CHANNELS, "all channels"), *channels)
    if channel not in dict(channels):
        channel = channels[0][0]
    target, weight = sample.target, sample.weight
    signed = channel != ALL_CHANNELS and sample.is_distance(channel)
    return Pictures(
        sample,
        channels,
        channel,
        _picture("raw", sample.raw, _raw_sections(sample), _RAW),
        _picture(
            "target",
            target,
            _target_colours(sample, channel),
            _SIGNED if signed else _UNSIGNED,
        ),
        _picture("weight", weight, _weight_colours(weight, channel), _WEIGHT),
        _frame(sample.raw.roi, target.roi),
    )


def _together(sample: Sample) -> bool:
    """Whether the channels of the target can be shown in one picture."""
    if isinstance(sample.meaning, EmbeddingArray):
        return len(sample.channels) >= 2
    number = len(sample.channels)
    signed = any(sample.is_distance(channel) for channel in range(number))
    exclusive = isinstance(sample.meaning, ProbabilityArray) and not signed
    return exclusive and 2 <= number <= len(_CLASS_COLOURS)


def _picture(title: str, array: NumpyArray, colours: Colours, legend: str) -> Picture:
    low, high = (f"{float(v):.2g}" for v in (array.data.min(), array.data.max()))
    extent = array.roi.shape.as_floats()[-2:]
    return Picture(title, f"{low} to {high}", legend, colours, (extent[0], extent[1]))


def _sections(values: NDArray[Any]) -> NDArray[Any]:
    """Return channels, sections, y, x, with one section for a flat sample."""
    return values if values.ndim == 4 else values[:, np.newaxis]


def _raw_sections(sample: Sample) -> Colours:
    """Return raw at the sections of the target: its first three channels as colours."""
    values = _sections(sample.raw.data)[:, _raw_indices(sample)]
    scaled = _to_bytes(values)
    if len(scaled) in (2, 3):
        return _as_rgb(scaled)
    return np.repeat(scaled[0][..., np.newaxis], 3, axis=-1)


def _raw_indices(sample: Sample) -> list[int]:
    """Return the sections of raw that lie where those of the target are."""
    raw, target = sample.raw, sample.target
    if raw.dims < 3:
        return [0]
    number = target.data.shape[1]
    first = target.roi.offset[0] - raw.roi.offset[0]
    middle = target.voxel_size[0] / 2
    edge = raw.voxel_size[0]
    return [
        int((first + i * target.voxel_size[0] + middle) // edge) for i in range(number)
    ]


def _target_colours(sample: Sample, channel: int) -> Colours:
    values = _sections(sample.target.data)
    if channel == ALL_CHANNELS:
        if isinstance(sample.meaning, EmbeddingArray):
            return _as_rgb(_to_bytes(values[:3]))
        palette = _CLASS_COLOURS[: len(values)]
        mixed = np.einsum("czyx,cr->zyxr", values.astype(np.float32), palette)
        return _to_bytes(mixed / 255)
    single = values[channel]
    if sample.is_distance(channel):
        return _looked_up(_diverging(), _to_bytes((single + 1) / 2))
    return np.repeat(_to_bytes(single)[..., np.newaxis], 3, axis=-1)


def _weight_colours(weight: NumpyArray, channel: int) -> Colours:
    values = _sections(weight.data).astype(np.float32)
    shown = values.mean(0) if channel == ALL_CHANNELS else values[channel]
    highest = float(values.max())
    scaled = _to_bytes(shown / highest if highest > 0 else shown)
    return _looked_up(_inferno(), scaled)


def _looked_up(table: Colours, values: Colours) -> Colours:
    colours: Colours = table[values]
    return colours


def _as_rgb(values: Colours) -> Colours:
    """Return up to three channels (first axis) as red, green, blue (last axis)."""
    missing = np.zeros((3 - len(values), *values.shape[1:]), np.uint8)
    return np.ascontiguousarray(np.moveaxis(np.concatenate([values, missing]), 0, -1))


def _to_bytes(values: NDArray[Any]) -> Colours:
    """Return 0 to 1 as 0 to 255; what is outside is clipped."""
    scaled = np.rint(np.asarray(values, np.float32) * np.float32(255))
    found: Colours = scaled.clip(0, 255).astype(np.uint8)
    return found


@cache
def _diverging() -> Colours:
    """Return the colours of the bytes from -1 to 1."""
    ends = np.array([_OUTSIDE, _BORDER, _INSIDE], float)
    places = np.linspace(-1, 1, 256)
    table = [np.interp(places, [-1, 0, 1], ends[:, i]) for i in range(3)]
    return np.stack(table, axis=-1).astype(np.uint8)


@cache
def _inferno() -> Colours:
    from napari.utils.colormaps import ensure_colormap

    colours = ensure_colormap("inferno").map(np.linspace(0, 1, 256))
    return _to_bytes(colours[:, :3])


def _frame(raw: Roi, target: Roi) -> tuple[float, float, float, float]:
    low = [float(t - r) for t, r in zip(target.offset, raw.offset, strict=True)]
    sizes = raw.shape.as_floats()
    inner = target.shape.as_floats()
    (top, left), (height, width) = low[-2:], sizes[-2:]
    return left / width, top / height, inner[-1] / width, inner[-2] / height
