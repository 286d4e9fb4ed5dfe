"""Whether arrays lie where they should: overlap, voxel sizes, grids, sizes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from napari_dacapo.arrays._derived import DerivedArray
from napari_dacapo.geometry import Coordinate, Roi

from ._findings import Finding, Severity
from ._remedies import cropped, resampled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_dacapo.arrays import Array

    from ._check_network import Network
    from ._check_parts import Pair, Part


def check_places(pair: Pair, network: Network | None = None) -> Iterator[Finding]:
    """Compare the metadata of the arrays of `pair` with each other and the network."""
    if network is not None and pair.raw.array.dims != network.input_shape.dims:
        yield Finding(
            Severity.ERROR,
            pair.raw.where,
            f"has {pair.raw.array.dims} spatial axes, the network "
            f"{network.input_shape.dims}",
            "choose an architecture with as many axes as the data",
            field="architecture_config",
        )
        return
    for part in (pair.raw, pair.gt, pair.mask):
        if part is not None:
            yield from _assumptions(part)
    if pair.gt is not None:
        yield from _misplaced(pair.gt, pair.raw, "raw", network)
    if pair.gt is not None and pair.mask is not None:
        yield from _misplaced(pair.mask, pair.gt, "gt", None)
    if network is not None:
        yield from _small(pair, network)


def _assumptions(part: Part) -> Iterator[Finding]:
    """Pass on what opening an array had to assume about its place."""
    array = part.array
    while isinstance(array, DerivedArray):
        array = array.source_array
    for note in getattr(array, "notes", ()):
        what, _, fix = note.rpartition("; ")
        yield Finding(
            Severity.WARNING,
            part.where,
            what or fix,
            fix if what else "correct the file if that is wrong",
            field=part.field,
        )


def _misplaced(
    part: Part, reference: Part, what: str, network: Network | None
) -> Iterator[Finding]:
    array, other = part.array, reference.array
    if array.dims != other.dims:
        yield Finding(
            Severity.ERROR,
            part.where,
            f"has {array.dims} spatial axes ({shape_text(array)} voxels), but {what} "
            f"has {other.dims} ({shape_text(other)} voxels)",
            "choose arrays with the same axes",
            field=part.field,
        )
        return
    yield from _overlap(part, reference, what)
    finding = _voxel_sizes(part, reference, what, network)
    yield from [finding] if finding else _off_grid(part, reference, what)


def _overlap(part: Part, reference: Part, what: str) -> Iterator[Finding]:
    roi, other = part.array.roi, reference.array.roi
    common = roi.intersect(other)
    boxes = f"covers {roi} nm and {what} {other} nm"
    if common.empty:
        yield Finding(
            Severity.ERROR,
            part.where,
            f"{boxes}: they have nothing in common",
            "check the offsets and the units of both, or choose arrays that belong "
            "together",
            roi,
            part.field,
        )
    elif not other.contains(roi):
        share = float(1 - Fraction(math.prod(common.shape), math.prod(roi.shape)))
        yield Finding(
            Severity.WARNING,
            part.where,
            f"{share:.1%} of it lies outside of {what}: it has "
            f"{shape_text(part.array)} voxels at {roi} nm, {what} "
            f"{shape_text(reference.array)} voxels at {other} nm",
            f"only the common part, {common} nm, is used; check the offsets if that is "
            "not meant",
            roi,
            part.field,
            cropped(part, common),
        )


def _voxel_sizes(
    part: Part, reference: Part, what: str, network: Network | None
) -> Finding | None:
    found, other = part.array.voxel_size, reference.array.voxel_size
    wanted = other if network is None else network.scale(other)
    if found == wanted:
        return None
    ratios = [Fraction(f) / Fraction(w) for f, w in zip(found, wanted, strict=True)]
    whole = all(1 in (r.numerator, r.denominator) for r in ratios)
    needed = "" if network is None else f"; the network needs {wanted} nm"
    up, down = [r.numerator for r in ratios], [r.denominator for r in ratios]
    return Finding(
        Severity.ERROR if network is not None or not whole else Severity.WARNING,
        part.where,
        f"has voxels of {found} nm and {what} of {other} nm{needed}",
        "bring it to the same size with a ResampledArrayConfig (upsample "
        f"{up}, downsample {down})"
        if whole
        else "these are no whole multiples of each other: resample one of them outside",
        field=part.field,
        remedy=resampled(part, up, down) if whole else None,
    )


def _off_grid(part: Part, reference: Part, what: str) -> Iterator[Finding]:
    """Find out whether voxels of two arrays lie across each other."""
    array, other = part.array, reference.array
    step = Coordinate(map(_common_divisor, array.voxel_size, other.voxel_size))
    shift = array.roi.offset - other.roi.offset
    rest = shift - shift.round_division(step) * step
    if not any(rest):
        return
    voxels = [round(float(abs(r) / v), 3) for r, v in zip(rest, step, strict=True)]
    yield Finding(
        Severity.ERROR,
        part.where,
        f"offset {array.roi.offset} nm is off the voxel grid of {what} (offset "
        f"{other.roi.offset} nm, voxels of {other.voxel_size} nm) by "
        f"{Coordinate(voxels)} voxels",
        f"set its offset to {array.roi.offset - rest} nm if that is a rounding, or "
        "resample one of them",
        array.roi,
        part.field,
    )


def _common_divisor(one: Fraction | int, other: Fraction | int) -> Fraction:
    a, b = Fraction(one), Fraction(other)
    denominator = math.lcm(a.denominator, b.denominator)
    return Fraction(math.gcd(int(a * denominator), int(b * denominator)), denominator)


def _small(pair: Pair, network: Network) -> Iterator[Finding]:
    """Compare a volume with what the network takes at once."""
    found, needed = Coordinate(pair.raw.array.shape), network.input_shape
    if all(f >= n for f, n in zip(found, needed, strict=True)):
        return
    what = f"has {found} voxels, fewer than the {needed} that the network takes"
    smallest = network.smallest_input(Coordinate(map(min, found, needed)))
    fits = all(f >= s for f, s in zip(found, smallest, strict=True))
    yield Finding(
        Severity.WARNING,
        pair.raw.where,
        f"{what}: the rest of every sample is filled with zeros",
        f"set input_shape of the architecture to {smallest}"
        if fits
        else f"choose a larger volume or a network that looks less far: the smallest "
        f"input of this one has {smallest} voxels"
        + (", or one that sees single sections" if found[0] == 1 else ""),
        pair.raw.array.roi,
        "architecture_config.input_shape",
    )


def check_independence(
    pairs: Sequence[Pair], network: Network | None = None
) -> Iterator[Finding]:
    """Find validation volumes that the network has learned from, or looked at."""
    trained = [p for p in pairs if p.role == "train" and p.gt is not None]
    for pair in pairs:
        if pair.role != "validate" or pair.gt is None:
            continue
        for other in trained:
            if _source(other) == _source(pair):
                yield from _dependence(pair, other, network)


def _source(pair: Pair) -> str:
    from ._check_parts import path_of

    return path_of(pair.raw.config)


def _dependence(pair: Pair, other: Pair, network: Network | None) -> Iterator[Finding]:
    if pair.gt is None or other.gt is None:
        return
    own, learned = pair.gt.array.roi, other.gt.array.roi
    if own.dims != learned.dims:
        return
    common = own.intersect(learned)
    if not common.empty and not _is_left_out(pair, common):
        share = float(Fraction(math.prod(common.shape), math.prod(own.shape)))
        yield Finding(
            Severity.WARNING,
            pair.gt.where,
            f"{share:.1%} of it ({common} nm) is trained on as well, in {other.name!r}",
            "take that part out of one of them: scores on what was learned say nothing "
            "about new data",
            common,
            pair.gt.field,
        )
        return
    if not common.empty:
        return  # what is left begins right beside it, which was done on purpose
    context = Coordinate((0,) * own.dims)
    if network is not None and pair.raw.array.dims == network.input_shape.dims:
        context = network.context(pair.raw.array.voxel_size)
    seen = own.grow(context, context).intersect(learned)
    if not seen.empty:
        yield Finding(
            Severity.NOTE,
            pair.gt.where,
            f"what the network looks at around it "
            f"({context / pair.raw.array.voxel_size} voxels at each side) reaches into "
            f"the training data {other.name!r} at {seen} nm",
            "leave a gap of this width between the two for scores beyond doubt",
            seen,
            pair.gt.field,
        )


def _is_left_out(pair: Pair, region: Roi) -> bool:
    """Return whether the mask ignores all of `region`, by one box."""
    array = None if pair.mask is None else pair.mask.array
    while isinstance(array, DerivedArray):
        if any(box.contains(region) for box in getattr(array, "boxes", ())):
            return True
        array = array.source_array
    return False


def shape_text(array: Array) -> str:
    """Return the shape for people, such as ``48 x 48 x 64``."""
    return " x ".join(map(str, array.shape))


def region_on_grid(array: Array, region: Roi) -> Roi:
    """Return the voxels of `array` that touch `region`."""
    if region.empty:
        return region
    snapped = region.snap_to_grid(array.voxel_size, "grow", origin=array.roi.offset)
    return snapped.intersect(array.roi)
