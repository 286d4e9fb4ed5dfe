"""What label volumes hold: which labels, how often, and what they look like."""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays import BinarizeArrayConfig
from napari_dacapo.tasks import AffinitiesTaskConfig, OneHotTaskConfig, TaskConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: labels that are told apart; of a volume with more, the rest counts as one
MOST_LABELS = 2**20
#: voxels of the piece in which objects are counted
PIECE_VOXELS = 2**22


class LabelUse(Enum):
    """What a task takes labels for."""

    MASKS = auto()
    """Each class is on or off: distances and the like."""
    CLASSES = auto()
    """A label is the number of a class."""
    OBJECTS = auto()
    """A label is the number of an object."""
    UNKNOWN = auto()

    @classmethod
    def of(cls, task: TaskConfig | None) -> LabelUse:
        """Return what `task` takes labels for."""
        task = getattr(task, "sub_task_config", task)
        if isinstance(task, AffinitiesTaskConfig):
            return cls.OBJECTS
        if isinstance(task, OneHotTaskConfig):
            return cls.CLASSES
        return cls.MASKS if hasattr(task, "channels") else cls.UNKNOWN


def class_names(task: TaskConfig | None) -> list[str]:
    """Return the names of what `task` tells apart, as far as it has any."""
    task = getattr(task, "sub_task_config", task)
    names: list[str] = getattr(task, "channels", None) or getattr(task, "classes", [])
    return list(names)


class LabelFacts:
    """What was met in a label volume; see `add`.

    Attributes
    ----------
    counts : dict
        Voxels by label (exact Python numbers), at most `MOST_LABELS` of them.
    voxels, not_finite, fractional : int
        Number of values; of those that are NaN or infinite, or no whole numbers.
    channel_counts : ndarray
        Values other than 0, by channel.
    labelled_sections : ndarray of bool
        Whether there is a label, by position along the first of three axes.
    pieces : dict
        By label, into how many separate pieces it falls in the part that was looked at
        most closely.
    """

    def __init__(self, num_channels: int, num_sections: int) -> None:
        self.counts: dict[Any, int] = {}
        self.voxels = self.not_finite = self.fractional = 0
        self.channel_counts = np.zeros(num_channels, dtype=np.int64)
        self.labelled_sections = np.zeros(num_sections, dtype=bool)
        self.pieces: dict[int, int] = {}

    def add(self, place: tuple[slice, ...], values: NDArray[Any]) -> None:
        """Take in a block ``(channel, *space)``."""
        self.voxels += values.size
        if values.dtype.kind == "f":
            values = self._whole(values)
        self._count(values)
        space = tuple(range(1, values.ndim))
        self.channel_counts += np.count_nonzero(values, axis=space)
        if len(self.labelled_sections):
            others = (0, *range(2, values.ndim))
            self.labelled_sections[place[0]] |= values.any(axis=others)
        if not self.pieces and len(values) == 1 and values.any():
            self.pieces = _pieces(values[0])

    def _whole(self, values: NDArray[Any]) -> NDArray[Any]:
        """Count what is no whole number, and return `values` with 0 in its place."""
        finite = np.isfinite(values)
        self.not_finite += values.size - int(finite.sum())
        fractional = finite & (values != np.floor(values))
        self.fractional += int(fractional.sum())
        return np.where(finite & ~fractional, values, 0)

    def _count(self, values: NDArray[Any]) -> None:
        if values.dtype.kind == "f":
            labels, counts = np.unique(values, return_counts=True)
        else:
            labels, counts = _unique_integers(values)
        for label, count in zip(labels.tolist(), counts.tolist(), strict=True):
            if label in self.counts or len(self.counts) < MOST_LABELS:
                self.counts[label] = self.counts.get(label, 0) + count

    @property
    def labels(self) -> list[Any]:
        """The labels that occur, without 0, sorted."""
        return sorted(label for label in self.counts if label != 0)

    @property
    def labelled(self) -> int:
        """Number of values other than 0."""
        return int(self.channel_counts.sum())

    def group_count(self, ids: list[int], background: int) -> int:
        """Return the voxels with one of `ids`; without any, with all but background."""
        if not ids:
            return self.voxels - self.counts.get(background, 0)
        return sum(self.counts.get(label, 0) for label in set(ids))


def _unique_integers(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    import fastremap

    if values.dtype == bool:
        values = values.view(np.uint8)
    labels, counts = fastremap.unique(np.ascontiguousarray(values), return_counts=True)
    return labels, counts


def _pieces(values: NDArray[Any]) -> dict[int, int]:
    """Count the connected pieces of each label in the corner of a block."""
    import cc3d
    import fastremap

    shape = list(values.shape)
    while math.prod(shape) > PIECE_VOXELS:
        longest = shape.index(max(shape))
        shape[longest] = -(-shape[longest] // 2)
    part = np.ascontiguousarray(values[tuple(map(slice, shape))])
    labels, _ = fastremap.renumber(part.astype(_integer(part.dtype)), in_place=False)
    pieces = cc3d.connected_components(labels, connectivity=4 if part.ndim == 2 else 6)
    first = np.unique(pieces, return_index=True)[1]
    owners, counts = np.unique(labels.ravel()[first], return_counts=True)
    return {int(o): int(c) for o, c in zip(owners, counts, strict=True) if o != 0}


def _integer(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.kind in "iu" else np.dtype(np.uint64)


class ClassVoxels:
    """Labelled voxels by class, over all volumes of a role.

    Attributes
    ----------
    voxels : dict
        By class name.
    ids : dict
        The labels that mean a class, by its name; empty for all but the background.
    total : int
        Number of voxels looked at.
    complete : bool
        Whether all volumes were looked at as a whole.
    labels : set
        All labels that occur.
    has_borders : bool
        Whether the border of each class to the background is what is learned.
    """

    def __init__(self, names: list[str], use: LabelUse) -> None:
        self._names, self._use = names, use
        self.voxels: dict[str, int] = {}
        self.ids: dict[str, list[int]] = {}
        self.total = 0
        self.complete = True
        self.labels: set[Any] = set()
        self.has_borders = use is LabelUse.MASKS

    def add(self, facts: LabelFacts, config: Any) -> None:
        """Take in the facts of the labels of `config`."""
        self.labels.update(facts.counts)
        self.total += facts.voxels // len(facts.channel_counts)
        for name, voxels in self._counted(facts, config).items():
            self.voxels[name] = self.voxels.get(name, 0) + voxels

    def _counted(self, facts: LabelFacts, config: Any) -> dict[str, int]:
        names = self._names
        if isinstance(config, BinarizeArrayConfig):
            self.ids |= dict(config.groupings)
            self.has_borders = True
            return {
                name: facts.group_count(ids, config.background)
                for name, ids in config.groupings
            }
        if self._use is LabelUse.CLASSES:
            self.ids |= {name: [i] for i, name in enumerate(names)}
            return {name: facts.counts.get(i, 0) for i, name in enumerate(names)}
        if self._use is LabelUse.MASKS and len(facts.channel_counts) == len(names):
            return dict(zip(names, facts.channel_counts.tolist(), strict=True))
        return {"foreground": facts.labelled}

    @property
    def learnable(self) -> bool:
        """Whether there is anything to tell apart."""
        found = sum(voxels > 0 for voxels in self.voxels.values())
        return found >= (2 if self._use is LabelUse.CLASSES else 1)
