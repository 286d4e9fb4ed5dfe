"""Every registered config class through YAML, JSON and TOML, with made-up values."""

from __future__ import annotations

import contextlib
import json
import math
import random
import types
import typing
from enum import Enum
from fractions import Fraction
from pathlib import Path

import attrs
import pytest

from napari_dacapo import _registry
from napari_dacapo._registry import Registered, concrete_classes, lookup
from napari_dacapo.arrays import DummyArrayConfig
from napari_dacapo.arrays.locations import Url
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store.conversion_hooks import HIERARCHIES
from napari_dacapo.store.converter import dump_yaml, from_doc, load_yaml, to_doc
from napari_dacapo.store.toml_files import EmptyValueError, load_toml, save_toml

ROOTS = [lookup(name) for name in (*HIERARCHIES, "RunConfig")]
_registry.load_components()
CLASSES = sorted(
    {cls for root in ROOTS for cls in concrete_classes(root)}, key=lambda c: c.__name__
)

#: texts that file formats could take for something else
TEXTS = (
    "a",
    "",
    "no",
    "1e-4",
    "null",
    "0x1",
    "2020-01-01",
    "a: b # c",
    "ä\n b\t",
    "'\"",
)
NUMBERS = (0, 1, -7, 4.6, 0.5, 3.24, Fraction(1, 7))
SIMPLE = {
    str: lambda rng: "x" + rng.choice(TEXTS),
    bool: lambda rng: rng.random() < 0.5,
    types.NoneType: lambda rng: None,
    Path: lambda rng: Path(rng.choice(["a.zarr", "/data/b c.zarr", "../ä.n5"])),
    Url: lambda rng: Url("https", "example.org/a.zarr"),
    Coordinate: lambda rng: Coordinate(rng.choices(NUMBERS, k=3)),
    Roi: lambda rng: Roi(rng.choices(NUMBERS, k=3), rng.choices((0, 1, 4.6), k=3)),
}


def _value(rng, kind, metadata=None, depth=0):
    """Return a value of a type, within the limits of its field."""
    metadata = metadata or {}
    if metadata.get("choices"):
        return rng.choice(metadata["choices"])
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _value(rng, rng.choice(inside), metadata, depth)
    if origin is list:
        return [_value(rng, inside[0], None, depth) for _ in range(rng.randint(0, 2))]
    if origin is dict:
        return {
            key: _value(rng, inside[1], None, depth) for key in rng.sample("abc", 2)
        }
    if origin is tuple:
        parts = inside[:1] * 2 if inside[-1] is Ellipsis else inside
        found = [_value(rng, part, metadata, depth) for part in parts]
        # pairs of numbers are ranges
        return tuple(sorted(found) if parts in ((int, int), (float, float)) else found)
    if kind in (int, float):
        low = metadata.get("minimum")
        low, high = 0 if low is None else low, metadata.get("maximum")
        found = rng.uniform(low, low + 9 if high is None else high)
        return math.ceil(found) if kind is int else found
    if issubclass(kind, Enum):
        return rng.choice(list(kind))
    if issubclass(kind, Registered):
        is_deep = depth > 1 and issubclass(kind, lookup("ArrayConfig"))
        classes = [DummyArrayConfig] if is_deep else concrete_classes(kind) or [kind]
        return _object(rng, rng.choice(classes), depth + 1)
    return SIMPLE[kind](rng)


def _object(rng, cls, depth=0):
    """Return an object of `cls`; values that do not fit the others are tried again."""
    fields = [f for f in attrs.fields(attrs.resolve_types(cls)) if f.init]
    for _ in range(500):
        used = [f for f in fields if f.default is attrs.NOTHING or rng.random() < 0.5]
        try:
            return cls(
                **{f.alias: _value(rng, f.type, f.metadata, depth) for f in used}
            )
        except ConfigError:
            continue
    raise AssertionError(f"no values fit {cls.__name__}")


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_round_trips(cls, tmp_path):
    root = next(root for root in ROOTS if issubclass(cls, root))
    rng = random.Random(cls.__name__)
    path = tmp_path / "config"
    for _ in range(5):
        config = _object(rng, cls)
        doc = to_doc(config)
        assert _same(from_doc(json.loads(json.dumps(doc)), root), config)
        path.write_text(dump_yaml(config), encoding="utf-8")
        assert _same(load_yaml(path, root), config)
        # TOML has no empty values: what it cannot say is refused, never lost
        with contextlib.suppress(EmptyValueError):
            save_toml(config, path)
            assert _same(load_toml(path, root), config)


def _same(found, config):
    # scores that are not known are NaN, which equals nothing
    return found == config or (
        type(found) is type(config) and repr(to_doc(found)) == repr(to_doc(config))
    )
