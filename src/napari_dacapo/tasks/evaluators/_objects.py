"""What became of every object: matched, split, merged, missed or invented."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ._contingency import Contingency

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Box = tuple[tuple[int, int], ...]

#: part of a true object that an output object must cover to count as finding it
MINIMUM_COVER = 0.2


class ObjectKind(StrEnum):
    """What became of an object."""

    MATCHED = "matched"
    """One output object for one true object."""
    SPLIT = "split"
    """Several output objects for one true object."""
    MERGED = "merged"
    """The output object also covers other true objects."""
    MISSED = "missed"
    """No output object covers enough of it."""
    INVENTED = "invented"
    """An output object that lies on true background for the most part."""


@attrs.frozen
class ObjectReport:
    """One true object, or one invented output object.

    Attributes
    ----------
    kind : ObjectKind
        A true object that is both merged and split counts as merged.
    label : int
        In the truth; in the output if the object is invented.
    voxels : int
        Its size.
    partners : tuple of int
        Labels of the output objects that cover it, the largest part first.
    siblings : tuple of int
        Labels of the other true objects that its first partner covers as well.
    iou : float
        Intersection over union with the first partner; 0 without one.
    center : tuple of float
        Mean position of its voxels, in voxels from the lower corner.
    box : tuple of (int, int)
        First and one past the last voxel along each axis.
    """

    kind: ObjectKind
    label: int
    voxels: int
    partners: tuple[int, ...]
    siblings: tuple[int, ...]
    iou: float
    center: tuple[float, ...]
    box: tuple[tuple[int, int], ...]


def object_reports(
    truth: NDArray[Any],
    output: NDArray[Any],
    mask: NDArray[Any] | None = None,
    minimum_cover: float = MINIMUM_COVER,
) -> list[ObjectReport]:
    """Return what became of every object, the largest first.

    Parameters
    ----------
    truth, output : ndarray of int
        Labels of the same shape, spatial axes only, 0 is background.
    mask : ndarray, optional
        Voxels where it is 0 take no part.
    minimum_cover : float
        Part of a true object that an output object must cover to count as finding it.
    """
    if mask is not None:
        truth, output = np.where(mask != 0, truth, 0), np.where(mask != 0, output, 0)
    table = Contingency.of(truth, output)
    covers = _Covers(table, minimum_cover)
    true_places = _Places(truth, table.truth_labels)
    output_places = _Places(output, table.output_labels)
    reports = [
        covers.report_true(row, true_places)
        for row in np.flatnonzero(table.truth_labels).tolist()
    ]
    reports += [
        covers.report_invented(column, output_places) for column in covers.invented()
    ]
    return sorted(reports, key=lambda report: -report.voxels)


def to_dataframe(
    reports: Iterable[ObjectReport],
    offset: Sequence[float],
    voxel_size: Sequence[float],
    axes: Sequence[str],
) -> pd.DataFrame:
    """Return one row per report, with centers in world units as columns by axis.

    Parameters
    ----------
    reports : iterable of ObjectReport
        What `object_reports` returned.
    offset, voxel_size : sequence of float
        Lower corner of the compared region and voxel edge lengths, world units.
    axes : sequence of str
        Names of the spatial axes.
    """
    import pandas as pd

    rows = []
    for report in reports:
        row = attrs.asdict(report, filter=lambda field, _: field.name not in _PLACE)
        row["kind"] = report.kind.value
        world = (
            corner + (position + 0.5) * length
            for corner, position, length in zip(
                offset, report.center, voxel_size, strict=True
            )
        )
        rows.append(row | dict(zip(axes, world, strict=True)))
    columns = [f.name for f in attrs.fields(ObjectReport) if f.name not in _PLACE]
    return pd.DataFrame(rows, columns=[*columns, *axes])


_PLACE = ("center", "box")


class _Covers:
    """Which output objects cover which true ones, in positions of the table."""

    def __init__(self, table: Contingency, minimum_cover: float) -> None:
        self.table = table
        self.minimum_cover = minimum_cover
        self.truth_sizes = table.truth_sizes
        self.output_sizes = table.output_sizes
        both = table.without_background(of_output=True)
        enough = both.shared >= minimum_cover * self.truth_sizes[both.row]
        order = np.argsort(-both.shared[enough], kind="stable")
        self.row, self.column = both.row[enough][order], both.column[enough][order]
        self.shared = both.shared[enough][order]
        self.partners_of: dict[int, list[int]] = {}
        self.covered_by: dict[int, list[int]] = {}
        for number, (row, column) in enumerate(
            zip(self.row.tolist(), self.column.tolist(), strict=True)
        ):
            self.partners_of.setdefault(row, []).append(number)
            self.covered_by.setdefault(column, []).append(row)

    def report_true(self, row: int, places: _Places) -> ObjectReport:
        pairs = self.partners_of.get(row, [])
        siblings: list[int] = []
        if pairs:
            siblings = [
                other
                for other in self.covered_by[int(self.column[pairs[0]])]
                if other != row
            ]
        labels, output_labels = self.table.truth_labels, self.table.output_labels
        return ObjectReport(
            _kind(len(pairs), len(siblings)),
            int(labels[row]),
            int(self.truth_sizes[row]),
            tuple(int(output_labels[self.column[pair]]) for pair in pairs),
            tuple(int(labels[other]) for other in siblings),
            self._iou(pairs[0]) if pairs else 0.0,
            *places.of(row),
        )

    def _iou(self, pair: int) -> float:
        shared = self.shared[pair]
        sizes = self.truth_sizes[self.row[pair]] + self.output_sizes[self.column[pair]]
        return float(shared / (sizes - shared))

    def invented(self) -> NDArray[np.int64]:
        """Return the output objects more than half of which is true background."""
        table = self.table
        on_object = np.zeros(len(table.output_labels))
        both = table.without_background(of_output=True)
        np.add.at(on_object, both.column, both.shared)
        covering = np.isin(np.arange(len(on_object)), self.column)
        alone = (on_object < self.output_sizes / 2) & ~covering
        return np.flatnonzero(alone & (table.output_labels != 0))

    def report_invented(self, column: int, places: _Places) -> ObjectReport:
        return ObjectReport(
            ObjectKind.INVENTED,
            int(self.table.output_labels[column]),
            int(self.output_sizes[column]),
            (),
            (),
            0.0,
            *places.of(int(column)),
        )


def _kind(partners: int, siblings: int) -> ObjectKind:
    if not partners:
        return ObjectKind.MISSED
    if siblings:
        return ObjectKind.MERGED
    return ObjectKind.SPLIT if partners > 1 else ObjectKind.MATCHED


class _Places:
    """Centers and bounding boxes of objects, by position in an ascending label list."""

    def __init__(self, labels: NDArray[Any], label_list: NDArray[Any]) -> None:
        from scipy import ndimage

        self._positions = np.searchsorted(label_list, labels)
        # `find_objects` leaves 0 out
        self._boxes = ndimage.find_objects(self._positions + 1)

    def of(
        self, position: int
    ) -> tuple[tuple[float, ...], tuple[tuple[int, int], ...]]:
        box = self._boxes[position]
        where = np.nonzero(self._positions[box] == position)
        center = tuple(
            float(side.start + indices.mean())
            for side, indices in zip(box, where, strict=True)
        )
        return center, tuple((side.start, side.stop) for side in box)
