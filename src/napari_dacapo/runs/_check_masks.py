"""How much of the labels a mask lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._check_parts import READ_ERRORS, Part
from ._check_scan import Limits, Scan
from ._findings import Finding, Severity, finding_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.geometry import Roi

#: a mask that lets less than this through may be inverted
LITTLE = 0.01


def check_mask(part: Part, region: Roi, limits: Limits) -> Iterator[Finding]:
    """Read a mask (1 = use, 0 = ignore) where there are labels."""
    scan = Scan(part.array, region, limits)
    used = values_seen = 0
    try:
        for _, values in scan:
            used += int(np.count_nonzero(values))
            values_seen += values.size
    except READ_ERRORS as error:
        yield finding_of(error, part.where, part.field, scan.block)
        return
    if not values_seen:
        return
    share = used / values_seen
    what = f"{share:.1%} of the labels are used, the rest is masked out{scan.note}"
    if not used and scan.complete:
        severity, fix = Severity.ERROR, "invert it if 0 marks what to use (1 = use)"
    elif share < LITTLE:
        severity, fix = Severity.WARNING, "invert it if 0 marks what to use (1 = use)"
    elif share < 1:
        severity, fix = Severity.NOTE, "change the mask if that is not meant (1 = use)"
    else:
        return
    yield Finding(severity, part.where, what, fix, region, part.field)
