"""Example objects of every registered config class."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import attrs

import golden_data
from napari_dacapo._registry import _CLASSES, Registered, load_components
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui.forms._annotations import (
    config_classes,
    form_fields,
    is_union,
    split_optional,
)

_PLAIN = {
    str: "text",
    int: 3,
    float: 0.3,
    bool: True,
    Path: Path("data/x.zarr"),
    Coordinate: Coordinate(40, 8.25, 8.25),
    Roi: Roi((0, -4.6, 8), (40, 46, 80)),
    Any: {"a": [1, 2]},
}


#: hierarchies whose golden cases are configs
ROOTS = {
    "TaskConfig",
    "ArchitectureConfig",
    "TrainerConfig",
    "ArrayConfig",
    "DatasetConfig",
    "DataSplitConfig",
    "StartConfig",
    "RunConfig",
    "EvaluationScores",
    "PostProcessorParameters",
}


def all_classes() -> list[type]:
    load_components()
    roots = [c for c in _CLASSES.values() if Registered in c.__bases__]
    found = {c for root in roots for c in config_classes(root)}
    ours = (c for c in found if c.__module__.startswith("napari_dacapo."))
    return sorted(ours, key=lambda cls: cls.__name__)


def golden_cases() -> list[dict[str, Any]]:
    """Return the golden cases that describe an object with a form."""
    doc, _ = golden_data.load("configs")
    return [
        case
        for case in doc["cases"]
        if case["kind"] == "config" and case["root"] in ROOTS
    ]


def invent(cls: type, depth: int = 0) -> Any:
    """Return an object of `cls` that differs from its defaults where it can."""
    values = {}
    for field in form_fields(cls):
        if field.required or depth == 0:
            values[field.alias] = _value(field.annotation, field.metadata, depth)
    return cls(**values)


def _value(annotation: Any, metadata: dict[str, Any], depth: int) -> Any:
    annotation, _ = split_optional(annotation)
    if metadata.get("choices"):
        return metadata["choices"][-1]
    if is_union(annotation):
        return _value(get_args(annotation)[0], metadata, depth)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments[-1]
    if origin is dict:
        key, value = (_value(a, {}, depth + 1) for a in arguments)
        return {key: value}
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(_value(a, {}, depth + 1) for a in arguments)
    if origin is not None:
        return origin([_value(arguments[0], {}, depth + 1)] * 2)
    if attrs.has(annotation):
        classes = [cls for cls in config_classes(annotation) if _is_simple(cls)]
        return invent(classes[0], depth + 1)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)[-1]
    low = metadata.get("minimum")
    return _PLAIN[annotation] if low is None else type(_PLAIN[annotation])(low + 1)


def _is_simple(cls: type) -> bool:
    """Whether `cls` needs no other config."""
    return not any(f.required and _has_config(f.annotation) for f in form_fields(cls))


def _has_config(annotation: Any) -> bool:
    return attrs.has(annotation) or any(map(_has_config, get_args(annotation)))
