"""Measure what docs/design.md promises about speed, as one table.

Each line gives the median wall and processor time, a peer or bound that ran in turns
with it and how many times as long that took (a value of 1 is the speed of the peer; the
two columns are by wall and by processor time), the target, and whether it is met. Other
work on the machine lengthens the wall time: "cpu" in the last column means that the
target is met in processor time only. The exit code is always 0. Usage::

    python benchmarks/run_all.py [--only watershed training ...] [--repeats 3]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import bench_postprocess as post
import bench_targets as targets
import bench_training as training
import edt
import mwatershed
import numpy as np
import torch
from _timing import Timing, in_turns, median, timed
from bench_iteration import spent_time
from skimage import metrics

from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.arrays.normalization import normalized
from napari_dacapo.runs import RunControl
from napari_dacapo.runs._inference import BlockPredictor
from napari_dacapo.tasks._local_shape_descriptors import local_shape_descriptors
from napari_dacapo.tasks.evaluators import (
    BinarySegmentationEvaluator,
    InstanceEvaluator,
)
from napari_dacapo.tasks.post_processors import (
    ThresholdPostProcessor,
    WatershedPostProcessor,
)
from napari_dacapo.tasks.post_processors.storage import to_uint8
from napari_dacapo.trainers._batches import BatchMaker
from napari_dacapo.trainers._samples import create_sample_maker

EDGE = 128


class Line(NamedTuple):
    """A line of the table; `least` is a ratio, `most` are seconds."""

    name: str
    ours: Timing
    peer: str = ""
    ratio: Timing | None = None
    least: float | None = None
    most: float | None = None

    @property
    def verdict(self):
        if self.least is None and self.most is None:
            return ""
        met = [
            (self.most is None or seconds <= self.most)
            and (self.least is None or ratio >= self.least)
            for seconds, ratio in zip(self.ours, self.ratio or self.ours, strict=True)
        ]
        return "yes" if met[0] else "cpu" if met[1] else "no"

    @property
    def target(self):
        parts = [f">= {self.least:g} x" if self.least else ""]
        parts += [f"<= {self.most:g} s" if self.most else ""]
        return " ".join(filter(None, parts))

    def __str__(self):
        ratio = "" if self.ratio is None else "{:8.2f} {:8.2f}".format(*self.ratio)
        return (
            f"{self.name:<34} {self.ours.wall:9.4f} {self.ours.cpu:9.4f}  "
            f"{self.peer:<30} {ratio:17}  {self.target:<16} {self.verdict}"
        )


def against(name, ours, peer_name, peer, repeats, **target):
    one, _, ratio = in_turns(ours, peer, repeats)
    return Line(name, one, peer_name, ratio, **target)


def threshold(repeats):
    prediction = to_uint8(post.smooth_noise(EDGE))[np.newaxis]
    processor = ThresholdPostProcessor()

    def bare():
        for value in processor.thresholds:
            np.greater(prediction, value)

    ours = lambda: post.sweep(processor, prediction)  # noqa: E731
    yield against(
        "threshold sweep, 3 x 128^3", ours, "numpy", bare, 5 * repeats, most=0.05
    )


def watershed(repeats):
    affinities = to_uint8(post.predicted_affinities(post.cells(EDGE)), sigmoid=True)
    processor = WatershedPostProcessor(post.OFFSETS)
    weights = affinities.astype(np.float64) / 255

    def peer():
        for bias in processor.biases:
            mwatershed.agglom(weights - bias, post.OFFSETS)

    ours = lambda: post.sweep(processor, affinities)  # noqa: E731
    yield against(
        "watershed sweep, 5 x 6 x 128^3", ours, "mwatershed", peer, repeats, most=12
    )


def evaluation(repeats):
    noise = post.smooth_noise(2 * EDGE)
    truth, output = noise > 0.6, np.roll(noise, 3, 0) > 0.5
    arrays = [post.in_memory(values) for values in (output, truth)]
    evaluator = BinarySegmentationEvaluator(200, 40, ["x"])

    def transforms():
        for values in (truth, output):
            edt.edt(~values, anisotropy=(40, 8, 8), parallel=1)

    yield against(
        "21 criteria, 256^3",
        lambda: evaluator.evaluate_arrays(*arrays),
        "two distance transforms",
        transforms,
        repeats,
        most=5,
    )
    labels = post.cells(EDGE)
    shifted = np.roll(labels, 2, 1)
    pair = [post.in_memory(values) for values in (shifted, labels)]
    instances = InstanceEvaluator(detailed=True)

    def skimage():
        metrics.variation_of_information(labels, shifted)
        metrics.adapted_rand_error(labels, shifted)

    ours = lambda: instances.evaluate_arrays(*pair)  # noqa: E731
    yield against(
        "instance scores, 128^3", ours, "skimage: VOI, Rand only", skimage, repeats
    )


def descriptors(repeats):
    labels, whole = targets.cells((96,) * 3, 60), (slice(0, 96),) * 3
    work = lambda: local_shape_descriptors(labels, (8, 8, 8), 160, whole)  # noqa: E731
    work()
    timings = [timed(work) for _ in range(3 * repeats)]
    yield Line("shape descriptors, 96^3, 60 obj.", median(timings), most=0.25)


def samples(repeats):
    task = training.create_task()
    model = training.create_model(task, 4, padding="same")
    maker = create_sample_maker(
        [training.Volume()],
        model,
        task.predictor,
        augments=[config.node() for config in training.every_augment()],
        warn=print,
    )
    numbers = iter(range(10**6))
    batches = BatchMaker(lambda: maker.make(next(numbers)), task.predictor, 1)
    batches.make(0)
    timings = [timed(lambda: batches.make(next(numbers))) for _ in range(10 * repeats)]
    yield Line("sample of 64^3, every augment", median(timings), most=0.06)


def train(repeats, iterations=8):
    for name, augments, least in (
        ("without elastic", training.cheap_augments(), 0.95),
        ("every augment", training.every_augment(), 0.9),
    ):
        trained = training.Training(augments, 12, workers=5)
        rounds = [
            (trained.bare_seconds(iterations), trained.seconds(iterations)[:2])
            for _ in range(repeats)
        ]
        ratios = [Timing(bare[0] / our[0], bare[1] / our[1]) for bare, our in rounds]
        yield Line(
            f"training iteration, {name}",
            median([our for _, our in rounds]),
            "bare network (thread's cpu)",
            median(ratios),
            least=least,
        )


def iteration(repeats):
    """Yield what the time of an iteration goes to, as the command line tells it."""
    yield f"  an iteration: {spent_time(10 * repeats, fmaps=12)}"


def prediction(repeats):
    task = training.create_task()
    model = training.create_model(task, 4, padding="same").eval()
    raw = normalized(training.Volume(128).raw)
    predictor = BlockPredictor(model, raw, training.CPU, raw.roi)
    shape = predictor.geometry.input_size // raw.voxel_size
    blocks = -(-raw.roi.shape // (predictor.block_shape * raw.voxel_size))
    count = int(np.prod([int(number) for number in blocks]))
    block = torch.rand(1, 1, *shape)

    def bare():
        with torch.inference_mode():
            for _ in range(count):
                model(block)

    with tempfile.TemporaryDirectory() as folder:
        place = LocalArrayIdentifier(Path(folder) / "prediction.zarr", "prediction/s0")

        def ours():
            output = predictor.create_output(place, "uint8")
            for _ in predictor.run(output, RunControl()):
                pass

        yield against(
            f"prediction, 128^3 in {count} blocks",
            ours,
            "bare network",
            bare,
            repeats,
            least=0.9,
        )


def imports(repeats):
    def run(code):
        before = os.times()
        subprocess.run([sys.executable, "-c", code], check=True)
        after = os.times()
        cpu = sum(after[2:4]) - sum(before[2:4])  # of child processes
        return Timing(after.elapsed - before.elapsed, cpu)

    timings = []
    for _ in range(3 * repeats):
        ours, bare = run("import napari_dacapo"), run("pass")
        timings.append(Timing(ours.wall - bare.wall, ours.cpu - bare.cpu))
    yield Line(
        "import napari_dacapo", median(timings), "less the start of Python", most=0.15
    )


PARTS: dict[str, Any] = {
    "import": imports,
    "threshold": threshold,
    "watershed": watershed,
    "evaluation": evaluation,
    "descriptors": descriptors,
    "samples": samples,
    "training": train,
    "iteration": iteration,
    "prediction": prediction,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, medians of {options.repeats} or more")
    print(
        f"{'':<34} {'wall s':>9} {'cpu s':>9}  {'peer or bound':<30} "
        f"{'x wall':>8} {'x cpu':>8}  {'target':<16} met?"
    )
    for part in options.only:
        for line in PARTS[part](options.repeats):
            print(line, flush=True)


if __name__ == "__main__":
    main()
