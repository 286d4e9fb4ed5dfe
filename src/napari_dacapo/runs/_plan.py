"""What all settings that are proposed for a run depend on, and how it is decided."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import attrs

from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate

from ._facts import DataFacts
from ._label_shapes import TOUCHING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: words for the tasks that can be proposed, and what each one finds
TASKS: Final = {
    "distance": "labelled voxels, by the signed distance to their boundary",
    "hot_distance": "labelled voxels, by a mask and the distance together",
    "inner_distance": "labelled voxels, by the distance inside of them",
    "one_hot": "the class of every voxel",
    "affinities": "objects that touch each other",
}
#: voxels that the diameter of a typical object should have
OBJECT_VOXELS = 12
#: the same where the boundary between objects is thin, and so has to stay visible
CROWDED_VOXELS = 40
#: voxels that the thinnest class should have across
THIN_VOXELS = 4
#: a volume is not made coarser than this many voxels along an axis
SMALLEST_SHAPE = 32
#: fewer sections than this are seen one by one
MIN_SECTIONS = 16
#: the same for objects that are followed from section to section
MIN_LINKED_SECTIONS = 3
#: sections this much thicker than their pixels are seen one by one
THICK_SECTIONS = 4
#: length of a training, and of those that take longer
DEFAULT_ITERATIONS = 1500
MORE_ITERATIONS = {"affinities": 2000}


def task_word(text: str) -> str:
    """Return the word of `TASKS` that is meant by `text`, such as "OneHot".

    Raises
    ------
    ConfigError
        If there is no such task.
    """
    plain = text.lower().replace("_", "").replace("-", "").replace(" ", "")
    plain = plain.removesuffix("task")
    for word in TASKS:
        if word.replace("_", "") == plain:
            return word
    raise ConfigError(
        f"task: {text!r} is unknown; choose one of {', '.join(TASKS)}, or none to have "
        "it proposed from the labels"
    )


@attrs.define
class Plan:
    """A run to be: what it is about, and why its values are what they are.

    `reasons` maps paths of fields of the run config to one sentence.
    """

    name: str
    task: str
    facts: DataFacts
    classes: dict[str, tuple[int, ...]]
    num_iterations: int
    voxel_size: Coordinate
    reasons: dict[str, str]

    def because(self, path: str, reason: str) -> None:
        """Note why the field `path` of the run config is what it is."""
        self.reasons[path] = reason

    @property
    def object_voxels(self) -> float:
        """Diameter of a typical object in voxels of the finest axis."""
        return self.facts.labels.thickness / float(min(self.voxel_size))

    @property
    def anisotropy(self) -> float:
        """How many times longer than wide the voxels are."""
        return float(max(self.voxel_size) / min(self.voxel_size))

    @property
    def flat(self) -> bool:
        """Whether sections are seen one by one."""
        shape = self.facts.shape
        if shape.dims == 2:
            return False
        if self.task == "affinities":
            return not self.facts.labels.linked or shape[0] < MIN_LINKED_SECTIONS
        thick = self.voxel_size[0] >= THICK_SECTIONS * self.voxel_size[-1]
        return bool(thick or shape[0] < MIN_SECTIONS)

    @property
    def seen_dims(self) -> int:
        """Number of axes that the network sees at once."""
        return 2 if self.flat else self.voxel_size.dims


def make_plan(
    name: str,
    facts: DataFacts,
    task: str | None,
    classes: Mapping[str, tuple[int, ...]] | None,
    num_iterations: int | None,
) -> Plan:
    """Decide on the task, the voxel size, and the length of the training.

    Raises
    ------
    ConfigError
        If the task is unknown or does not go with the labels and classes.
    """
    reasons: dict[str, str] = {}
    if task is None:
        task, reasons["task_config"] = _choose_task(facts, classes)
    else:
        task = task_word(task)
        reasons["task_config"] = f"As asked for: finds {TASKS[task]}."
    voxel_size, reason = _working_voxel_size(facts, task)
    reasons["datasplit_config.train_configs"] = reason
    plan = Plan(name, task, facts, dict(classes or {}), 0, voxel_size, reasons)
    plan.num_iterations = num_iterations or _choose_iterations(plan)
    return plan


def _choose_task(
    facts: DataFacts, classes: Mapping[str, tuple[int, ...]] | None
) -> tuple[str, str]:
    """Return what the labels are made for, and why."""
    if classes:
        return _choose_task_for_classes(classes)
    labels = facts.labels
    number = len(labels.ids)
    if not labels.are_objects:
        if number > 1:
            return "one_hot", (
                f"{number} labels in {labels.num_pieces} pieces: these are classes "
                "that exclude each other."
            )
        return "distance", "One label: voxels of one class are to be found."
    if labels.are_crowded:
        touching = (
            f"{100 * labels.contact:.0f} % of their surface touches another one"
            if labels.contact > TOUCHING
            else f"they fill {100 * labels.foreground:.0f} % of the volume"
        )
        return "affinities", (
            f"{number} labels in {labels.num_pieces} pieces are objects, and "
            f"{touching}: each boundary between them has to be found."
        )
    return "hot_distance", (
        f"{number} labels in {labels.num_pieces} pieces are objects that hardly touch "
        f"({100 * labels.contact:.1f} % of their surface): once their voxels are "
        "found, a seeded watershed numbers them. Choose affinities if touching ones "
        "matter."
    )


def _choose_task_for_classes(classes: Mapping[str, tuple[int, ...]]) -> tuple[str, str]:
    """Return what finds voxels of classes that were named, and why."""
    labels = sorted(label for group in classes.values() for label in group)
    counted = labels in (list(range(len(classes))), list(range(1, len(classes) + 1)))
    if len(classes) > 1 and counted and all(classes.values()):
        return "one_hot", (
            f"The {len(classes)} classes, of one label each, exclude each other."
        )
    return "distance", (
        "Voxels of the classes that were named are to be found, not single objects."
    )


def _working_voxel_size(facts: DataFacts, task: str) -> tuple[Coordinate, str]:
    """Return the voxel size to learn at, coarser if objects are large, and why."""
    labels = facts.labels
    if task == "one_hot":
        size, voxels = labels.thinnest, THIN_VOXELS
        what = f"the thinnest class is {size:.0f} nm thick"
        so = "so that it does not vanish, and no more"
    elif task == "affinities" and labels.are_crowded:
        size, voxels = labels.thickness, CROWDED_VOXELS
        what = f"a typical object is {size:.0f} nm thick"
        so = "so that thin boundaries between objects stay visible"
    else:
        size, voxels = labels.thickness, OBJECT_VOXELS
        what = f"a typical object is {size:.0f} nm thick"
        so = "so the network sees it whole"
    factors = [
        min(
            _power_of_two(size / voxels / float(edge)),
            _power_of_two(n / SMALLEST_SHAPE),
        )
        for edge, n in zip(facts.voxel_size, facts.shape, strict=True)
    ]
    voxel_size = facts.voxel_size * factors
    across = size / float(min(voxel_size))
    return voxel_size, (
        f"Learning at {in_words(voxel_size)} nm: {what}, {across:.0f} of these voxels, "
        f"{so}."
    )


def _power_of_two(ratio: float) -> int:
    """Return the largest power of two that is at most `ratio`, at least 1."""
    return int(2 ** max(0, math.floor(math.log2(max(1.0, ratio)))))


def _choose_iterations(plan: Plan) -> int:
    number = MORE_ITERATIONS.get(plan.task, DEFAULT_ITERATIONS)
    plan.because(
        "num_iterations",
        "Enough for good results on volumes of this kind in our measurements; train "
        "on for as long as the scores still rise.",
    )
    return number


def in_words(lengths: Coordinate) -> str:
    """Return lengths along the axes as short text for people, such as "40 x 4.6"."""
    return " x ".join(f"{length:.4g}" for length in lengths.as_floats())
