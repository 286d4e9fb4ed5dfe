"""Config fields that several tasks share, and the checks that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._config import config_field

if TYPE_CHECKING:
    from collections.abc import Iterator


#: help text of the `channels` of a task with one channel per class
CHANNELS_HELP = (
    "Name of each kind of object to find, such as mito or er: one per channel of the "
    "ground truth, in the same order."
)


def to_names(value: Any) -> list[str]:
    """Return one name or several as a list."""
    return [value] if isinstance(value, str) else [str(name) for name in value]


def to_optional_numbers(values: Any) -> list[float] | None:
    """Return numbers as a list of floats; `None` stays."""
    return None if values is None else [float(value) for value in values]


def clip_distance_field(default: Any = attrs.NOTHING) -> Any:
    """Declare the `clip_distance` field of the binary scores."""
    return config_field(
        "For scores only: a wrong voxel counts as at most this far from the right "
        "object, so that a few gross errors do not hide everything else.",
        default=default,
        unit="nm",
        minimum=0,
        exclusive_minimum=True,
        advanced=default is not attrs.NOTHING,
    )


def tol_distance_field(default: Any = attrs.NOTHING) -> Any:
    """Declare the `tol_distance` field of the binary scores."""
    return config_field(
        "For scores only: a wrong voxel this near to the right object is forgiven by "
        "the criteria 'with tolerance'. About the uncertainty of your annotations.",
        default=default,
        unit="nm",
        minimum=0,
        advanced=default is not attrs.NOTHING,
    )


def scale_factor_field() -> Any:
    """Declare the `scale_factor` field of targets that are squashed distances."""
    return config_field(
        "Distance from the boundary at which the target levels off: it is "
        "tanh(distance / scale factor). A few voxels, or about the radius of your "
        "objects, is a good start.",
        default=1,
        unit="nm",
        minimum=0,
        exclusive_minimum=True,
    )


def mask_distances_field(*, default: bool) -> Any:
    """Declare the `mask_distances` field."""
    return config_field(
        "Leave out voxels whose distance to the boundary cannot be known, because the "
        "edge of the annotated region is nearer. Needs annotations some way beyond the "
        "crops (the scale factor), and objects that are not larger than the crops.",
        default=default,
    )


def clipmin_field(of: str = "") -> Any:
    """Declare the lower bound for class fractions `of` some channels."""
    return config_field(
        f"Rare classes count more in the loss{of}, but none more than if this fraction "
        "of the voxels belonged to it.",
        default=0.05,
        minimum=0,
        maximum=1,
        exclusive_minimum=True,
        step=0.01,
        advanced=True,
        group="Class balance",
    )


def clipmax_field(of: str = "") -> Any:
    """Declare the upper bound for class fractions `of` some channels."""
    return config_field(
        f"Frequent classes count less in the loss{of}, but none less than if this "
        "fraction of the voxels belonged to it.",
        default=0.95,
        minimum=0,
        maximum=1,
        exclusive_minimum=True,
        step=0.01,
        advanced=True,
        group="Class balance",
    )


def kernel_size_field() -> Any:
    """Declare the kernel size of the prediction head."""
    return config_field(
        "Edge length of the last convolution. 1 keeps the output as large as the "
        "network says; 3 makes it 2 voxels smaller along each axis and is needed only "
        "to go on with checkpoints from DaCapo.",
        default=1,
        unit="voxels",
        minimum=1,
        advanced=True,
    )


def iter_name_complaints(field: str, names: list[str]) -> Iterator[str]:
    """Yield what is wrong with a list of channel or class names."""
    if not names:
        yield f"{field}: the list is empty; give at least one name"
    for name in names:
        if not str(name).strip():
            yield f"{field}: {name!r} is no name; give each one a short text"
    doubled = sorted({str(name) for name in names if names.count(name) > 1})
    if doubled:
        yield (
            f"{field}: {', '.join(doubled)} occurs more than once; every name must be "
            "different"
        )


def iter_sweep_complaints(
    field: str, values: list[float], lowest: float, highest: float
) -> Iterator[str]:
    """Yield what is wrong with the values of a parameter that validation tries."""
    if not values:
        yield f"{field}: the list is empty; give at least one value"
    for value in values:
        if not lowest <= value <= highest:
            yield (
                f"{field}: {value:g} is out of range; it must be at least {lowest:g} "
                f"and at most {highest:g}"
            )
    if len(set(values)) < len(values):
        yield f"{field}: a value occurs more than once; every one must be different"


def iter_clip_complaints(
    config: Any, minimum_field: str, maximum_field: str
) -> Iterator[str]:
    """Yield what is wrong with a pair of bounds of `config`."""
    low, high = getattr(config, minimum_field), getattr(config, maximum_field)
    if low >= high:
        yield f"{minimum_field}: {low} must be less than {maximum_field} ({high})"


def iter_kernel_complaints(field: str, kernel_size: int) -> Iterator[str]:
    """Yield what is wrong with the kernel size of a prediction head."""
    if kernel_size % 2 == 0:
        yield (
            f"{field}: {kernel_size} is even, which would shift the output by half a "
            "voxel; use 1 or 3"
        )
