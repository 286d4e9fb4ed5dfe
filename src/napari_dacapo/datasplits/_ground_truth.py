"""Ground truth with one channel per class, from label volumes of single classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.arrays import (
    ArrayConfig,
    BinarizeArrayConfig,
    ConcatArrayConfig,
    OnesArrayConfig,
)
from napari_dacapo.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def semantic_ground_truth(
    name: str, labels: Mapping[str, ArrayConfig], targets: Sequence[str]
) -> tuple[ArrayConfig, ArrayConfig | None]:
    """Return the configs of ground truth and mask.

    Parameters
    ----------
    name : str
        Beginning of the names of the arrays.
    labels : mapping
        By class, the volume in which every label but 0 belongs to it.
    targets : sequence of str
        The classes wanted, in the order of the channels.

    Returns
    -------
    gt : ArrayConfig
        One 0/1 channel per target; 0 for targets without labels.
    mask : ArrayConfig or None
        1 in the channels that have labels, 0 in the others, which therefore are not
        learned; `None` if all have.

    Raises
    ------
    ConfigError
        If no target has labels.
    """
    binary: dict[str, ArrayConfig] = {
        label: BinarizeArrayConfig(
            name=f"{name}_{label}_binarized",
            source_array_config=config,
            groupings=[(label, [])],
        )
        for label, config in labels.items()
    }
    if list(targets) == list(labels) and len(labels) == 1:
        return binary[targets[0]], None
    known: dict[str, ArrayConfig] = {
        target: OnesArrayConfig(f"{name}_{target}_known", binary[target])
        for target in targets
        if target in binary
    }
    if not known:
        raise ConfigError(
            f"targets: none of {', '.join(targets)} is a class of {name}, which has "
            f"{', '.join(labels)}"
        )
    channels = list(targets)
    if len(known) == len(targets):
        return ConcatArrayConfig(f"{name}_gt", channels, binary), None
    used = {target: binary[target] for target in known}
    gt = ConcatArrayConfig(f"{name}_gt", channels, used)
    return gt, ConcatArrayConfig(f"{name}_mask", channels, known)
