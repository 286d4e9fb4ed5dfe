"""The data check: everything about data that can spoil a training, before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._check_labels import LabelCheck, check_classes
from ._check_masks import check_mask
from ._check_network import Network
from ._check_parts import READ_ERRORS, Pair, PairSpec, pair_specs
from ._check_places import check_independence, check_places, region_on_grid
from ._check_raw import check_raw
from ._check_scan import Limits
from ._findings import Finding, Severity, finding_of
from ._label_facts import ClassVoxels, LabelUse, class_names
from .control import RunControl, StopRequestedError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from napari_dacapo.architectures import ArchitectureConfig
    from napari_dacapo.arrays import ArrayConfig
    from napari_dacapo.datasplits import DataSplitConfig
    from napari_dacapo.geometry import Roi
    from napari_dacapo.tasks import TaskConfig
    from napari_dacapo.trainers import TrainerConfig


def check_data(
    datasplit: DataSplitConfig,
    task: TaskConfig | None = None,
    architecture: ArchitectureConfig | None = None,
    trainer: TrainerConfig | None = None,
    control: RunControl | None = None,
) -> Iterator[Finding]:
    """Check the data of a run, the quickest checks first.

    Metadata of all arrays come before the first voxel is read. Volumes are read where
    there are labels, block by block; of very large ones a sample of blocks, as the
    lines then say.

    Parameters
    ----------
    datasplit : DataSplitConfig
        The data.
    task : TaskConfig, optional
        What the labels are for.
    architecture : ArchitectureConfig, optional
        The network, for sizes and context.
    trainer : TrainerConfig, optional
        How samples are drawn: whether raw around the labels is seen.
    control : RunControl, optional
        A stop ends the check before the next block.

    Yields
    ------
    Finding
        One for everything that should be known; none if all is well. Data that cannot
        be read are findings too: nothing is raised.
    """
    specs = list(pair_specs(datasplit))
    check = _Check(task, control, is_final=True)
    check.sees_around = not getattr(trainer, "clip_raw", False)
    yield from check.findings(specs, architecture)


def check_pair(
    raw: ArrayConfig,
    gt: ArrayConfig,
    mask: ArrayConfig | None = None,
    *,
    task: TaskConfig | None = None,
    use: LabelUse | None = None,
    control: RunControl | None = None,
) -> Iterator[Finding]:
    """Check raw data and labels that are not yet prepared for training.

    What settings can mend (voxel sizes that differ, intensities without a range) is no
    error here.

    Parameters
    ----------
    raw, gt, mask : ArrayConfig
        Raw data, its labels, and where they count.
    task : TaskConfig, optional
        What the labels are for.
    use : LabelUse, optional
        The same, where there is no task yet.
    control : RunControl, optional
        As for `check_data`.

    Yields
    ------
    Finding
        As `check_data`.
    """
    parts = {"raw": raw, "gt": gt} | ({} if mask is None else {"mask": mask})
    check = _Check(task, control, is_final=False, use=use)
    yield from check.findings([PairSpec("", "", None, parts)], None)


class _Check:
    """One check; see `check_data`."""

    #: whether training looks at raw data beside the labels
    sees_around = True

    def __init__(
        self,
        task: TaskConfig | None,
        control: RunControl | None,
        *,
        is_final: bool,
        use: LabelUse | None = None,
    ) -> None:
        self._use = use or LabelUse.of(task)
        self._names = class_names(task)
        self._control, self._is_final = control or RunControl(), is_final
        self._totals: dict[str, ClassVoxels] = {}

    def findings(
        self, specs: Sequence[PairSpec], architecture: ArchitectureConfig | None
    ) -> Iterator[Finding]:
        """Yield what is found, until a stop is asked for."""
        try:
            yield from self._findings(specs, architecture)
        except StopRequestedError:
            return

    def _findings(
        self, specs: Sequence[PairSpec], architecture: ArchitectureConfig | None
    ) -> Iterator[Finding]:
        network = yield from _network(architecture)
        pairs: list[Pair] = []
        for spec in specs:
            self._control.check()
            opened = yield from spec.open()
            pairs += [] if opened is None else [opened]
        readable = []
        told: set[tuple[str, str]] = set()
        for pair in pairs:
            misplaced = list(check_places(pair, network))
            for finding in misplaced:  # an array of two datasets says things once
                key = finding.where.partition(": ")[2], finding.what
                if key not in told or finding.severity is Severity.ERROR:
                    yield finding
                told.add(key)
            if all(f.severity is not Severity.ERROR for f in misplaced):
                readable.append(pair)
        yield from check_independence(pairs, network)
        limits = Limits(2 * len(readable), self._control)
        for pair in readable:
            yield from self._read(pair, network, limits)
        for role, totals in self._totals.items():
            yield from check_classes(totals, role)

    def _read(
        self, pair: Pair, network: Network | None, limits: Limits
    ) -> Iterator[Finding]:
        region = pair.raw.array.roi
        if pair.gt is not None:
            region = region.intersect(pair.gt.array.roi)
            yield from self._labels(pair, region, limits)
        if pair.mask is not None:
            inside = region_on_grid(pair.mask.array, region)
            yield from check_mask(pair.mask, inside, limits)
        if network is not None and self.sees_around:
            context = network.context(pair.raw.array.voxel_size)
            region = region.grow(context, context)
        region = region_on_grid(pair.raw.array, region)
        yield from check_raw(pair.raw, region, limits, is_final=self._is_final)

    def _labels(self, pair: Pair, region: Roi, limits: Limits) -> Iterator[Finding]:
        if pair.gt is None:
            return
        totals = self._totals.setdefault(pair.role, ClassVoxels(self._names, self._use))
        check = LabelCheck(pair.gt, self._use, region, limits, len(self._names))
        found = list(check.findings())
        yield from found
        if any(finding.severity is Severity.ERROR for finding in found):
            totals.complete = False
            return
        totals.add(check.facts, pair.gt.config)
        totals.complete &= check.scan.complete


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
