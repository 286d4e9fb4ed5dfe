"""Print what the time of a training iteration goes to, of a whole run.

Trains a run as the command line does, with every augment, all events and a checkpoint
every 10 iterations, without validation. "data" is the wait for a batch; loading itself
goes on beside the other parts. Usage::

    python benchmarks/bench_iteration.py [--iterations 20] [--fmaps 12]
"""

import argparse
import tempfile
from pathlib import Path

from bench_training import VOXEL_SIZE, Volume, every_augment

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray, ZarrArrayConfig
from napari_dacapo.cli._spent import SpentTime
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.events import IterationDone
from napari_dacapo.geometry import Coordinate
from napari_dacapo.runs import RunConfig, train
from napari_dacapo.tasks import DistanceTaskConfig
from napari_dacapo.trainers import GunpowderTrainerConfig


def store(folder):
    """Write the volume of the other benchmarks; return its config."""
    volume, configs = Volume(), []
    for name in ("raw", "gt"):
        source = getattr(volume, name)
        array = ZarrArray.create_from_array_identifier(
            LocalArrayIdentifier(folder / "volume.zarr", name),
            source.axes,
            source.roi,
            None,
            Coordinate(VOXEL_SIZE),
            source.dtype,
        )
        array[source.roi] = source[source.roi]
        configs.append(ZarrArrayConfig(name, folder / "volume.zarr", name, mode="r"))
    raw, gt = configs
    return RawGTDatasetConfig("volume", raw_config=raw, gt_config=gt)


def create_run(folder, iterations, fmaps):
    return RunConfig(
        task_config=DistanceTaskConfig("task", ["object"], 50, 10, scale_factor=40),
        architecture_config=CNNectomeUNetConfig(
            "net",
            input_shape=(64, 64, 64),
            fmaps_out=fmaps,
            fmaps_in=1,
            num_fmaps=fmaps,
            fmap_inc_factor=3,
            downsample_factors=[(2, 2, 2), (2, 2, 2)],
        ),
        trainer_config=GunpowderTrainerConfig(
            "trainer", 2, 1e-4, num_data_fetchers=5, augments=every_augment()
        ),
        datasplit_config=TrainValidateDataSplitConfig("split", [store(folder)], []),
        name="timed",
        num_iterations=iterations,
        keep_every=10,
    )


def spent_time(iterations, fmaps):
    """Train and return what the time of all iterations but the first went to."""
    found = SpentTime()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run = create_run(folder, iterations + 1, fmaps)
        for event in train(
            run, project=folder / "project", device="cpu", threads=1, check=False
        ):
            if isinstance(event, IterationDone) and event.iteration:
                found.add(event.spent)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--fmaps", type=int, default=12)
    options = parser.parse_args()
    found = spent_time(options.iterations, options.fmaps)
    print(f"{'an iteration with every augment':<38} {'ms':>8} {'share':>7}")
    for name, share in found.shares:
        total = sum(found.seconds.values()) / options.iterations
        print(f"  {name:<36} {1000 * share * total:>8.1f} {share:>7.1%}")


if __name__ == "__main__":
    main()
