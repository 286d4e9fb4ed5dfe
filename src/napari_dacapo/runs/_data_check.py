"""The data check: everything about data that can spoil a training, before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._check_network import Network
from ._check_parts import READ_ERRORS, PairSpec, pair_specs
from ._check_places import check_independence, check_places
from ._findings import Finding, finding_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from napari_dacapo.architectures import ArchitectureConfig
    from napari_dacapo.arrays import ArrayConfig
    from napari_dacapo.datasplits import DataSplitConfig
    from napari_dacapo.tasks import TaskConfig
    from napari_dacapo.trainers import TrainerConfig

    from .control import RunControl


def check_data(
    datasplit: DataSplitConfig,
    task: TaskConfig | None = None,
    architecture: ArchitectureConfig | None = None,
    trainer: TrainerConfig | None = None,
    control: RunControl | None = None,
) -> Iterator[Finding]:
    """Check the data of a run, the quickest checks first.

    Parameters
    ----------
    datasplit : DataSplitConfig
        The data.
    task : TaskConfig, optional
        What the labels are for.
    architecture : ArchitectureConfig, optional
        The network, for sizes and context.
    trainer : TrainerConfig, optional
        How samples are drawn.
    control : RunControl, optional
        A stop ends the check after the current block.

    Yields
    ------
    Finding
        One for everything that should be known; none if all is well. Data that cannot
        be read are findings too: nothing is raised.
    """
    network = yield from _network(architecture)
    pairs = []
    for spec in pair_specs(datasplit):
        pair = yield from spec.open()
        if pair is not None:
            pairs.append(pair)
            yield from check_places(pair, network)
    yield from check_independence(pairs, network)


def check_pair(
    raw: ArrayConfig,
    gt: ArrayConfig,
    mask: ArrayConfig | None = None,
    *,
    task: TaskConfig | None = None,
    control: RunControl | None = None,
) -> Iterator[Finding]:
    """Check raw data and its labels, as `check_data` does."""
    parts = {"raw": raw, "gt": gt} | ({} if mask is None else {"mask": mask})
    pair = yield from PairSpec("", "", None, parts).open()
    if pair is not None:
        yield from check_places(pair)


def _network(
    architecture: ArchitectureConfig | None,
) -> Generator[Finding, None, Network | None]:
    if architecture is None:
        return None
    try:
        return Network(architecture)
    except READ_ERRORS as error:
        where = f"architecture {architecture.name!r}"
        yield finding_of(error, where, "architecture_config")
    return None
