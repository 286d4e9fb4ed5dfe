"""What importing the package, its configs and its forms must not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"torch", "zarr", "napari", "qtpy", "scipy", "skimage", "tensorstore"}


def loaded_after(statement):
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import napari_dacapo",
        "from napari_dacapo import RunConfig",
        "from napari_dacapo._registry import load_components; load_components()",
        "import napari_dacapo.store.conversion_hooks",
    ],
)
def test_configs_load_nothing_heavy(statement):
    assert not loaded_after(statement) & HEAVY


def test_the_engine_loads_neither_qt_nor_napari():
    statement = "from napari_dacapo import train, validate, predict, Run"
    assert not loaded_after(statement) & {"napari", "qtpy", "PyQt5", "PyQt6"}


def test_public_names_resolve_and_unknown_ones_say_so():
    import napari_dacapo

    for name in napari_dacapo.__all__:
        assert getattr(napari_dacapo, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = napari_dacapo.nonsense
