"""Time what is computed for every training sample: targets and weights.

Prints, per case, the median time and, as other work on the machine slows that down, the
processor time of the thread; `pause` is the longest time for which another thread could
not run. Usage: ``python benchmarks/bench_targets.py``.
"""

import statistics
import threading
import time

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_dacapo.tasks._affinities import affinities
from napari_dacapo.tasks._balancing import balance_classes
from napari_dacapo.tasks._distances import distances_to_outside, signed_distances
from napari_dacapo.tasks._local_shape_descriptors import local_shape_descriptors

REPEATS = 7


def smooth_objects(shape, smoothness, seed=0):
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, smoothness)
    return smooth > np.quantile(smooth, 0.7)


def cells(shape, number, seed=0):
    """Return a volume divided among `number` cells with background between them."""
    centres = np.random.default_rng(seed).uniform(0, shape, (number, len(shape)))
    voxels = np.stack(np.indices(shape), axis=-1)
    distances, nearest = cKDTree(centres).query(voxels, k=2)
    labels = nearest[..., 0].astype(np.uint64) * np.uint64(10**9) + np.uint64(1)
    labels[distances[..., 1] - distances[..., 0] < 1.5] = 0
    return labels


def refined_distances(inside):
    """The textbook way: a transform on a grid refined twice."""
    import edt

    faces = np.zeros([2 * n - 1 for n in inside.shape], np.uint8)
    for axis in range(inside.ndim):
        between = [slice(None, None, 2)] * inside.ndim
        between[axis] = slice(1, None, 2)
        faces[tuple(between)] = np.diff(inside.view(np.int8), axis=axis) != 0
    distances = edt.edt(1 - faces, anisotropy=(4.0,) * inside.ndim, parallel=1)
    return distances[(slice(None, None, 2),) * inside.ndim]


def longest_pause(work):
    pauses, stop = [], threading.Event()

    def watch():
        before = time.perf_counter()
        while not stop.is_set():
            time.sleep(0.0005)
            now = time.perf_counter()
            pauses.append(now - before)
            before = now

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    stop.set()
    watcher.join()
    return max(pauses)


def report(name, work):
    work()
    walls, cpus = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.thread_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.thread_time() - cpu)
    times = (statistics.median(walls), statistics.median(cpus), longest_pause(work))
    print(f"{name:<58}", *(f"{1000 * t:9.2f}" for t in times))


def main():
    print(f"{'milliseconds':<58}", *(f"{t:>9}" for t in ("time", "cpu", "pause")))
    for shape in ((128, 128), (64, 64, 64)):
        size = "x".join(map(str, shape))
        edges = (8.0,) * len(shape)
        for smoothness in (2, 6):
            inside = smooth_objects(shape, smoothness)
            text = f"signed distance {size}, objects of smoothness {smoothness}"
            report(text, lambda x=inside, v=edges: signed_distances(x, v))
            text = f"  the same up to 10 voxels, {size}"
            report(text, lambda x=inside, v=edges: signed_distances(x, v, 80))
        report(f"  by a refined grid {size}", lambda x=inside: refined_distances(x))
        known = np.ones(shape, bool)
        text = f"distance to the border of the crop {size}"
        report(text, lambda x=known, v=edges: distances_to_outside(x, v, 80))
        text = f"distance to the border of a mask {size}"
        report(text, lambda x=inside, v=edges: distances_to_outside(x, v, 80))
    channels = smooth_objects((3, 64, 64, 64), 2)
    used = np.ones((1, 64, 64, 64), np.uint8)
    report("class balance 3 x 64^3", lambda: balance_classes(channels, used))
    labels = cells((96, 96, 96), 60)
    whole = (slice(0, 96),) * 3
    offsets = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (9, 0, 0), (0, 9, 0), (0, 0, 9)]
    report("6 affinities 96^3, 60 objects", lambda: affinities(labels, offsets, whole))
    report(
        "local shape descriptors 96^3, 60 objects",
        lambda: local_shape_descriptors(labels, (8, 8, 8), 160, whole),
    )
    surroundings = cells((184, 184, 184), 300)
    middle = (slice(60, 124),) * 3
    report(
        "local shape descriptors 64^3 with its context, 300 objects",
        lambda: local_shape_descriptors(surroundings, (8, 8, 8), 160, middle),
    )


if __name__ == "__main__":
    main()
