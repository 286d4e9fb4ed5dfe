"""Time training against the bare network, and what it takes to make a sample.

Prints iterations per second of `GunpowderTrainer` and of forward + backward + optimizer
on a batch made once, in the same numbers and memory layout, in turns within one
process, and their ratio, also in processor time of the training thread, which other
work on the machine disturbs less; then what the time of an iteration is spent on, what
each number format and layout costs, and where the processor time of a sample goes.
Usage::

    python benchmarks/bench_training.py [--rounds 3] [--iterations 20]
"""

import argparse
import itertools
import os
import statistics
import time

import numpy as np
import torch
from scipy import ndimage

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.datasplits.datasets import Dataset
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.nn.precision import MEMORY_FORMATS, choose_precision
from napari_dacapo.tasks import DistanceTaskConfig
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers._batches import BatchMaker
from napari_dacapo.trainers._samples import create_sample_maker
from napari_dacapo.trainers.augments import (
    BlurAugmentConfig,
    ElasticAugmentConfig,
    GammaAugmentConfig,
    IntensityAugmentConfig,
    MissingSectionsAugmentConfig,
    NoiseAugmentConfig,
    ShiftSectionsAugmentConfig,
    SimpleAugmentConfig,
)

CPU = torch.device("cpu")
VOXEL_SIZE = (8, 8, 8)


class Volume(Dataset):
    """Smooth objects and a noisy picture of them, in memory."""

    def __init__(self, size=160):
        noise = np.random.default_rng(0).normal(size=(size,) * 3)
        smooth = ndimage.gaussian_filter(noise, 4)
        labels = (smooth > np.quantile(smooth, 0.7)).astype(np.uint8)
        picture = 60 + 120 * labels + 20 * noise
        self.name = "volume"
        self.raw = self._array(picture.clip(0, 255).astype(np.uint8))
        self.gt = self._array(labels)

    def _array(self, values):
        roi = Roi((0, 0, 0), Coordinate(values.shape) * VOXEL_SIZE)
        return NumpyArray.from_np_array(values, roi, VOXEL_SIZE, ["z", "y", "x"])


def cheap_augments():
    return [
        SimpleAugmentConfig(),
        GammaAugmentConfig((0.5, 2)),
        IntensityAugmentConfig((0.9, 1.1), (-0.1, 0.1)),
    ]


def every_augment():
    return [
        ElasticAugmentConfig([16, 16, 16], [16, 16, 16], (0, 6.28)),
        ShiftSectionsAugmentConfig(8.0),
        *cheap_augments(),
        NoiseAugmentConfig(augmentation_probability=1),
        BlurAugmentConfig((4, 12), augmentation_probability=1),
        MissingSectionsAugmentConfig(),
    ]


def create_task():
    return DistanceTaskConfig("task", ["object"], 50, 10, scale_factor=40).create_task()


def create_model(task, fmaps, padding="valid"):
    config = CNNectomeUNetConfig(
        name="net",
        input_shape=(64, 64, 64),
        fmaps_out=fmaps,
        fmaps_in=1,
        num_fmaps=fmaps,
        fmap_inc_factor=3,
        downsample_factors=[(2, 2, 2), (2, 2, 2)],
        padding=padding,
    )
    return task.create_model(config.create_architecture())


class Training:
    """A trainer with everything it needs."""

    def __init__(self, augments, fmaps, workers, **options):
        self.task = create_task()
        self.model = create_model(self.task, fmaps)
        config = GunpowderTrainerConfig(
            "trainer", 2, 1e-4, num_data_fetchers=workers, augments=augments, **options
        )
        self.trainer = config.create_trainer()
        self.reason = self.trainer.prepare(self.model, CPU)
        self.precision = choose_precision(config.precision, config.memory_format, CPU)
        self.spent = {}
        self.optimizer = self.trainer.create_optimizer(self.model)
        self.datasets = [Volume()]

    def seconds(self, iterations):
        """Return seconds per iteration: of training, its thread's, of waiting."""
        with self.trainer as trainer:
            trainer.build_batch_provider(self.datasets, self.model, self.task)
            steps = trainer.iterate(iterations + 2, self.model, self.optimizer, CPU)
            next(steps), next(steps)  # the loaders start
            begin, cpu, waited = time.perf_counter(), time.thread_time(), 0.0
            for _ in steps:
                waited += trainer.last_waited
                for name, part in trainer.last_seconds.items():
                    self.spent[name] = self.spent.get(name, 0) + part
            seconds = time.perf_counter() - begin
            cpu = time.thread_time() - cpu
        return seconds / iterations, cpu / iterations, waited / iterations

    def bare_seconds(self, iterations):
        """Return seconds per iteration on one batch: passed, and of the processor."""
        maker = create_sample_maker(
            self.datasets, self.model, self.task.predictor, warn=print
        )
        batch = BatchMaker(lambda: maker.make(0), self.task.predictor, 2).make(0)
        raw = batch.raw.contiguous(memory_format=self.precision.memory_format(3))
        self.model.train()
        begin, cpu = time.perf_counter(), time.thread_time()
        for _ in range(iterations):
            self.optimizer.zero_grad()
            with self.precision.autocast(CPU):
                prediction = self.model(raw)
            loss = self.task.loss.compute(
                prediction.float(), batch.target, batch.weight
            )
            loss.item()
            loss.backward()
            self.optimizer.step()
        seconds, cpu = time.perf_counter() - begin, time.thread_time() - cpu
        return seconds / iterations, cpu / iterations


def compare(title, augments, fmaps, options):
    training = Training(augments, fmaps, options.workers)
    rounds = []
    for _ in range(options.rounds):
        bare = training.bare_seconds(options.iterations)
        rounds.append((*bare, *training.seconds(options.iterations)))
    bare, _, trained, _, waited = map(statistics.median, zip(*rounds, strict=True))
    ratio = statistics.median(r[0] / r[2] for r in rounds)
    cpu_ratio = statistics.median(r[1] / r[3] for r in rounds)
    print(
        f"{title:<38} {fmaps:>6} {1 / bare:>9.2f} {1 / trained:>9.2f} "
        f"{1000 * waited:>9.1f} {ratio:>9.3f} {cpu_ratio:>9.3f}"
    )
    return training


def print_spent(training):
    """Print what the time of an iteration went to, as the window shows it."""
    total = sum(training.spent.values())
    print(f"\n{'an iteration with every augment':<38} {'share':>6}")
    for name, seconds in training.spent.items():
        print(f"  {name:<36} {seconds / total:>6.1%}")


def compare_precisions(options):
    """Print what a step costs in each number format and memory layout."""
    print(f"\n{'one bare step, milliseconds':<38} {'4 fmaps':>9} {'12 fmaps':>9}")
    kinds = itertools.product(("float32", "bfloat16"), MEMORY_FORMATS)
    trainings = {
        kind: [
            Training([], fmaps, 0, precision=kind[0], memory_format=kind[1])
            for fmaps in (4, 12)
        ]
        for kind in kinds
    }
    seconds = {kind: [[], []] for kind in trainings}
    for _ in range(options.rounds):
        for kind, pair in trainings.items():
            for training, found in zip(pair, seconds[kind], strict=True):
                found.append(training.bare_seconds(max(1, options.iterations // 4))[0])
    for kind, found in seconds.items():
        shown = " ".join(f"{1000 * min(values):>9.0f}" for values in found)
        print(f"  {', '.join(kind):<36} {shown}")
    reason = Training([], 4, 0).reason
    print(f"  chosen: {reason}")


class Clock:
    """Sums up the processor time of this thread, by what it was spent on."""

    def __init__(self):
        self.sums = {}

    def timed(self, name, function):
        def wrapper(*args, **kwargs):
            begin = time.thread_time()
            result = function(*args, **kwargs)
            spent = time.thread_time() - begin
            self.sums[name] = self.sums.get(name, 0) + spent
            return result

        return wrapper


def break_down(samples=40):
    """Print where the time of a sample of 64^3 voxels (raw and target) goes."""
    task = create_task()
    model = create_model(task, 4, padding="same")
    clock, augments = Clock(), [config.node() for config in every_augment()]
    for augment in augments:
        watch(augment, clock)
    predictor = task.predictor
    predictor.create_target = clock.timed("target", predictor.create_target)
    predictor.create_weight = clock.timed("weight", predictor.create_weight)
    maker = create_sample_maker(
        [Volume()], model, predictor, augments=augments, warn=print
    )
    (source,) = maker._sources  # noqa: SLF001
    source.load = clock.timed("read and normalise", source.load)
    source.draw = clock.timed("choose place", source.draw)
    batches = BatchMaker(lambda: maker.make(next(numbers)), predictor, 1)
    numbers = iter(range(samples + 2))
    batches.make(0), batches.make(1)
    clock.sums.clear()
    begin = time.thread_time()
    for number in range(samples):
        batches.make(number)
    total = time.thread_time() - begin
    print(f"\n{'one sample, every augment, milliseconds':<38} {'cpu':>9}")
    augment = 0.0
    for name, seconds in clock.sums.items():
        print(f"  {name:<36} {1000 * seconds / samples:>9.2f}")
        augment += seconds if name not in ("target", "weight") else 0
    rest = total - sum(clock.sums.values())
    print(f"  {'the rest':<36} {1000 * rest / samples:>9.2f}")
    print(f"{'all':<38} {1000 * total / samples:>9.2f}")
    print(f"{'without target and weight':<38} {1000 * augment / samples:>9.2f}")


def watch(augment, clock):
    """Count planning and changing of `augment` under its name."""
    name, plan = type(augment).__name__, augment.plan

    def watched(request, generator):
        upstream, transform = clock.timed(name, plan)(request, generator)
        return upstream, clock.timed(name, transform)

    augment.plan = watched


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--workers", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before; 64^3 input, batch of 2")
    columns = ("fmaps", "bare it/s", "ours it/s", "wait ms", "ratio", "cpu ratio")
    print(f"{'':<38} {columns[0]:>6}", *(f"{c:>9}" for c in columns[1:]))
    for fmaps in (12, 4):
        compare("mirror, gamma, intensity", cheap_augments(), fmaps, options)
        every = compare("every augment", every_augment(), fmaps, options)
    print_spent(every)
    compare_precisions(options)
    break_down()


if __name__ == "__main__":
    main()
