"""New data brought into the form that a run was trained on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from napari_dacapo.arrays import IntensitiesArrayConfig, ResampledArrayConfig
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.arrays.locations import (
    FOLDER_SUFFIXES,
    plain_name,
    split_location,
    to_location,
    writable_folder,
)
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_dacapo.arrays import Array, ArrayConfig
    from napari_dacapo.arrays.locations import Location
    from napari_dacapo.store import Project

    from .run import Run


def input_like_training(run: Run, config: ArrayConfig) -> Array:
    """Return the array of `config`, resampled and scaled as raw was in training.

    Raises
    ------
    DataError
        If its voxel size cannot be brought to that of the training exactly.
    """
    dataset = run.datasplit.train[0]
    config = resampled_to(config, dataset.raw.voxel_size)
    intensities = _find_intensities(run)
    if intensities is not None:
        config = IntensitiesArrayConfig(
            f"{config.name}_intensities", config, intensities.min, intensities.max
        )
    return config.create_array()


def resampled_to(
    config: ArrayConfig, voxel_size: Coordinate, interp_order: int = 1
) -> ArrayConfig:
    """Return `config`, wrapped so that the array has `voxel_size`.

    Raises
    ------
    DataError
        If the sizes are not whole multiples of each other, axis by axis.
    """
    found = config.create_array().voxel_size
    if found == voxel_size:
        return config
    if found.dims != voxel_size.dims:
        raise DataError(
            f"array {config.name!r} has {found.dims} spatial axes, {voxel_size.dims} "
            "are needed"
        )
    down, up = voxel_size / found, found / voxel_size
    if not all(
        isinstance(d, int) or isinstance(u, int) for d, u in zip(down, up, strict=True)
    ):
        raise DataError(
            f"array {config.name!r} has voxels of {found} nm, which cannot be brought "
            f"to {voxel_size} nm by whole factors; resample it outside first"
        )
    return ResampledArrayConfig(
        f"{config.name}_resampled",
        config,
        upsample=Coordinate(u if isinstance(u, int) else 1 for u in up),
        downsample=Coordinate(d if isinstance(d, int) else 1 for d in down),
        interp_order=interp_order,
    )


def _find_intensities(run: Run) -> IntensitiesArrayConfig | None:
    """Return the config that scaled raw values in training, if any."""
    datasets = getattr(run.config.datasplit_config, "train_configs", None) or []
    config = getattr(datasets[0], "raw_config", None) if datasets else None
    while config is not None:
        if isinstance(config, IntensitiesArrayConfig):
            return config
        config = getattr(config, "source_array_config", None)
    return None


def output_identifier(
    run_name: str,
    iteration: int,
    source: Location,
    output_path: Path | str | None,
    project: Project,
) -> LocalArrayIdentifier:
    """Return where the prediction of `source` goes."""
    found = split_location(source)
    stem = (plain_name(found[0]) if found else source.stem).removesuffix(".ome")
    if output_path is None:
        container = project.arrays.prediction_container(stem)
    else:
        container = writable_folder(to_location(output_path))
        if container.suffix not in FOLDER_SUFFIXES:
            container = container / f"{stem}.zarr"
    return LocalArrayIdentifier(container, f"prediction_{run_name}_{iteration}/s0")


def parse_roi(text: str, axes: Sequence[str] | None = None) -> Roi:
    """Return the box that ``"[z0:z1, y0:y1, x0:x1]"`` (nm) means.

    Parameters
    ----------
    text : str
        The box.
    axes : sequence of str, optional
        Spatial axes that it must have.

    Raises
    ------
    ConfigError
        If the text has another form, or another number of axes.
    """
    number = r"\s*(-?\d+(?:\.\d+)?)\s*"
    sides = text.strip().removeprefix("[").removesuffix("]").split(",")
    found = [re.fullmatch(f"{number}:{number}", side) for side in sides]
    if not all(found):
        raise ConfigError(
            f"roi: {text!r} is not of the form [z0:z1, y0:y1, x0:x1] (in nm)"
        )
    if axes is not None and len(sides) != len(axes):
        raise ConfigError(
            f"roi: {text!r} has {len(sides)} axes, the volume has {len(axes)}; give "
            f"one range for each of {', '.join(axes)} (in nm)"
        )
    begin = Coordinate(float(m[1]) for m in found if m)
    end = Coordinate(float(m[2]) for m in found if m)
    if any(e <= b for b, e in zip(begin, end, strict=True)):
        raise ConfigError(f"roi: {text!r} is empty; every end must exceed its begin")
    return Roi(begin, end - begin)
