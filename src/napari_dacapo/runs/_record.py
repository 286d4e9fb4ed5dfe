"""The frozen record of a run: config, seed, versions and fingerprints of the data."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store.converter import to_doc

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.store import Project

    from .run import Run

SCHEMA_VERSION = 1
PACKAGES = ("napari-dacapo", "torch", "numpy", "scipy", "zarr")
#: edge of the box in the middle of an array that its fingerprint covers, in voxels
FINGERPRINT_EDGE = 32


def write_record(
    run: Run, project: Project, parent: dict[str, Any] | None = None
) -> None:
    """Write ``run.yaml`` when a run begins; a continued run keeps its record.

    `parent` says whose weights it began with: ``kind`` ("fork" or "start"), ``run``,
    and ``iteration`` and ``changed`` fields, or ``criterion`` and what was ``loaded``.
    """
    if project.read_run_record(run.name) is not None:
        return
    project.write_run_record(
        run.name,
        {
            "schema_version": SCHEMA_VERSION,
            "seed": run.seed,
            **({} if parent is None else {"parent": parent}),
            "versions": _versions(),
            "data": _fingerprints(run),
            "config": to_doc(run.config),
        },
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _fingerprints(run: Run) -> dict[str, dict[str, Any]]:
    datasets = [*run.datasplit.train, *run.datasplit.validate]
    return {
        dataset.name: {
            kind: fingerprint(array)
            for kind, array in (("raw", dataset.raw), ("gt", dataset.gt))
            if array is not None
        }
        for dataset in datasets
    }


def fingerprint(array: Array) -> dict[str, Any]:
    """Return what tells this array from others: place, type, hash of its middle."""
    edge = Coordinate(min(n, FINGERPRINT_EDGE) for n in array.shape)
    corner = (Coordinate(array.shape) - edge).floor_division(2)
    box = Roi(array.roi.offset + corner * array.voxel_size, edge * array.voxel_size)
    digest = hashlib.sha256(np.ascontiguousarray(array[box]).tobytes()).hexdigest()
    return {
        "roi": array.roi.to_plain(),
        "voxel_size": array.voxel_size.to_plain(),
        "dtype": str(array.dtype),
        "sha256_of_middle": digest,
    }
