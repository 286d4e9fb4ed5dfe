"""Whether labels can be learned: values, classes, objects, what is left unlabelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays import BinarizeArrayConfig

from ._check_parts import READ_ERRORS, Part
from ._check_places import region_on_grid
from ._check_scan import Limits, Scan
from ._findings import Finding, Severity, finding_of
from ._label_facts import ClassVoxels, LabelFacts, LabelUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.geometry import Roi

#: fewer labelled voxels than this are too few to learn a class from
FEW_VOXELS = 1000
#: labels up to which a volume may be one of classes
MOST_CLASSES = 20
#: separate pieces per label from which it rather is a class than an object
MANY_PIECES = 5
#: largest whole number up to which 64-bit floats hold every one
FLOAT_LIMIT = 2**53
#: longest list of labels in a line
MOST_LISTED = 8


class LabelCheck:
    """The check of one label volume.

    Parameters
    ----------
    part : Part
        The labels. Of labels that are turned to 0/1 classes, the source is looked at.
    use : LabelUse
        What they are for.
    region : Roi
        What training looks at, in nm.
    limits : Limits
        How much may be read.
    num_classes : int
        How many labels are classes, for `LabelUse.CLASSES`; 0 if that is not known.
    """

    def __init__(
        self,
        part: Part,
        use: LabelUse,
        region: Roi,
        limits: Limits,
        num_classes: int = 0,
    ) -> None:
        self.part, self.use, self.num_classes = part, use, num_classes
        array = part.array
        if isinstance(part.config, BinarizeArrayConfig):
            array = part.config.source_array_config.create_array()
        self.array = array
        self.scan = Scan(array, region_on_grid(array, region), limits)
        sections = self.scan.shape[0] if len(self.scan.shape) > 2 else 0
        self.facts = LabelFacts(array.num_channels or 1, sections)

    def findings(self) -> Iterator[Finding]:
        """Read the labels; yield what is wrong with this volume."""
        try:
            for place, values in self.scan:
                self.facts.add(place, values)
        except READ_ERRORS as error:
            yield finding_of(error, self.part.where, self.part.field, self.scan.block)
            return
        yield from self._values()
        if self.facts.labelled and not self.facts.fractional:
            yield from self._meaning()
            yield from self._gaps()

    def finding(
        self, severity: Severity, what: str, fix: str, roi: Roi | None = None
    ) -> Finding:
        """Return a finding about these labels."""
        what += self.scan.note
        return Finding(severity, self.part.where, what, fix, roi, self.part.field)

    def _values(self) -> Iterator[Finding]:
        facts, labels = self.facts, self.facts.labels
        if facts.not_finite or facts.fractional:
            yield self.finding(
                Severity.ERROR,
                f"{facts.not_finite + facts.fractional} values are no whole numbers "
                f"(type {self.array.dtype}), so these are no labels",
                "choose the label volume; a picture or prediction has to be turned to "
                "labels first",
            )
        elif self.array.dtype.kind == "f":
            yield self.finding(
                Severity.WARNING,
                f"labels are stored as {self.array.dtype}, which holds large labels "
                "only roughly",
                "store them as whole numbers (uint8 to uint64)",
            )
        negative = [label for label in labels if label < 0]
        if negative:
            yield self.finding(
                Severity.WARNING,
                f"labels {_listed(negative)} are negative ({self._voxels(negative)} "
                "voxels); they count as labels like any other, not as unknown",
                "mark what is unknown in a mask, and set it to 0 here",
            )
        if labels and labels[-1] > FLOAT_LIMIT:
            yield self.finding(
                Severity.NOTE,
                f"labels up to {labels[-1]} are larger than 2^53",
                "nothing to do here, they are kept exactly; programs that turn labels "
                "to floating-point numbers merge some of them",
            )

    def _voxels(self, labels: list[Any]) -> int:
        return sum(self.facts.counts[label] for label in labels)

    def _meaning(self) -> Iterator[Finding]:
        if self.use is LabelUse.OBJECTS:
            yield from self._as_objects()
        elif self.use is LabelUse.CLASSES:
            yield from self._as_classes()
        elif isinstance(self.part.config, BinarizeArrayConfig):
            yield from self._as_groups(self.part.config)
        elif self.use is LabelUse.UNKNOWN:
            yield self._summary()

    def _as_objects(self) -> Iterator[Finding]:
        labels, pieces = self.facts.labels, self.facts.pieces
        if len(labels) == 1 and sum(pieces.values()) > 1:
            yield self.finding(
                Severity.WARNING,
                f"there is a single label, {labels[0]}, in {sum(pieces.values())} or "
                "more separate pieces: the network would learn that they are one "
                "object",
                "number the objects (connected components), or choose a distance task "
                "to find the class as a whole",
            )
        elif _looks_like_classes(self.facts):
            yield self.finding(
                Severity.WARNING,
                f"the {len(labels)} labels fall into {sum(pieces.values())} or more "
                "separate pieces, so they look like classes, not like objects",
                "choose labels with a number per object, or a one-hot or distance task",
            )

    def _as_classes(self) -> Iterator[Finding]:
        if len(self.facts.labels) > MOST_CLASSES:
            yield self.finding(
                Severity.WARNING,
                f"there are {len(self.facts.labels)} labels: they look like objects, "
                "not like classes",
                "choose labels with a number per class, or a task for objects "
                "(affinities)",
            )
        others = [n for n in self.facts.labels if not 0 <= n < self.num_classes]
        if self.num_classes and others:
            share = self._voxels(others) / self.facts.voxels
            yield self.finding(
                Severity.WARNING,
                f"labels {_listed(others)} ({share:.1%} of the voxels) are none of the "
                f"{self.num_classes} classes, whose labels are 0 to "
                f"{self.num_classes - 1}: they are ignored",
                "name as many classes as there are labels if these count too",
            )

    def _as_groups(self, config: BinarizeArrayConfig) -> Iterator[Finding]:
        asked = [label for _, ids in config.groupings for label in ids]
        if asked and len(self.facts.labels) > max(MOST_CLASSES, 2 * len(asked)):
            yield self.finding(
                Severity.WARNING,
                f"there are {len(self.facts.labels)} labels, of which the classes take "
                f"{_listed(sorted(set(asked)))}: they look like objects, not like "
                "classes",
                "leave the labels of a class empty to take all objects together",
            )

    def _summary(self) -> Finding:
        facts, labels = self.facts, self.facts.labels
        kind = "classes" if _looks_like_classes(facts) else "objects, a number for each"
        what = f"{len(labels)} labels ({_listed(labels)})"
        if len(labels) == 1:
            what, kind = f"one label ({labels[0]})", "a class"
        return self.finding(
            Severity.NOTE,
            f"{what} in {self._share():.1%} of the voxels: they look like {kind}",
            "choose other labels if that is not what was drawn",
        )

    def _share(self) -> float:
        return self.facts.labelled / max(1, self.facts.voxels)

    def _gaps(self) -> Iterator[Finding]:
        """Look for sections without labels between labelled ones."""
        labelled = np.flatnonzero(self.facts.labelled_sections)
        if not self.scan.complete or len(labelled) < 2:
            return
        span = labelled[-1] - labelled[0] + 1
        empty = span - len(labelled)
        if 2 * empty >= span:
            yield self.finding(
                Severity.WARNING,
                f"{empty} of {span} sections between labelled ones hold no label: the "
                "network would learn that there is nothing in them",
                "if they were not annotated, leave them out with a mask (0 = ignore)",
                self.scan.region,
            )


def _looks_like_classes(facts: LabelFacts) -> bool:
    pieces = list(facts.pieces.values())
    many = bool(pieces) and float(np.median(pieces)) >= MANY_PIECES
    return many and len(facts.labels) <= MOST_CLASSES


def _listed(labels: list[Any]) -> str:
    shown = [f"{label:g}" if isinstance(label, float) else label for label in labels]
    if len(shown) <= MOST_LISTED:
        return ", ".join(map(str, shown))
    return f"{', '.join(map(str, shown[: MOST_LISTED - 2]))}, ..., {shown[-1]}"


def check_classes(totals: ClassVoxels, role: str) -> Iterator[Finding]:
    """Compare the classes with the labels that there are in all volumes of a role."""
    if not totals.complete or not totals.voxels:
        return
    where = f"all {_ROLES[role]} labels" if role else "the labels"
    field = f"{role}_configs" if role else None
    if not totals.learnable:
        yield Finding(
            Severity.WARNING if role == "validate" else Severity.ERROR,
            where,
            f"there is nothing to tell apart: only labels "
            f"{_listed(sorted(totals.labels))} occur, wanted are "
            f"{_names(list(totals.voxels), totals)}",
            "choose labels that mark something, or correct the labels of the classes",
            field=field,
        )
        return
    # label 0 of classes is the background, which dense labels do not have
    absent = [n for n, v in totals.voxels.items() if not v and totals.ids.get(n) != [0]]
    if absent:
        what = (
            f"no voxel is labelled as {_names(absent, totals)}; labels "
            f"{_listed(sorted(totals.labels))} occur"
        )
        yield Finding(Severity.WARNING, where, what, _more_data(role), field=field)
    for name, voxels in totals.voxels.items():
        named = _names([name], totals)
        if 0 < voxels < FEW_VOXELS:
            what = f"only {voxels} voxels are labelled as {named}"
            yield Finding(Severity.WARNING, where, what, _more_data(role), field=field)
        elif voxels == totals.total and totals.has_borders:
            yield Finding(
                Severity.WARNING,
                where,
                f"every voxel is labelled as {named}, so there is no border to learn",
                "choose labels with a background, or a task for objects (affinities)",
                field=field,
            )


_ROLES = {"train": "training", "validate": "validation"}


def _more_data(role: str) -> str:
    if role == "validate":
        return "add data where it occurs: its scores mean little otherwise"
    return "leave this class out, correct its labels, or add data where it occurs"


def _names(names: list[str], totals: ClassVoxels) -> str:
    def named(name: str) -> str:
        ids = totals.ids.get(name)
        if not ids:
            return repr(name)
        return f"{name!r} (label{'s' * (len(ids) > 1)} {_listed(ids)})"

    return " or ".join(map(named, names))
