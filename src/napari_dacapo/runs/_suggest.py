"""Settings proposed from the data, each with its reason."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.architectures import CNNectomeUNetConfig, valid_input_shape
from napari_dacapo.arrays import (
    BinarizeArrayConfig,
    CropArrayConfig,
    IntensitiesArrayConfig,
)
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import DatasetConfig, RawGTDatasetConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks import DistanceTaskConfig
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers.augments import (
    ElasticAugmentConfig,
    IntensityAugmentConfig,
    SimpleAugmentConfig,
)

from ._facts import DataFacts, measure
from ._inputs import resampled_to
from .run import RunConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_dacapo.arrays import ArrayConfig

    DataPair = tuple[ArrayConfig, ArrayConfig]

#: voxels that the diameter of a typical object should have
OBJECT_VOXELS = 12
#: axes whose voxels are this much longer than the shortest are left alone by a level
ANISOTROPY_LIMIT = 1.5
#: fewer sections than this are seen one by one
MIN_SECTIONS = 16
#: by number of axes that are seen at once
NUM_LEVELS = {2: 3, 3: 2}
BATCH_SIZE = {2: 4, 3: 2}
FEATURE_MAPS = 12
#: wanted extent of a training sample along its finest axes, in voxels, by dimensions
OUTPUT_EDGE = {2: 96, 3: 32}
#: fraction of a volume that is held out where no validation data are given
HELD_OUT = 0.2
#: iterations from which a training gains by bent samples
BENDING_FROM = 600
#: distance of the control points of the bending, and how far they move, in voxels
BEND_SPACING, BEND_SIGMA = 32, 2.0
#: learning rate by number of axes that are seen at once
LEARNING_RATE = {2: 5e-3, 3: 3e-3}
SCHEDULE = {2: "cosine", 3: "constant"}
WARMUP = 30
DEFAULT_ITERATIONS = 1500


@attrs.frozen
class Suggestion:
    """A complete run, and why its values are what they are.

    `reasons` maps paths of fields, such as ``architecture_config.input_shape``, to one
    sentence.
    """

    run_config: RunConfig
    reasons: dict[str, str]


def suggest(
    train: Sequence[DataPair],
    validate: Sequence[DataPair] = (),
    *,
    task: str = "distance",
    name: str = "run",
    classes: Mapping[str, Sequence[int]] | None = None,
    num_iterations: int | None = None,
) -> Suggestion:
    """Propose a run for raw volumes and their labels.

    Parameters
    ----------
    train, validate : sequence of (ArrayConfig, ArrayConfig)
        Raw data and integer labels, 0 = background. With nothing to validate on, a part
        of the first training volume is held out.
    task : str
        What to learn: "distance" finds labelled voxels (signed distance to the
        boundary of each class).
    name : str
        Name of the run.
    classes : mapping of str to sequence of int, optional
        Names of what is learned and their labels; no labels mean all but 0. By default
        one class, "foreground", of everything that is labelled.
    num_iterations : int, optional
        For how long to train, if that is not to be proposed.

    Raises
    ------
    ConfigError
        If there is nothing to train on, or the task is unknown.
    DataError
        If the data cannot be used.
    """
    if not train:
        raise ConfigError("train: nothing to train on; give raw data and labels")
    if task != "distance":
        raise ConfigError(f"task: {task!r} is unknown; 'distance' is available")
    raw, labels = train[0]
    classes = classes or {"foreground": ()}
    ids = [i for group in classes.values() for i in group]
    if not all(classes.values()):
        ids = []
    facts = measure(raw.create_array(), labels.create_array(), ids)
    advisor = _Advisor(facts, classes, num_iterations or DEFAULT_ITERATIONS)
    if not validate:
        train, validate = advisor.hold_out(train)
    run_config = RunConfig(
        task_config=advisor.task(name),
        architecture_config=advisor.architecture(name),
        trainer_config=advisor.trainer(name),
        datasplit_config=TrainValidateDataSplitConfig(
            f"{name}_data",
            advisor.datasets("train", train),
            advisor.datasets("validate", validate),
        ),
        name=name,
        num_iterations=advisor.num_iterations,
        validation_interval=max(1, advisor.num_iterations // 5),
    )
    return Suggestion(run_config, advisor.reasons)


class _Advisor:
    """Turns facts into configs, noting the reasons."""

    def __init__(
        self,
        facts: DataFacts,
        classes: Mapping[str, Sequence[int]],
        num_iterations: int,
    ) -> None:
        self.facts, self.classes = facts, classes
        self.num_iterations = num_iterations
        self.reasons: dict[str, str] = {}
        self.voxel_size = self._working_voxel_size()

    def _working_voxel_size(self) -> Coordinate:
        """Return the voxel size to learn at: coarser if objects are large."""
        target = self.facts.thickness / OBJECT_VOXELS
        factors = [
            2 ** max(0, math.floor(math.log2(target / float(size))))
            for size in self.facts.voxel_size
        ]
        shape = self.facts.shape
        factors = [
            min(factor, 2 ** max(0, int(math.log2(max(1, n // 32)))))
            for factor, n in zip(factors, shape, strict=True)
        ]
        voxel_size = self.facts.voxel_size * factors
        voxels = self.facts.thickness / float(min(voxel_size))
        self.reasons["datasplit_config.train_configs"] = (
            f"Learning at {voxel_size} nm: a typical object is "
            f"{self.facts.thickness:.0f} nm thick, {voxels:.0f} of these voxels, so "
            "the network sees it whole."
        )
        return voxel_size

    def hold_out(
        self, train: Sequence[DataPair]
    ) -> tuple[Sequence[DataPair], Sequence[DataPair]]:
        """Return the data without the end of the first volume, and that end."""
        (raw, labels), *others = train
        roi = labels.create_array().roi.intersect(raw.create_array().roi)
        axis = roi.shape.index(max(roi.shape))
        voxels = roi.shape / self.voxel_size
        cut = (voxels[axis] * (1 - HELD_OUT)) // 1
        shape = list(roi.shape)
        shape[axis] = cut * self.voxel_size[axis]
        kept = Roi(roi.offset, shape)
        offset = list(roi.offset)
        offset[axis] += shape[axis]
        shape[axis] = roi.shape[axis] - shape[axis]
        held = Roi(offset, shape)
        self.reasons["datasplit_config.validate_configs"] = (
            f"No validation data were given: the last {HELD_OUT:.0%} of the first "
            f"volume along {'zyx'[-roi.dims :][axis]} ({held} nm) are kept out of the "
            "training."
        )
        parts = (
            CropArrayConfig(f"{labels.name}_{kind}", labels, part)
            for kind, part in (("train", kept), ("validate", held))
        )
        return [(raw, next(parts)), *others], [(raw, next(parts))]

    @property
    def flat(self) -> bool:
        """Whether sections are seen one by one."""
        return self.facts.shape.dims == 3 and (
            self.facts.shape[0] < MIN_SECTIONS
            or self.voxel_size[0] >= 4 * self.voxel_size[-1]
        )

    @property
    def seen_dims(self) -> int:
        """Number of axes that the network sees at once."""
        return 2 if self.flat else self.voxel_size.dims

    def task(self, name: str) -> DistanceTaskConfig:
        thickness = self.facts.thickness
        scale = _rounded(thickness / 4)
        smallest_fraction = self._smallest_fraction()
        self.reasons["task_config.scale_factor"] = (
            f"A quarter of the typical thickness of {thickness:.0f} nm: distances are "
            "told apart up to the middle of an object."
        )
        self.reasons["task_config.tol_distance"] = (
            "The longest edge of a voxel: a border drawn one voxel off is no error."
        )
        return DistanceTaskConfig(
            f"{name}_task",
            channels=list(self.classes),
            clip_distance=_rounded(thickness),
            tol_distance=float(max(self.voxel_size)),
            scale_factor=scale,
            clipmin=smallest_fraction,
            clipmax=1 - smallest_fraction,
        )

    def _smallest_fraction(self) -> float:
        """Return the class fraction below which rare classes weigh no more.

        The loss squares the weights: limited like this, the rarer class weighs more by
        the square root of how much rarer it is.
        """
        rare = min(self.facts.foreground, 1 - self.facts.foreground)
        fraction = 1 / (1 + ((1 - rare) / rare) ** 0.25)
        self.reasons["task_config.clipmin"] = (
            f"Objects fill {100 * self.facts.foreground:.0f} % of the volume; weights "
            "count twice in the loss, so they are limited: otherwise too much would be "
            "called foreground."
        )
        return _rounded(fraction)

    def architecture(self, name: str) -> CNNectomeUNetConfig:
        factors, kernels = self._levels()
        dims = self.voxel_size.dims
        edge = OUTPUT_EDGE[self.seen_dims]
        config = CNNectomeUNetConfig(
            f"{name}_unet",
            input_shape=Coordinate((1,) * dims),
            fmaps_out=FEATURE_MAPS,
            fmaps_in=self.facts.num_channels,
            num_fmaps=FEATURE_MAPS,
            fmap_inc_factor=2,
            downsample_factors=factors,
            kernel_size_down=[[k, k] for k in kernels],
            kernel_size_up=[[k, k] for k in kernels[:-1]],
            padding="same",
        )
        config.input_shape = self._input_shape(config, edge)
        self.reasons["architecture_config.downsample_factors"] = (
            f"Voxels are {self.voxel_size} nm: an axis is halved only once its voxels "
            "are about as short as those of the finest."
        )
        if self.flat:
            self.reasons["architecture_config.kernel_size_down"] = (
                f"Sections are seen one by one: there are {self.facts.shape[0]} of "
                f"them, {self.voxel_size[0]} nm apart."
            )
        self.reasons["architecture_config.input_shape"] = (
            "Several typical objects with their surroundings fit into a piece of "
            f"{self.voxel_size * config.input_shape} nm."
        )
        self.reasons["architecture_config.padding"] = (
            "Every voxel of a training sample is predicted, which saves most of the "
            "computing; prediction lets blocks overlap instead."
        )
        return config

    def _levels(self) -> tuple[list[Coordinate], list[Coordinate]]:
        """Return the downsampling factors and the kernel of each level."""
        sizes = [float(s) for s in self.voxel_size]
        if self.flat:
            sizes[0] = math.inf
        factors, kernels = [], []
        for _ in range(NUM_LEVELS[self.seen_dims]):
            near = [s <= ANISOTROPY_LIMIT * min(sizes) for s in sizes]
            kernels.append(Coordinate(3 if n else 1 for n in near))
            factors.append(Coordinate(2 if n else 1 for n in near))
            sizes = [2 * s if n else s for s, n in zip(sizes, near, strict=True)]
        near = [s <= ANISOTROPY_LIMIT * min(sizes) for s in sizes]
        kernels.append(Coordinate(3 if n else 1 for n in near))
        return factors, kernels

    def _input_shape(self, config: CNNectomeUNetConfig, edge: int) -> Coordinate:
        """Return the smallest input that is at least `edge` voxels wide.

        Axes with longer voxels get fewer of them, axes of single sections one.
        """
        finest = min(self.voxel_size)
        wanted = [max(8, round(edge * float(finest / s))) for s in self.voxel_size]
        if self.flat:
            wanted[0] = 1
        return valid_input_shape(config, wanted)

    def trainer(self, name: str) -> GunpowderTrainerConfig:
        self.reasons["trainer_config.batch_size"] = (
            "Several samples per step make the steps steadier, and a processor without "
            "graphics card handles them faster than single ones."
        )
        schedule = SCHEDULE[self.seen_dims]
        self.reasons["trainer_config.schedule"] = (
            "A learning rate that falls towards the end settles on good weights."
            if schedule == "cosine"
            else "In 3D the best weights came before the end of the training in our "
            "measurements; the best are kept anyway."
        )
        return GunpowderTrainerConfig(
            f"{name}_trainer",
            batch_size=BATCH_SIZE[self.seen_dims],
            learning_rate=LEARNING_RATE[self.seen_dims],
            num_data_fetchers=1,
            augments=[
                SimpleAugmentConfig(),
                *self._bending(),
                IntensityAugmentConfig(
                    scale=(0.7, 1.3), shift=(-0.15, 0.15), clip=False
                ),
            ],
            warmup_iterations=WARMUP,
            schedule=schedule,
        )

    def _bending(self) -> list[ElasticAugmentConfig]:
        """Return rotation in the plane and gentle bending along the finest axes."""
        if self.num_iterations < BENDING_FROM:
            self.reasons["trainer_config.augments"] = (
                "Samples are mirrored and their light is changed; so short a training "
                "does better without bending them as well."
            )
            return []
        finest = min(self.voxel_size)
        bends = [not (self.flat and axis == 0) for axis in range(self.voxel_size.dims)]
        self.reasons["trainer_config.augments"] = (
            "Mirrored, rotated and bent samples and changed light show the network "
            "more than there is; single sections are not mixed."
        )
        bending = ElasticAugmentConfig(
            control_point_spacing=[
                max(1, round(BEND_SPACING * float(finest / size)))
                for size in self.voxel_size
            ],
            control_point_displacement_sigma=[
                BEND_SIGMA * float(finest) if bend else 0.0 for bend in bends
            ],
            rotation_interval=(0.0, math.pi / 2),
        )
        return [bending]

    def datasets(self, kind: str, pairs: Sequence[DataPair]) -> list[DatasetConfig]:
        return [
            self._dataset(f"{kind}_{number}", raw, labels)
            for number, (raw, labels) in enumerate(pairs)
        ]

    def _dataset(
        self, name: str, raw: ArrayConfig, labels: ArrayConfig
    ) -> RawGTDatasetConfig:
        low, high = self.facts.intensities
        self.reasons["datasplit_config.train_configs[0].raw_config.min"] = (
            f"Raw values {low:g} to {high:g}, all but the lowest and highest 1 %, "
            "become -1 to 1: networks learn faster from values around 0."
        )
        scaled = IntensitiesArrayConfig(
            f"{name}_raw", resampled_to(raw, self.voxel_size), (low + high) / 2, high
        )
        gt = BinarizeArrayConfig(
            f"{name}_gt",
            resampled_to(labels, self.voxel_size, interp_order=0),
            groupings=[(c, list(ids)) for c, ids in self.classes.items()],
        )
        return RawGTDatasetConfig(name, raw_config=scaled, gt_config=gt)


def _rounded(value: float) -> float:
    """Return `value` with two significant digits, for people to read."""
    return float(f"{value:.2g}")
