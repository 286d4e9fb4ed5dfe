"""Do to a training what computers do, and tell what became of it.

A small run is killed (SIGKILL) at random moments, also inside the writing of
checkpoints and inside validations, and continued after each, until it ends; its
weights, losses, scores and bests must then be those of a run that was left alone, bit
for bit. Then checkpoints are cut and bits in them flipped at random, and a training
fills its disk.
Usage::

    python benchmarks/faults.py [--kills 20] [--damages 500] [--seed 0]
"""

import argparse
import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from napari_dacapo import events
from napari_dacapo.errors import DataError, RunError
from napari_dacapo.runs import train
from napari_dacapo.store import Project
from napari_dacapo.store.weights_store import read_checkpoint

SMALL_RUNS = str(Path(__file__).parents[1] / "tests" / "runs")
sys.path.insert(0, SMALL_RUNS)
SETTINGS = {"num_iterations": 320, "validation_interval": 8}

CHILD = """
import sys
sys.path.insert(0, {small_runs!r})
from pathlib import Path
import torch
from small_runs import small_run
from napari_dacapo.runs import train
save = torch.save
def told_save(*args):
    print("CheckpointBegun", flush=True)
    save(*args)
torch.save = told_save
for event in train(
    small_run(Path({data!r}), 2, name="killed", **{settings!r}),
    project={project!r}, device="cpu", threads=1,
):
    print(type(event).__name__, flush=True)
"""
#: after which event, which of its kind, and how many seconds at most later
MOMENTS = {
    "anywhere": ("RunStarted", 1, 2.0),
    "inside an iteration": ("IterationDone", 11, 0.02),
    "inside a checkpoint": ("CheckpointBegun", 1, 0.004),
    "inside a validation": ("ValidationStarted", 1, 0.1),
}


def kill_at(moment, folder, project, rng):
    """Train in a process of its own and kill it; return whether it still ran."""
    name, count, delay = MOMENTS[moment]
    code = CHILD.format(
        small_runs=SMALL_RUNS, data=str(folder), settings=SETTINGS, project=str(project)
    )
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True
    )
    seen = 0
    for line in child.stdout:
        seen += line.strip() == name
        if seen == count:
            time.sleep(rng.uniform(0, delay))
            break
    child.send_signal(signal.SIGKILL)
    child.stdout.close()
    return child.wait() == -signal.SIGKILL


def same(one, other):
    return one.keys() == other.keys() and all(
        torch.equal(one[key], other[key]) for key in one
    )


def kills(folder, number, rng):
    from small_runs import small_run

    project = Project.open(folder / "project")
    list(
        train(
            small_run(folder, 2, name="whole", **SETTINGS),
            project=project,
            device="cpu",
            threads=1,
        )
    )
    lost, before = 0, 0
    for index in range(number):
        moment = list(MOMENTS)[index % len(MOMENTS)]
        if not kill_at(moment, folder, project.folder, rng):
            sys.exit("the run ended before it was killed; raise num_iterations")
        trained = project.stats.retrieve_training_stats("killed").trained_until
        latest = project.weights.latest_iteration("killed") or 0
        for iteration in project.weights.iterations("killed"):
            project.weights.retrieve_weights("killed", iteration)  # verifies it
        lost = max(lost, trained - latest)
        print(f"  kill {index + 1:2} {moment:<22} checkpoint {latest:4}", flush=True)
        if latest < before:
            sys.exit(f"went back from checkpoint {before} to {latest}")
        before = latest
    found = list(train("killed", project=project, device="cpu", threads=1))
    warned = [e.message for e in found if isinstance(e, events.Warned)]
    end = SETTINGS["num_iterations"]
    one, other = (
        project.weights.retrieve_weights(name, end) for name in ("whole", "killed")
    )
    losses, rows = (
        [read(name) for name in ("whole", "killed")]
        for read in (
            lambda name: [
                (s.iteration, s.loss)
                for s in project.stats.retrieve_training_stats(name).iteration_stats
            ],
            lambda name: list(map(repr, project.stats.validation_rows(name))),
        )
    )
    checks = {
        "weights": same(one["model"], other["model"]),
        "losses": losses[0] == losses[1],
        "scores": rows[0] == rows[1],
        "bests": project.weights.best("whole") == project.weights.best("killed"),
        "nothing left over": not list(project.folder.rglob("*.tmp")),
        "no warning": not warned,
    }
    print(f"{number} kills; after them:", flush=True)
    for name, good in checks.items():
        print(f"  {name:<18} {'as without kills' if good else 'WRONG'}")
    print(f"  {'statistics beyond the checkpoint':<18} at most {lost} iterations")
    return all(checks.values()), project


def damages(project, number, rng):
    """Cut and flip a checkpoint at random; it must be refused, or read as it was."""
    source = project.run_folder("whole") / "checkpoints"
    path = max(source.glob("*.pt"))
    good, data = read_checkpoint(path)["model"], path.read_bytes()
    copy = project.folder / "damaged.pt"
    refused = equal = wrong = 0
    for index in range(number):
        broken = bytearray(data)
        if index % 4 == 0:
            del broken[rng.randrange(len(broken)) :]
        else:
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        copy.write_bytes(broken)
        try:
            intact = same(read_checkpoint(copy)["model"], good)
        except DataError:
            refused += 1
        else:
            equal, wrong = equal + intact, wrong + (not intact)
    copy.unlink()
    print(
        f"{number} damaged checkpoints: {refused} refused, {equal} unharmed, ", end=""
    )
    print(f"{wrong} WRONG" if wrong else "none read wrongly")
    return wrong == 0


@contextlib.contextmanager
def small_disk(folder):
    """Give a folder with little room: a tmpfs for root, else a limit on file sizes."""
    place = folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(place)]
    if os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0:
        try:
            yield place, "a disk of 600 kB"
        finally:
            subprocess.run(["umount", str(place)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        yield place, "files of at most 100 kB"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def full_disk(folder):
    """Train until the disk is full; then make room and continue."""
    from small_runs import small_run

    config = small_run(folder, 2, name="full", **SETTINGS)
    config.keep_every = 8
    config.datasplit_config.validate_configs = []
    with small_disk(folder) as (place, what):
        project = Project.open(place / "project")
        try:
            list(train(config, project=project, device="cpu", threads=1))
        except RunError as error:
            print(f"{what}: {str(error).replace(str(folder), '...')}")
        else:
            sys.exit("the disk was not full")
        kept = project.weights.iterations("full")
        for iteration in kept:
            project.weights.retrieve_weights("full", iteration)
        moved = shutil.copytree(project.folder, folder / "moved")
    list(train("full", project=moved, device="cpu", threads=1))
    ended = Project.open(moved).weights.latest_iteration("full")
    print(f"  {len(kept)} checkpoints intact; with more room it was trained to {ended}")
    return ended == SETTINGS["num_iterations"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--damages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good, project = kills(folder, options.kills, rng)
        good &= damages(project, options.damages, rng)
        good &= full_disk(folder)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
