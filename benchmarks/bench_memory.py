"""Measure whether the memory of a training grows with its length or its volume.

Trains a small network on volumes of several sizes (sparse zarr arrays, more than is
kept in memory), one process each, and prints the resident size as it goes on. Usage::

    python benchmarks/bench_memory.py [--iterations 2000]
"""

import argparse
import multiprocessing
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray
from napari_dacapo.arrays._chunk_cache import shared_cache
from napari_dacapo.datasplits.datasets import Dataset
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks import DistanceTaskConfig
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers.augments import (
    ElasticAugmentConfig,
    IntensityAugmentConfig,
    SimpleAugmentConfig,
)

VOXEL_SIZE = Coordinate(8, 8, 8)
MEBIBYTE = 2**20
#: of decoded chunks, in MiB; a larger one, as by default, would fill more slowly
CACHE = 16


class Volume(Dataset):
    """Raw and labels on disk; only the middle of them holds anything."""

    def __init__(self, folder, edge):
        self.name = "volume"
        roi = Roi((0, 0, 0), Coordinate(edge, edge, edge) * VOXEL_SIZE)
        rng = np.random.default_rng(0)
        middle = Roi(roi.center - VOXEL_SIZE * 64, VOXEL_SIZE * 128)
        for name in ("raw", "gt"):
            array = ZarrArray.create_from_array_identifier(
                LocalArrayIdentifier(folder / "volume.zarr", name),
                ["z", "y", "x"],
                roi,
                None,
                VOXEL_SIZE,
                np.dtype(np.uint8),
            )
            array[middle] = rng.integers(0, 255, (128,) * 3) % (
                256 if name == "raw" else 2
            )
            setattr(self, name, array)


def measure(edge, iterations, results):
    """Train and put (iteration, resident bytes) into `results`."""
    torch.set_num_threads(1)
    shared_cache().capacity = CACHE * MEBIBYTE
    task = DistanceTaskConfig("task", ["object"], 50, 10, scale_factor=40).create_task()
    network = CNNectomeUNetConfig(
        "net",
        input_shape=(24, 24, 24),
        fmaps_out=4,
        fmaps_in=1,
        num_fmaps=4,
        fmap_inc_factor=2,
        downsample_factors=[(2, 2, 2)],
    )
    model = task.create_model(network.create_architecture())
    trainer = GunpowderTrainerConfig(
        "trainer",
        2,
        1e-4,
        num_data_fetchers=2,
        min_masked=0,
        augments=[
            SimpleAugmentConfig(),
            ElasticAugmentConfig([8, 8, 8], [8, 8, 8], (0, 6.28)),
            IntensityAugmentConfig((0.9, 1.1), (-0.1, 0.1)),
        ],
    ).create_trainer()
    optimizer = trainer.create_optimizer(model)
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder, trainer:
        trainer.build_batch_provider([Volume(Path(folder), edge)], model, task)
        for stats in trainer.iterate(iterations, model, optimizer, torch.device("cpu")):
            if (stats.iteration + 1) % 100 == 0:
                results.append((stats.iteration + 1, process.memory_info().rss))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=2000)
    parser.add_argument("--edges", type=int, nargs="+", default=[1024, 2048])
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(f"resident size in MiB after so many iterations, chunk cache of {CACHE} MiB")
    for edge in options.edges:
        with context.Manager() as manager:
            results = manager.list()
            child = context.Process(
                target=measure, args=(edge, options.iterations, results)
            )
            child.start()
            child.join()
            if child.exitcode:
                sys.exit(f"the training of {edge}^3 ended with {child.exitcode}")
            shown = [(i, rss / MEBIBYTE) for i, rss in results]
        print(
            f"{edge}^3 voxels ({2 * edge**3 / 2**30:.0f} GiB):",
            ", ".join(f"{i}: {size:.0f}" for i, size in shown[::4] + shown[-1:]),
            flush=True,
        )
        late = [size for i, size in shown if i > options.iterations / 5]
        print(f"  largest change after the first fifth: {max(late) - late[0]:+.1f} MiB")


if __name__ == "__main__":
    main()
