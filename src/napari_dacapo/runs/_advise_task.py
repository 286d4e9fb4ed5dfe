"""Proposes the task: what is predicted, with all lengths that depend on the objects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate
from napari_dacapo.tasks import (
    AffinitiesTaskConfig,
    DistanceTaskConfig,
    HotDistanceTaskConfig,
    InnerDistanceTaskConfig,
    OneHotTaskConfig,
)

from ._advise_data import channels
from ._plan import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from napari_dacapo.tasks import TaskConfig

    from ._plan import Plan

    DistanceKind: TypeAlias = (
        type[DistanceTaskConfig]
        | type[HotDistanceTaskConfig]
        | type[InnerDistanceTaskConfig]
    )

DISTANCE_TASKS: dict[str, DistanceKind] = {
    "distance": DistanceTaskConfig,
    "hot_distance": HotDistanceTaskConfig,
    "inner_distance": InnerDistanceTaskConfig,
}
#: more labels than this are hardly meant to be classes
MAX_CLASSES = 64
BACKGROUND = "background"
#: largest lower bound for the fraction of a class; the upper one lies beyond one half
LARGEST_FRACTION = 0.49
#: reach of the long affinities, in voxels of the finest axis
LONG_REACH = 4
LONGER_REACH = 10
#: objects at least this many times as thick get affinities of that reach
REACHES_PER_OBJECT = 2.5
#: thresholds that validation tries where all outside is 127
INNER_THRESHOLDS = (140, 150, 165)
#: biases that validation tries
BIASES = (0.3, 0.4, 0.5, 0.6, 0.7)
#: fraction of the volume of the median object
DUST_FRACTION = 0.02
#: window of the shape descriptors: fraction of the thickness of an object, and bounds
#: in longest and finest edges of a voxel
SIGMA_FRACTION = 0.25
LEAST_SIGMA, LARGEST_SIGMA = 1.5, 8


def propose_task(plan: Plan, *, lsds: bool | None = None) -> TaskConfig:
    """Return the config of the task of the plan, and note the reasons.

    Raises
    ------
    ConfigError
        If the labels or classes do not go with the task.
    """
    if lsds is not None and plan.task != "affinities":
        raise ConfigError(
            f"lsds: local shape descriptors belong to the task affinities, not to "
            f"{plan.task}; choose that task, or leave the descriptors out"
        )
    if plan.task == "affinities":
        return _affinities(plan, lsds=lsds is not False)
    if plan.task == "one_hot":
        return _one_hot(plan)
    return _distances(plan)


def _distances(plan: Plan) -> TaskConfig:
    thickness = plan.facts.labels.thickness
    plan.because(
        "task_config.scale_factor",
        f"A quarter of the typical thickness of {thickness:.0f} nm: distances are told "
        "apart up to the middle of an object.",
    )
    config = DISTANCE_TASKS[plan.task](
        f"{plan.name}_task",
        channels=list(channels(plan)),
        clip_distance=_rounded(thickness),
        tol_distance=_tolerance(plan),
        scale_factor=_rounded(thickness / 4),
    )
    if isinstance(config, DistanceTaskConfig):
        config.clipmin = _smallest_fraction(plan)
        config.clipmax = round(1 - config.clipmin, 6)
    is_inner = isinstance(config, InnerDistanceTaskConfig)
    if is_inner:
        config.thresholds = list(INNER_THRESHOLDS)
        plan.because(
            "task_config.thresholds",
            "Outside of objects the target is 0, the middle of the scale (127), so "
            "objects begin above it.",
        )
    if plan.facts.labels.are_objects and not plan.classes:
        config.objects = "regions" if is_inner else "watershed"
        plan.because(
            "task_config.objects",
            "Labels are single objects: connected regions are numbered."
            if is_inner
            else "Labels are single objects: a watershed from the middle of each "
            "numbers them and parts those that touch.",
        )
    return config


def _tolerance(plan: Plan) -> float:
    plan.because(
        "task_config.tol_distance",
        "The longest edge of a voxel: a border drawn one voxel off is no error.",
    )
    return float(max(plan.voxel_size))


def _smallest_fraction(plan: Plan) -> float:
    """Return the class fraction below which rare classes weigh no more.

    The loss squares the weights: limited like this, the rarer class weighs more by the
    square root of how much rarer it is.
    """
    foreground = plan.facts.labels.foreground
    rare = max(min(foreground, 1 - foreground), 1e-6)
    plan.because(
        "task_config.clipmin",
        f"Objects fill {100 * foreground:.0f} % of the volume; weights count twice in "
        "the loss, so they are limited: otherwise too much would be called foreground.",
    )
    return min(_rounded(1 / (1 + ((1 - rare) / rare) ** 0.25)), LARGEST_FRACTION)


def _one_hot(plan: Plan) -> OneHotTaskConfig:
    ids = plan.facts.labels.ids
    names = _class_names(ids, plan.classes)
    plan.because(
        "task_config.classes",
        f"The labels {', '.join(map(str, ids))} occur; the classes are named in the "
        "order of the labels from 0 on.",
    )
    return OneHotTaskConfig(
        f"{plan.name}_task",
        classes=names,
        clip_distance=_rounded(plan.facts.labels.thickness),
        tol_distance=_tolerance(plan),
    )


def _class_names(
    ids: tuple[int, ...], classes: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """Return the name of every label from 0 to the highest.

    Raises
    ------
    ConfigError
        If there are too many labels, or a class has not exactly one.
    """
    given = {name: group for name, group in classes.items() if group}
    several = [name for name, group in given.items() if len(group) != 1]
    if several:
        raise ConfigError(
            f"class {several[0]!r} has {len(given[several[0]])} labels; the task "
            "one_hot takes labels as they are, one for each class"
        )
    highest = max([*ids, *(label for group in given.values() for label in group)])
    if highest >= MAX_CLASSES:
        raise ConfigError(
            f"the labels go up to {highest}, too many for classes; choose the task "
            "affinities if they are objects, or give classes without overlap lower "
            "labels"
        )
    names = {label: name for name, (label,) in given.items()}
    unnamed = {0: BACKGROUND}
    return [
        names.get(label, unnamed.get(label, f"label {label}"))
        for label in range(highest + 1)
    ]


def _affinities(plan: Plan, *, lsds: bool) -> AffinitiesTaskConfig:
    if any(plan.classes.values()):
        raise ConfigError(
            "classes: the task affinities parts all labels as objects and knows no "
            "classes; leave the labels of the classes out"
        )
    config = AffinitiesTaskConfig(
        f"{plan.name}_task", neighborhood=_neighborhood(plan), lsds=lsds
    )
    config.biases = list(BIASES)
    plan.because(
        "task_config.biases",
        "Rare and frequent neighbours count the same while learning, so the border "
        "between together and apart is near the middle.",
    )
    config.min_size = _min_size(plan)
    config.detailed_scores = True
    plan.because(
        "task_config.detailed_scores",
        "Objects are counted as well: the F1 score is easier to read than bits.",
    )
    if lsds:
        config.lsds_sigma = _sigma(plan)
    plan.because(
        "task_config.lsds",
        "Shape descriptors are learned as well: they make the network look at whole "
        "objects, which joins fewer of them by mistake."
        if lsds
        else "As asked for: affinities alone, without shape descriptors.",
    )
    plan.because(
        "task_config.background_as_object",
        "Background is cut off from everything, so that it does not join objects."
        if plan.facts.labels.foreground < 1
        else "Every voxel belongs to an object.",
    )
    return config


def _neighborhood(plan: Plan) -> list[Coordinate]:
    """Return direct neighbours and far ones, each along one axis."""
    finest = min(plan.voxel_size)
    reaches = [LONG_REACH, LONGER_REACH]
    reaches = [r for r in reaches if plan.object_voxels >= REACHES_PER_OBJECT * r]
    offsets = []
    for reach in [1, *reaches]:
        for axis, size in enumerate(plan.voxel_size):
            step = max(1, round(reach * float(finest / size)))
            offset = [0] * plan.voxel_size.dims
            offset[axis] = step
            offsets.append(Coordinate(offset))
    if plan.flat:
        offsets = [offset for offset in offsets if offset[0] == 0]
    far = f"; some look {' and '.join(map(str, reaches))} voxels far" if reaches else ""
    plan.because(
        "task_config.neighborhood",
        f"Direct neighbours join objects{far}, which parts what only seems to be "
        "joined; steps across thick voxels are shorter."
        + (" None leaves its section, as labels are not linked." if plan.flat else ""),
    )
    return list(dict.fromkeys(offsets))


def _min_size(plan: Plan) -> int:
    """Return below how many voxels what is found cannot be an object."""
    plan.because(
        "task_config.min_size",
        f"Less than {100 * DUST_FRACTION:.0f} % of the median object is dust: voxels "
        "at boundaries, which belong nowhere.",
    )
    voxel = math.prod(plan.voxel_size.as_floats())
    return int(DUST_FRACTION * plan.facts.labels.volume / voxel)


def _sigma(plan: Plan) -> float:
    """Return the width of the window of the shape descriptors, in nm."""
    thickness = plan.facts.labels.thickness
    least = LEAST_SIGMA * float(max(plan.voxel_size[plan.flat :]))
    largest = LARGEST_SIGMA * float(min(plan.voxel_size))
    sigma = max(min(thickness * SIGMA_FRACTION, largest), least)
    plan.because(
        "task_config.lsds_sigma",
        f"Objects are {thickness:.0f} nm thick, voxels {in_words(plan.voxel_size)} nm: "
        "a window of about this width sees their shape, takes in neighbouring "
        "sections, and is quick to compute.",
    )
    return _rounded(sigma)


def _rounded(value: float) -> float:
    """Return `value` with two significant digits, for people to read."""
    return float(f"{value:.2g}")
