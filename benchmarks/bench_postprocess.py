"""Time post-processing and evaluation against the targets and the original's way.

Prints, per case, the median wall time, the processor time (other work on the machine
slows the former down), the target and how far below it we are. The original's watershed
visits one edge at a time (mwatershed); it is measured in the same run. Usage:
``python benchmarks/bench_postprocess.py [edge length, default 128] [--original]``.
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from _timing import median, timed
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_dacapo.arrays import NumpyArray, ZarrArray
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.evaluators import (
    BinarySegmentationEvaluator,
    InstanceEvaluator,
)
from napari_dacapo.tasks.post_processors import (
    ArgmaxPostProcessor,
    ConnectedComponentsPostProcessor,
    SeededWatershedPostProcessor,
    ThresholdPostProcessor,
    WatershedPostProcessor,
)
from napari_dacapo.tasks.post_processors.storage import to_uint8

VOXEL_SIZE = Coordinate(40, 8, 8)
OFFSETS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (3, 0, 0), (0, 9, 0), (0, 0, 9)]
#: seconds of the original (dacapo-ml 0.3.5) on two cores, at an edge length of 128
ORIGINAL = {"threshold": 3.7, "watershed": 57.0}


def cells(edge, seed=0):
    """Return a cube divided among cells of about 20 voxels."""
    points = np.random.default_rng(seed).uniform(0, edge, (edge**3 // 8000, 3))
    voxels = np.stack(np.indices((edge,) * 3), axis=-1)
    return cKDTree(points).query(voxels)[1] + 1


def predicted_affinities(labels, noise=0.1, seed=1):
    """Return what a fairly good network gives, float32."""
    affinities = np.zeros((len(OFFSETS), *labels.shape), np.float32)
    for channel, offset in zip(affinities, OFFSETS, strict=True):
        pairs = list(zip(offset, labels.shape, strict=True))
        source = tuple(slice(0, n - o) for o, n in pairs)
        target = tuple(slice(o, n) for o, n in pairs)
        channel[source] = labels[source] == labels[target]
    affinities = ndimage.gaussian_filter(affinities, (0, 0.7, 0.7, 0.7))
    affinities += np.random.default_rng(seed).normal(0, noise, affinities.shape)
    return np.clip(affinities, 0, 1)


def smooth_noise(edge, seed=2):
    values = ndimage.gaussian_filter(
        np.random.default_rng(seed).normal(size=(edge,) * 3).astype(np.float32), 4
    )
    return np.tanh(values / values.std())


def in_memory(values):
    roi = Roi((0, 0, 0), VOXEL_SIZE * values.shape[-3:])
    return NumpyArray.from_np_array(
        values, roi, VOXEL_SIZE, list("czyx"[-values.ndim :])
    )


def stored(folder, values):
    identifier = LocalArrayIdentifier(folder / "prediction.zarr", "prediction")
    array = in_memory(values)
    target = ZarrArray.create_from_array_identifier(
        identifier,
        array.axes,
        array.roi,
        array.num_channels,
        VOXEL_SIZE,
        values.dtype,
        write_size=VOXEL_SIZE * 64,
        overwrite=True,
    )
    target[array.roi] = values
    return identifier


def measure(name, work, *, repeats=5, target=None, original=None):
    wall, processor = median([timed(work) for _ in range(repeats)])
    line = f"{name:44} {wall:9.4f} s   cpu {processor:9.4f} s"
    if target is not None:
        line += f"   {wall / target:5.2f} of the target {target:g} s"
    if original is not None:
        line += f"   {original / wall:6.1f}x the original's {original:.3g} s"
    print(line, flush=True)
    return wall


def sweep(processor, prediction):
    for parameters in processor.enumerate_parameters():
        processor.process_block(prediction, parameters)


def stored_sweep(processor, folder):
    for parameters in processor.enumerate_parameters():
        output = LocalArrayIdentifier(folder / "output.zarr", str(parameters))
        processor.process(parameters, output)


def bench_pointwise(folder, edge):
    prediction = to_uint8(smooth_noise(edge))[np.newaxis]
    scale = (edge / 128) ** 3
    processor = ThresholdPostProcessor()
    measure(
        "threshold, 3 values, in memory",
        lambda: sweep(processor, prediction),
        target=0.05 * scale,
        original=ORIGINAL["threshold"] * scale,
    )
    processor.set_prediction(stored(folder, prediction[0]))
    measure(
        "threshold, 3 values, zarr to zarr",
        lambda: stored_sweep(processor, folder),
        original=ORIGINAL["threshold"] * scale,
    )
    classes = np.random.default_rng(0).integers(0, 256, (6, edge, edge, edge))
    classes = classes.astype(np.uint8)
    measure("argmax, 6 classes", lambda: sweep(ArgmaxPostProcessor(), classes))
    measure(
        "connected components, 3 values",
        lambda: sweep(ConnectedComponentsPostProcessor(), prediction),
    )
    measure(
        "seeded watershed, 3 values",
        lambda: sweep(SeededWatershedPostProcessor(), prediction),
        repeats=1,
    )


def bench_watershed(folder, edge, with_original):
    affinities = predicted_affinities(cells(edge))
    scale = (edge / 128) ** 3
    processor = WatershedPostProcessor(OFFSETS)
    original = ORIGINAL["watershed"] * scale
    if with_original:
        original = measure(
            "watershed, 5 biases, one edge at a time",
            lambda: one_edge_at_a_time(affinities, processor.biases),
            repeats=1,
        )
    as_uint8 = to_uint8(affinities, sigmoid=True)
    for name, values in (("uint8", as_uint8), ("float32", affinities)):
        measure(
            f"watershed, 5 biases, 6 affinities, {name}",
            lambda values=values: sweep(processor, values),
            repeats=1,
            target=12 * scale,
            original=original,
        )
    processor.set_prediction(stored(folder, as_uint8))
    measure(
        "watershed, 5 biases, zarr to zarr, uint8",
        lambda: stored_sweep(processor, folder),
        repeats=1,
        target=12 * scale,
        original=original,
    )


def one_edge_at_a_time(affinities, biases):
    import mwatershed

    for bias in biases:
        labels = mwatershed.agglom(affinities.astype(np.float64) - bias, OFFSETS)
        np.bincount(labels.ravel().astype(np.int64), affinities.mean(axis=0).ravel())


def bench_evaluation(edge):
    noise = smooth_noise(2 * edge)
    truth, output = in_memory(noise > 0.6), in_memory(np.roll(noise, 3, 0) > 0.5)
    binary = BinarySegmentationEvaluator(200, 40, ["x"])
    measure(
        f"21 criteria, {2 * edge}^3",
        lambda: binary.evaluate_arrays(output, truth),
        repeats=3,
        target=5 * (edge / 128) ** 3,
    )
    labels = in_memory(cells(edge))
    other = in_memory(np.roll(labels.data, 2, 1) * 10**9)
    for name, evaluator in (
        ("VOI", InstanceEvaluator()),
        ("all instance scores", InstanceEvaluator(detailed=True)),
    ):
        measure(
            f"{name}, {edge}^3",
            lambda evaluator=evaluator: evaluator.evaluate_arrays(other, labels),
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("edge", nargs="?", type=int, default=128)
    parser.add_argument("--original", action="store_true")
    arguments = parser.parse_args()
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"volume {arguments.edge}^3, load of the machine {load}")
    with tempfile.TemporaryDirectory() as name:
        bench_pointwise(Path(name), arguments.edge)
        bench_watershed(Path(name), arguments.edge, arguments.original)
        bench_evaluation(arguments.edge)


if __name__ == "__main__":
    main()
