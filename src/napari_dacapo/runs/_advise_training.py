"""Proposes the trainer: batches, learning rate, and how samples are changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_dacapo.blockwise import memory_budget
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers.augments import (
    ElasticAugmentConfig,
    IntensityAugmentConfig,
    MissingSectionsAugmentConfig,
    ShiftSectionsAugmentConfig,
    SimpleAugmentConfig,
)

if TYPE_CHECKING:
    from napari_dacapo.architectures import CNNectomeUNetConfig
    from napari_dacapo.trainers.augments import AugmentConfig

    from ._plan import Plan

#: by number of axes that are seen at once
BATCH_SIZE = {2: 4, 3: 2}
LEARNING_RATE = {2: 5e-3, 3: 3e-3}
WARMUP = 30
#: pictures of the film of a training
SNAPSHOTS = 20
#: iterations from which a training gains by bent samples; affinities, which depend on
#: thin boundaries that bending blurs, later
BENDING_FROM = 600
BENDING_AFFINITIES_FROM = 4000
#: distance of the control points of the bending, and how far they move, in voxels
BEND_SPACING, BEND_SIGMA = 32, 2.0
#: voxels are as long as wide up to this ratio
ISOTROPIC = 1.05
#: sections this much thicker than wide come from cutting, and have its defects
CUT_SECTIONS = 4
#: median brightness from which on a picture looks like electron microscopy
ELECTRON_BRIGHTNESS = 0.35
#: how far sections jump, in pixels
JUMP_SIGMA = 1.0
BYTES_PER_VALUE = 4
#: values kept for each convolution: its result, the activation, and a gradient
VALUES_PER_CONVOLUTION = 3


def propose_trainer(plan: Plan, network: CNNectomeUNetConfig) -> GunpowderTrainerConfig:
    """Return the trainer for `network`, and note the reasons."""
    schedule = "constant" if _is_best_early(plan) else "cosine"
    plan.because(
        "trainer_config.schedule",
        "A learning rate that falls towards the end settles on good weights."
        if schedule == "cosine"
        else "In 3D the best weights came before the end of the training in our "
        "measurements; the best are kept anyway.",
    )
    plan.because(
        "trainer_config.learning_rate",
        "A high rate, which a short training needs; RAdam and a warm-up of "
        f"{WARMUP} iterations keep it stable.",
    )
    interval = max(1, plan.num_iterations // SNAPSHOTS)
    plan.because(
        "trainer_config.snapshot_interval",
        f"About {SNAPSHOTS} pictures of what the network sees and predicts: the film "
        "of the training.",
    )
    return GunpowderTrainerConfig(
        f"{plan.name}_trainer",
        batch_size=_batch_size(plan, network),
        learning_rate=LEARNING_RATE[plan.seen_dims],
        num_data_fetchers=1,
        augments=_augments(plan),
        snapshot_interval=interval,
        warmup_iterations=WARMUP,
        schedule=schedule,
    )


def _is_best_early(plan: Plan) -> bool:
    """Whether a network of this kind learns small volumes by heart."""
    return plan.seen_dims == 3 and plan.task.endswith("distance")


def _batch_size(plan: Plan, network: CNNectomeUNetConfig) -> int:
    needed = training_bytes(network)
    wanted = BATCH_SIZE[plan.seen_dims]
    fitting = int(memory_budget() // needed)
    size = max(1, min(wanted, fitting))
    plan.because(
        "trainer_config.batch_size",
        f"Several samples per step, of about {needed / 1e6:.0f} MB each, make steps "
        "steadier, and a processor without graphics card handles them faster than "
        "single ones."
        if size == wanted
        else f"A sample takes about {needed / 1e6:.0f} MB while training: no more of "
        "them fit into a quarter of the memory.",
    )
    return size


def training_bytes(network: CNNectomeUNetConfig) -> int:
    """Return about how much memory one sample takes while a network is trained."""
    voxels = math.prod(network.input_shape.as_floats())
    feature_maps, values = float(network.num_fmaps), 0.0
    levels = [*network.downsample_factors, None]
    for kernels, factor in zip(network.kernels_down, levels, strict=True):
        # as many convolutions on the way up, whose input joins that of the way down
        values += voxels * feature_maps * (2 * len(kernels) + network.fmap_inc_factor)
        if factor is not None:
            voxels /= math.prod(factor.as_floats())
            feature_maps *= network.fmap_inc_factor
    return int(values * VALUES_PER_CONVOLUTION * BYTES_PER_VALUE)


def _augments(plan: Plan) -> list[AugmentConfig]:
    told: list[str] = []
    augments: list[AugmentConfig] = [
        SimpleAugmentConfig(),
        *_bending(plan, told),
        *_section_defects(plan, told),
        IntensityAugmentConfig(scale=(0.7, 1.3), shift=(-0.15, 0.15), clip=False),
    ]
    plan.because("trainer_config.augments", " ".join(told))
    return augments


def _bending(plan: Plan, told: list[str]) -> list[ElasticAugmentConfig]:
    """Return rotation and gentle bending along the axes that are seen at once."""
    affinities = plan.task == "affinities"
    least = BENDING_AFFINITIES_FROM if affinities else BENDING_FROM
    if plan.num_iterations < least:
        told.append(
            "Samples are mirrored and their light is changed; so short a training does "
            "better without bending them as well."
        )
        return []
    turns = plan.seen_dims == 3 and plan.anisotropy < ISOTROPIC
    told.append(
        "Mirrored, rotated and bent samples and changed light show the network more "
        "than there is"
        + (
            "; single sections are not mixed."
            if plan.flat
            else ", turned about any axis, as voxels are as long as wide."
            if turns
            else ", turned within sections only, as voxels are longer along z."
            if plan.seen_dims == 3
            else "."
        )
    )
    finest = min(plan.voxel_size)
    return [
        ElasticAugmentConfig(
            control_point_spacing=[
                max(1, round(BEND_SPACING * float(finest / size)))
                for size in plan.voxel_size
            ],
            control_point_displacement_sigma=[
                0.0 if plan.flat and axis == 0 else BEND_SIGMA * float(finest)
                for axis in range(plan.voxel_size.dims)
            ],
            rotation_interval=(0.0, math.pi / 2),
            uniform_3d_rotation=turns,
        )
    ]


def _section_defects(plan: Plan, told: list[str]) -> list[AugmentConfig]:
    """Return what goes wrong with cut sections, where several are seen at once."""
    is_cut = (
        plan.seen_dims == 3
        and plan.anisotropy >= CUT_SECTIONS
        and plan.facts.brightness > ELECTRON_BRIGHTNESS
    )
    if not is_cut:
        return []
    told.append(
        "Thick sections of an electron microscope: some are shown black, pale or moved "
        "sideways, as in every such stack."
    )
    return [
        ShiftSectionsAugmentConfig(sigma=JUMP_SIGMA * float(min(plan.voxel_size))),
        MissingSectionsAugmentConfig(
            missing_probability=0.03, low_contrast_probability=0.03
        ),
    ]
