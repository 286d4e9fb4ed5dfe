"""Proposes the network: levels, kernels and the size of the pieces it is shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_dacapo.architectures import CNNectomeUNetConfig, valid_input_shape
from napari_dacapo.geometry import Coordinate

from ._plan import in_words

if TYPE_CHECKING:
    from ._plan import Plan

#: axes whose voxels are this much longer than the shortest are left alone by a level
ANISOTROPY_LIMIT = 1.5
#: by number of axes that are seen at once
NUM_LEVELS = {2: 3, 3: 2}
MOST_LEVELS = 3
#: feature maps at full resolution; more where many channels are predicted from them
FEATURE_MAPS = 12
MANY_FEATURE_MAPS = {"one_hot": 16, "affinities": 16}
#: wanted extent of a training sample along its finest axes, in voxels, by dimensions
OUTPUT_EDGE = {2: 96, 3: 32}
#: fewest voxels along an axis of coarse voxels that is seen at all
LEAST_EDGE = 8
#: voxels this much longer than wide make room for wider samples
ANISOTROPIC = 2


def propose_architecture(plan: Plan) -> CNNectomeUNetConfig:
    """Return a small U-Net that pads, and note the reasons."""
    factors, kernels = _levels(plan)
    feature_maps = MANY_FEATURE_MAPS.get(plan.task, FEATURE_MAPS)
    config = CNNectomeUNetConfig(
        f"{plan.name}_unet",
        input_shape=Coordinate((1,) * plan.voxel_size.dims),
        fmaps_out=feature_maps,
        fmaps_in=plan.facts.num_channels,
        num_fmaps=feature_maps,
        fmap_inc_factor=2,
        downsample_factors=factors,
        kernel_size_down=[[k, k] for k in kernels],
        kernel_size_up=[[k, k] for k in kernels[:-1]],
        padding="same",
    )
    config.input_shape = valid_input_shape(config, _wanted_shape(plan))
    _note_reasons(plan, config)
    return config


def _note_reasons(plan: Plan, config: CNNectomeUNetConfig) -> None:
    prefix = "architecture_config."
    piece = f"{in_words(plan.voxel_size * config.input_shape)} nm"
    plan.because(
        f"{prefix}downsample_factors",
        f"Voxels are {in_words(plan.voxel_size)} nm: an axis is halved only once its "
        "voxels are about as short as those of the finest.",
    )
    plan.because(f"{prefix}kernel_size_down", _kernel_reason(plan))
    plan.because(
        f"{prefix}input_shape",
        f"Several typical objects with their surroundings fit into a piece of {piece}."
        if plan.object_voxels < max(config.input_shape) / 2
        else "Objects are larger than what fits into memory and time; a piece of "
        f"{piece} shows their boundaries with the surroundings.",
    )
    plan.because(
        f"{prefix}num_fmaps",
        f"{config.num_fmaps} feature maps, twice as many on each coarser level: enough "
        "for volumes of this size, and quick without graphics card.",
    )
    plan.because(
        f"{prefix}padding",
        "Every voxel of a training sample is predicted, which saves most of the "
        "computing; prediction lets blocks overlap instead.",
    )


def _kernel_reason(plan: Plan) -> str:
    if plan.voxel_size.dims == 2:
        return "Two convolutions over 3 pixels at each level."
    if not plan.flat:
        return (
            "Two convolutions over 3 voxels at each level, along z only where voxels "
            "are about as long as wide."
        )
    if not plan.facts.labels.linked:
        return "Sections are seen one by one: labels do not go on from one to the next."
    return (
        f"Sections are seen one by one: there are {plan.facts.shape[0]} of them, "
        f"{float(plan.voxel_size[0]):.4g} nm apart."
    )


def _levels(plan: Plan) -> tuple[list[Coordinate], list[Coordinate]]:
    """Return the downsampling factors and the kernel of each level."""
    sizes = [float(s) for s in plan.voxel_size]
    if plan.flat:
        sizes[0] = math.inf
    factors: list[Coordinate] = []
    kernels: list[Coordinate] = []
    while True:
        near = [s <= ANISOTROPY_LIMIT * min(sizes) for s in sizes]
        kernels.append(Coordinate(3 if n else 1 for n in near))
        enough = len(factors) >= NUM_LEVELS[plan.seen_dims]
        if len(factors) == MOST_LEVELS or (enough and (plan.flat or all(near))):
            break
        factors.append(Coordinate(2 if n else 1 for n in near))
        sizes = [2 * s if n else s for s, n in zip(sizes, near, strict=True)]
    if not plan.flat:
        # however thick the sections, the coarsest level looks across them
        kernels[-1] = Coordinate((3,) * len(sizes))
    return factors, kernels


def _wanted_shape(plan: Plan) -> list[int]:
    """Return how many voxels a training sample should have along each axis.

    Axes with longer voxels get fewer, which leaves room for the others; axes of single
    sections get one; none gets more than there are.
    """
    edge = OUTPUT_EDGE[plan.seen_dims]
    finest = min(plan.voxel_size)
    ratios = [float(finest / size) for size in plan.voxel_size]
    wanted = [max(LEAST_EDGE, round(edge * ratio)) for ratio in ratios]
    if plan.flat:
        wanted[0] = 1
    elif plan.anisotropy >= ANISOTROPIC:
        room = (edge ** len(wanted) / math.prod(wanted)) ** (1 / ratios.count(1.0))
        wanted = [
            round(n * room) if ratio == 1 else n
            for n, ratio in zip(wanted, ratios, strict=True)
        ]
    coarser = plan.voxel_size / plan.facts.voxel_size
    available = (plan.facts.shape / coarser).as_floats()
    return [
        min(n, max(1, int(most))) for n, most in zip(wanted, available, strict=True)
    ]
