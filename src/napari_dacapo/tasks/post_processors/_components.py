"""Connected regions of masks, in 2D and 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: what neighbours have to share, and the numbers cc3d knows this by, for 2D and 3D
CONNECTIVITIES = {"faces": (4, 6), "edges": (8, 18), "corners": (8, 26)}
#: background is connected where foreground is not, or both could pass one another
OPPOSITE = {"faces": "corners", "edges": "faces", "corners": "faces"}


def connected_regions(
    mask: NDArray[np.bool_], connectivity: str = "faces"
) -> NDArray[np.uint32]:
    """Return consecutive labels of the regions of `mask`, 0 outside."""
    import cc3d

    label: Any = cc3d.connected_components
    labels: NDArray[np.uint32] = label(
        np.ascontiguousarray(mask),
        connectivity=CONNECTIVITIES[connectivity][mask.ndim - 2],
        out_dtype=np.uint32,
    )
    return labels


def without_holes(mask: NDArray[np.bool_], connectivity: str) -> NDArray[np.bool_]:
    """Return `mask` with the background that does not reach a face of the array."""
    background = connected_regions(~mask, OPPOSITE[connectivity])
    is_outside = np.zeros(int(background.max(initial=0)) + 1, bool)
    for axis in range(mask.ndim):
        is_outside[background.take(0, axis)] = True
        is_outside[background.take(-1, axis)] = True
    is_outside[0] = False  # 0 is foreground here
    filled: NDArray[np.bool_] = ~is_outside[background]
    return filled
