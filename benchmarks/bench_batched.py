"""Compare augments sample by sample with the same for a whole batch at once.

Grey values (gamma, contrast, noise) of 64^3 voxels and an elastic deformation of 80^3,
8 samples, one thread, processor time. The deformation of a batch is torch's
``grid_sample``; ours is that of the elastic augment. Usage::

    python benchmarks/bench_batched.py [--device cpu]
"""

import argparse
import statistics
import time

import torch

from napari_dacapo.geometry import Roi
from napari_dacapo.trainers.augments._deformation import Resampling

SAMPLES, EDGE, SOURCE = 8, 80, (90, 112, 112)
ALL = (-4, -3, -2, -1)


def change_grey(raw):
    low, high = raw.amin(ALL, keepdim=True), raw.amax(ALL, keepdim=True)
    raw = (raw - low).div_(high - low).pow_(1.3).mul_(high - low).add_(low)
    raw = (raw - raw.mean(ALL, keepdim=True)).mul_(1.1).add_(0.5)
    return torch.randn_like(raw).mul_(0.05).add_(raw).clamp_(0, 1)


def positions():
    """Return where an 80^3 box is taken from, turned and waved, in voxels."""
    z, y, x = torch.meshgrid(*[torch.arange(float(EDGE))] * 3, indexing="ij")
    y, x = y - EDGE / 2, x - EDGE / 2
    wave = 0.3 * torch.sin(x / 9)
    return [z + 3 + wave, 0.8 * y - 0.6 * x + 56, 0.6 * y + 0.8 * x + 56.2]


def seconds(work, device):
    begin = time.thread_time(), time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter() - begin[1]
    return time.thread_time() - begin[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    device = torch.device(parser.parse_args().device)
    torch.set_num_threads(1)
    raws = [torch.rand(1, 64, 64, 64, device=device) for _ in range(SAMPLES)]
    batch = torch.stack(raws)
    places = positions()
    image = torch.rand(1, *SOURCE)
    ours = Resampling(Roi((0, 0, 0), SOURCE), places)
    grid = [2 * p / (n - 1) - 1 for p, n in zip(places, SOURCE, strict=True)]
    grid = torch.stack([torch.stack(grid[::-1], -1)] * SAMPLES).to(device)
    images = torch.stack([image] * SAMPLES).to(device)
    works = {
        "grey values, one by one": lambda: [change_grey(raw) for raw in raws],
        "grey values, batched": lambda: change_grey(batch),
        "deformation, one by one (ours, CPU)": lambda: [
            ours.linear(image) for _ in range(SAMPLES)
        ],
        "deformation, batched": lambda: torch.nn.functional.grid_sample(
            images, grid, align_corners=True
        ),
    }
    rounds = [[seconds(work, device) for work in works.values()] for _ in range(9)]
    print(f"milliseconds per sample on {device}, medians of 9 rounds in turns")
    for name, found in zip(works, zip(*rounds, strict=True), strict=True):
        print(f"  {name:<36} {1000 * statistics.median(found) / SAMPLES:6.2f}")


if __name__ == "__main__":
    main()
