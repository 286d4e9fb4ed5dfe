"""Presets that come with the program: where to begin for common data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.geometry import Coordinate
from napari_dacapo.tasks import (
    AffinitiesTaskConfig,
    DistanceTaskConfig,
    HotDistanceTaskConfig,
    OneHotTaskConfig,
)
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers.augments import (
    ElasticAugmentConfig,
    IntensityAugmentConfig,
    MissingSectionsAugmentConfig,
    NoiseAugmentConfig,
    SimpleAugmentConfig,
)

from .presets import Preset

if TYPE_CHECKING:
    from napari_dacapo.trainers.augments import AugmentConfig

#: a rate that suits RAdam and small networks, and how long it takes to reach it
_LEARNING_RATE, _WARMUP = 1e-3, 100


def templates() -> list[Preset]:
    """Return all templates; distances in them are those of common voxel sizes."""
    return [mitochondria(), neurons(), nuclei(), organelles()]


def mitochondria() -> Preset:
    """Return the template for one kind of organelle in thick sections."""
    return Preset(
        "Mitochondria, anisotropic EM (distance)",
        "One kind of object in sections much thicker than wide: a distance gives a "
        "dense signal, and the network looks along z on its coarse levels only.",
        {
            "task_config": DistanceTaskConfig(
                "mitochondria",
                ["mito"],
                clip_distance=200.0,
                tol_distance=40.0,
                scale_factor=50.0,
            ),
            "architecture_config": _unet(
                "anisotropic", (16, 128, 128), [(1, 2, 2), (1, 2, 2), (2, 2, 2)], 16
            ),
            "trainer_config": _trainer("sections", _sections(), batch_size=2),
            "num_iterations": 20_000,
            "validation_interval": 1000,
        },
    )


def neurons() -> Preset:
    """Return the template for objects that fill the volume."""
    near = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    far = [(2, 0, 0), (0, 9, 0), (0, 0, 9)]
    return Preset(
        "Neurons: affinities + LSDs",
        "Objects that touch everywhere and run through the volume: affinities part "
        "them, and local shape descriptors keep long ones whole.",
        {
            "task_config": AffinitiesTaskConfig(
                "neurons",
                [*map(Coordinate, (*near, *far))],
                lsds=True,
                detailed_scores=True,
            ),
            "architecture_config": _unet(
                "neurons", (24, 128, 128), [(1, 2, 2), (1, 2, 2), (2, 2, 2)], 16
            ),
            "trainer_config": _trainer("sections", _sections(), batch_size=1),
            "num_iterations": 100_000,
            "validation_interval": 5000,
        },
    )


def nuclei() -> Preset:
    """Return the template for round objects in fluorescence microscopy."""
    augments: list[AugmentConfig] = [
        SimpleAugmentConfig(),
        IntensityAugmentConfig(scale=(0.6, 1.4), shift=(-0.1, 0.1), clip=False),
        NoiseAugmentConfig(),
    ]
    return Preset(
        "Nuclei, light microscopy",
        "Round objects that touch now and then: the distance finds the middle of "
        "each, and a watershed from there numbers them.",
        {
            "task_config": HotDistanceTaskConfig(
                "nuclei",
                ["nucleus"],
                clip_distance=5000.0,
                tol_distance=500.0,
                scale_factor=2000.0,
                objects="watershed",
            ),
            "architecture_config": _unet(
                "nuclei", (32, 96, 96), [(1, 2, 2), (2, 2, 2)], 16
            ),
            "trainer_config": _trainer("light", augments, batch_size=2),
            "num_iterations": 10_000,
            "validation_interval": 500,
        },
    )


def organelles() -> Preset:
    """Return the template for several classes without overlap."""
    return Preset(
        "Organelles: one-hot",
        "Several classes of which every voxel has exactly one: they compete, so "
        "nothing is found twice.",
        {
            "task_config": OneHotTaskConfig(
                "organelles", ["background", "mito", "er"], tol_distance=16.0
            ),
            "architecture_config": _unet(
                "isotropic", (64, 64, 64), [(2, 2, 2), (2, 2, 2)], 16
            ),
            "trainer_config": _trainer("isotropic", _isotropic(), batch_size=2),
            "num_iterations": 20_000,
            "validation_interval": 1000,
        },
    )


def _unet(
    name: str,
    input_shape: tuple[int, ...],
    factors: list[tuple[int, ...]],
    num_fmaps: int,
) -> CNNectomeUNetConfig:
    return CNNectomeUNetConfig(
        name,
        input_shape=Coordinate(input_shape),
        fmaps_out=num_fmaps,
        fmaps_in=1,
        num_fmaps=num_fmaps,
        fmap_inc_factor=2,
        downsample_factors=[Coordinate(factor) for factor in factors],
        padding="same",
    )


def _trainer(
    name: str, augments: list[AugmentConfig], batch_size: int
) -> GunpowderTrainerConfig:
    return GunpowderTrainerConfig(
        name,
        batch_size=batch_size,
        learning_rate=_LEARNING_RATE,
        num_data_fetchers=1,
        augments=augments,
        warmup_iterations=_WARMUP,
        schedule="cosine",
    )


def _sections() -> list[AugmentConfig]:
    return [
        SimpleAugmentConfig(),
        ElasticAugmentConfig([1, 32, 32], [0.0, 2.0, 2.0], (0.0, 1.57)),
        MissingSectionsAugmentConfig(),
        IntensityAugmentConfig(scale=(0.7, 1.3), shift=(-0.15, 0.15), clip=False),
    ]


def _isotropic() -> list[AugmentConfig]:
    return [
        SimpleAugmentConfig(),
        ElasticAugmentConfig([32, 32, 32], [2.0, 2.0, 2.0], (0.0, 1.57)),
        IntensityAugmentConfig(scale=(0.7, 1.3), shift=(-0.15, 0.15), clip=False),
    ]
