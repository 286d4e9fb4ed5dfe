"""Time random crops of stored volumes beside tensorstore, and opening a huge volume.

Crops of 64^3 voxels at the same random places are read from the same files by us and by
tensorstore, both with what they keep in memory already filled: tensorstore as it comes
(it looks whether files changed, as we do) and told not to look. The time without a
cache is what every crop would cost. The sparse volume has metadata but no chunk. Usage:
``python benchmarks/bench_arrays.py [edge length, default 512]``.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import tensorstore
import zarr

from napari_dacapo.arrays import ZarrArray, ZarrArrayConfig
from napari_dacapo.arrays._chunk_cache import shared_cache
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.geometry import Coordinate, Roi

CROP = 64
CROPS = 200
VOXEL_SIZE = Coordinate(40, 8, 4.6)
#: name, zarr format, chunk, shard
LAYOUTS = [
    ("v2, chunks of 64^3", 2, 64, None),
    ("v2, chunks of 32^3", 2, 32, None),
    ("v3, chunks of 64^3", 3, 64, None),
    ("v3, chunks of 32^3", 3, 32, None),
    ("v3, shards of 128^3 with chunks of 32^3", 3, 32, 128),
]
TARGET_RATIO = 3
SPARSE_EDGE, SPARSE_SECONDS, SPARSE_BYTES = 2048, 1, 300e6


def picture(edge, seed=0):
    """Return noise over smooth stripes, which compresses about as well as EM."""
    z, y, x = np.ogrid[:edge, :edge, :edge]
    stripes = 90 + 50 * np.sin(z / 7) + 40 * np.sin(y / 11 + x / 5)
    values = np.random.default_rng(seed).normal(0, 6, (edge,) * 3).astype(np.float32)
    return np.clip(values + stripes, 0, 255).astype(np.uint8)


def stored(folder, values, zarr_format, chunk, shard):
    """Write the volume, Blosc with zstd, and return its container."""
    container = folder / "volume.zarr"
    shutil.rmtree(container, ignore_errors=True)
    group = zarr.create_group(str(container), zarr_format=zarr_format)
    if zarr_format == 2:
        from numcodecs import Blosc

        compressors = Blosc(cname="zstd", clevel=5, shuffle=Blosc.BITSHUFFLE)
    else:
        compressors = zarr.codecs.BloscCodec(cname="zstd", clevel=5)
    array = group.create_array(
        "raw",
        shape=values.shape,
        chunks=(chunk,) * 3,
        shards=None if shard is None else (shard,) * 3,
        dtype=values.dtype,
        compressors=compressors,
        attributes={"resolution": VOXEL_SIZE.to_plain(), "offset": [400, 80, 46]},
    )
    array[:] = values
    return container


def opened_by_tensorstore(container, zarr_format, capacity, recheck):
    spec = {
        "driver": "zarr" if zarr_format == 2 else "zarr3",
        "kvstore": {"driver": "file", "path": f"{container}/raw"},
        "context": {"cache_pool": {"total_bytes_limit": capacity}},
        "recheck_cached_data": recheck,
    }
    return tensorstore.open(spec, open=True).result()


def median_ms(read, places):
    times = []
    for place in places:
        began = time.perf_counter()
        read(place)
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def bench_crops(folder, values, layout):
    name, zarr_format, chunk, shard = layout
    container = stored(folder, values, zarr_format, chunk, shard)
    corners = np.random.default_rng(1).integers(0, values.shape[0] - CROP, (CROPS, 3))
    array = ZarrArray(ZarrArrayConfig("raw", container, "raw"))
    begin = array.roi.begin
    rois = [Roi(begin + VOXEL_SIZE * c, VOXEL_SIZE * CROP) for c in corners.tolist()]
    boxes = [tuple(slice(n, n + CROP) for n in c) for c in corners.tolist()]
    for roi, box in zip(rois[:20], boxes[:20], strict=True):
        assert np.array_equal(array[roi], values[box])
    fresh = ZarrArray(ZarrArrayConfig("raw", container, "raw"))
    cache = shared_cache()
    capacity, cache.capacity = cache.capacity, 0
    uncached = median_ms(fresh.__getitem__, rois[:60])
    cache.capacity = capacity
    for roi in rois:
        _ = array[roi]
    ours = median_ms(array.__getitem__, rois)
    voxels = median_ms(array.data.__getitem__, boxes)
    line = f"{name:42} ours {ours:6.3f} ms (voxels alone {voxels:6.3f}"
    print(f"{line}, without cache {uncached:7.3f})", flush=True)
    for what, recheck in (("as it comes", True), ("never looking", "open")):
        peer = opened_by_tensorstore(container, zarr_format, capacity, recheck)
        for box in boxes:
            peer[box].read().result()
        theirs = median_ms(lambda box, peer=peer: peer[box].read().result(), boxes)
        print(
            f"    tensorstore {what:14} {theirs:6.3f} ms   ratio {ours / theirs:5.2f}"
            f" (target {TARGET_RATIO})",
            flush=True,
        )


def bench_sparse(folder):
    container = folder / "sparse.zarr"
    zarr.create_array(
        str(container),
        name="raw",
        shape=(SPARSE_EDGE,) * 3,
        chunks=(64,) * 3,
        dtype="uint8",
        attributes={"resolution": VOXEL_SIZE.to_plain()},
    )
    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    (info,) = list_arrays(container)
    array = ZarrArrayConfig("raw", container, info.path).create_array()
    seconds = time.perf_counter() - began
    grown = process.memory_info().rss - before
    middle = array.roi.begin + VOXEL_SIZE * (SPARSE_EDGE // 2)
    crop = median_ms(array.__getitem__, [Roi(middle, VOXEL_SIZE * CROP)] * 5)
    print(
        f"opening {SPARSE_EDGE}^3 without chunks: {seconds:.3f} s "
        f"({seconds / SPARSE_SECONDS:.2f} of the target), {grown / 1e6:.1f} MB more "
        f"({grown / SPARSE_BYTES:.2f} of the target); a crop {crop:.2f} ms"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("edge", nargs="?", type=int, default=512)
    edge = parser.parse_args().edge
    values = picture(edge)
    with tempfile.TemporaryDirectory() as folder:
        bench_sparse(Path(folder))
        for layout in LAYOUTS:
            bench_crops(Path(folder), values, layout)


if __name__ == "__main__":
    main()
