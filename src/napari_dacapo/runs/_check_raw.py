"""Whether raw data can be learned from: finite, not constant, on a sensible scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays.normalization import normalized
from napari_dacapo.errors import DataError

from ._check_parts import READ_ERRORS
from ._check_scan import Box, Limits, Scan
from ._findings import Finding, Severity, finding_of
from ._remedies import scaled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi

    from ._check_parts import Part

#: least part of the range 0..1 of the network that intensities should use
LEAST_RANGE = 1 / 8
#: larger intensities than this are no range that a network learns from
MOST_INTENSITY = 20.0
#: voxels per block of which percentiles are taken
SAMPLED = 2**14
#: extremes that do not count for the range, in percent
OUTLIERS = 0.1
#: longest list of sections in a line
MOST_LISTED = 6


class RawFacts:
    """What was met in raw data, channel by channel; see `check_raw`."""

    def __init__(self, num_channels: int, num_sections: int) -> None:
        self.low = np.full(num_channels, np.inf)
        self.high = np.full(num_channels, -np.inf)
        self.nan = self.infinite = 0
        self.bad = Box()
        self._samples: list[NDArray[Any]] = []
        self._section_low = np.full(num_sections, np.inf)
        self._section_high = np.full(num_sections, -np.inf)

    def add(self, place: tuple[slice, ...], values: NDArray[Any]) -> None:
        """Take in a block ``(channel, *space)``."""
        if values.dtype.kind == "f":
            values = self._finite_only(place, values)
        flat = values.reshape(len(values), -1)
        self.low = np.fmin(self.low, _reduced(np.fmin, flat))
        self.high = np.fmax(self.high, _reduced(np.fmax, flat))
        thinned = flat[:, :: max(1, flat.shape[1] // SAMPLED)].ravel()
        self._samples.append(thinned[np.isfinite(thinned)].astype(np.float64))
        if len(self._section_low):
            self._add_sections(place[0], values)

    def _finite_only(
        self, place: tuple[slice, ...], values: NDArray[Any]
    ) -> NDArray[Any]:
        """Count what is not finite and return `values` with NaN in its place."""
        finite = np.isfinite(values)
        if finite.all():
            return values
        nan = int(np.isnan(values).sum())
        self.nan += nan
        self.infinite += finite.size - int(finite.sum()) - nan
        self.bad.add(place, ~finite.all(axis=0))
        return np.where(finite, values, np.nan)

    def _add_sections(self, span: slice, values: NDArray[Any]) -> None:
        by_section = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
        low, high = self._section_low[span], self._section_high[span]
        low[:] = np.fmin(low, _reduced(np.fmin, by_section))
        high[:] = np.fmax(high, _reduced(np.fmax, by_section))

    @property
    def constant_sections(self) -> list[int]:
        """Positions along the first axis where nothing is to be seen."""
        return np.flatnonzero(self._section_low == self._section_high).tolist()

    @property
    def used_range(self) -> tuple[float, float]:
        """The intensities that are used, without the rarest."""
        samples = np.concatenate(self._samples or [np.zeros(0)])
        if not samples.size:
            return 0.0, 0.0
        # nearest: a value that occurs, so that whole numbers stay whole
        low, high = np.percentile(samples, (OUTLIERS, 100 - OUTLIERS), method="nearest")
        return float(low), float(high)


def _reduced(function: np.ufunc, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Reduce each row; rows of nothing but NaN stay NaN, which `fmin` then skips."""
    if rows.shape[1] == 0:
        return np.full(len(rows), np.nan)
    return np.asarray(function.reduce(rows, axis=1), dtype=np.float64)


def check_raw(
    part: Part, region: Roi, limits: Limits, *, is_final: bool
) -> Iterator[Finding]:
    """Read `region` (nm) of raw data and tell what is wrong with it.

    Parameters
    ----------
    part : Part
        The raw data.
    region : Roi
        What training looks at, on the voxel grid.
    limits : Limits
        How much may be read.
    is_final : bool
        Whether the network sees these very values; otherwise a scaling can still be
        proposed, so that its lack is only a note.
    """
    scan = Scan(part.array, region, limits)
    sections = scan.shape[0] if len(scan.shape) > 2 else 0
    facts = RawFacts(part.array.num_channels or 1, sections)
    try:
        for place, values in scan:
            facts.add(place, values)
    except READ_ERRORS as error:
        yield finding_of(error, part.where, part.field, scan.block)
        return
    yield from _not_finite(part, facts, scan)
    if facts.low.min(initial=np.inf) > facts.high.max(initial=-np.inf):
        return  # nothing was read, or nothing is finite
    constant = list(_constant(part, facts, scan))
    yield from constant or _scale(part, facts, scan, is_final=is_final)


def _not_finite(part: Part, facts: RawFacts, scan: Scan) -> Iterator[Finding]:
    if not facts.nan and not facts.infinite:
        return
    box = facts.bad.roi(scan, part.array.voxel_size)
    yield Finding(
        Severity.ERROR,
        part.where,
        f"holds {facts.nan} NaN and {facts.infinite} infinite voxels{scan.note}, all "
        f"inside {box} nm",
        "replace them, for example by 0 (numpy.nan_to_num), or crop them away",
        box,
        part.field,
    )


def _constant(part: Part, facts: RawFacts, scan: Scan) -> Iterator[Finding]:
    same = np.flatnonzero(facts.low == facts.high)
    if not len(same):
        return
    which = "every voxel"
    if len(facts.low) > 1:
        which = f"every voxel of channel {', '.join(map(str, same))}"
    values = ", ".join(f"{v:g}" for v in sorted(set(facts.low[same].tolist())))
    yield Finding(
        Severity.WARNING,
        part.where,
        f"is constant: {which} is {values}{scan.note}, so there is nothing to see",
        "check that it is the right array, and that the file is complete",
        scan.region,
        part.field,
    )


def _scale(
    part: Part, facts: RawFacts, scan: Scan, *, is_final: bool
) -> Iterator[Finding]:
    yield from _constant_sections(part, facts, scan)
    low, high = facts.used_range
    fix = (
        f"scale it with an IntensitiesArrayConfig (min {low:g}, max {high:g}), for "
        "validation and prediction too"
    )
    remedy = scaled(part, low, high)
    severity = Severity.WARNING if is_final else Severity.NOTE
    try:
        unit = _unit(part)
    except DataError as error:
        refusal = finding_of(error, part.where, part.field)
        what = f"its intensities are {part.array.dtype}, from {low:g} to {high:g}"
        severity = refusal.severity if is_final else Severity.NOTE
        yield Finding(severity, part.where, what, fix, None, part.field, remedy)
        return
    if high > low and high - low < LEAST_RANGE * unit:
        yield Finding(
            severity,
            part.where,
            f"intensities from {low:g} to {high:g}{scan.note} use only "
            f"{(high - low) / unit:.1%} of the range 0 to {unit:g} that the network "
            "sees as 0 to 1",
            fix,
            field=part.field,
            remedy=remedy,
        )
    elif max(abs(low), abs(high)) > MOST_INTENSITY * unit:
        yield Finding(
            severity,
            part.where,
            f"intensities from {low:g} to {high:g}{scan.note} go to the network as "
            "they are; it learns best from values between -1 and 1",
            fix,
            field=part.field,
            remedy=remedy,
        )


def _unit(part: Part) -> float:
    """Return the intensity that the network sees as 1.

    Raises
    ------
    DataError
        If that is not known for values of this type.
    """
    normalized(part.array)
    kind = part.array.dtype.kind
    return 1.0 if kind in "bf" else float(np.iinfo(part.array.dtype).max)


def _constant_sections(part: Part, facts: RawFacts, scan: Scan) -> Iterator[Finding]:
    found = facts.constant_sections
    if not found or not scan.complete:
        return
    listed = ", ".join(map(str, found[:MOST_LISTED]))
    more = ", ..." if len(found) > MOST_LISTED else ""
    yield Finding(
        Severity.NOTE,
        part.where,
        f"{len(found)} of {scan.shape[0]} sections are blank (counted from 0 where "
        f"there are labels: {listed}{more})",
        "leave them out with a mask if there are labels in them",
        scan.region,
        part.field,
    )
