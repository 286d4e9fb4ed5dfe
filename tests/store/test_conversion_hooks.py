from __future__ import annotations

import subprocess
import sys

import pytest

from napari_dacapo.store import conversion_hooks
from napari_dacapo.store.conversion_hooks import PUBLIC_NAMES, cls_fun


@pytest.mark.parametrize("name", sorted(PUBLIC_NAMES))
def test_every_public_name_is_found(name):
    found = getattr(conversion_hooks, name)
    assert isinstance(found, type)
    assert found.__name__ == name
    assert cls_fun(name) is found
    assert name in conversion_hooks.__all__
    assert name in dir(conversion_hooks)


def test_there_are_103_names():
    assert len(PUBLIC_NAMES) == 100
    assert len(conversion_hooks.__all__) == 103


def test_one_class_has_two_import_paths():
    from napari_dacapo import trainers

    assert trainers.augments.AugmentConfig is conversion_hooks.AugmentConfig


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = conversion_hooks.Nothing


def test_our_own_classes_are_found_too():
    from napari_dacapo.runs import RunConfig

    assert cls_fun("RunConfig") is RunConfig


@pytest.mark.parametrize(
    "typ",
    [
        "__import__('os').system('touch pwned')",
        "exec",
        "PUBLIC_NAMES",
        "__builtins__",
        "lookup",
        "ArrayConfig()",
        "ArrayConfig\n",
        "",
        None,
        ["ArrayConfig"],
        b"ArrayConfig",
    ],
)
def test_nothing_is_evaluated(typ, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NameError, match="no config class is named"):
        cls_fun(typ)
    assert not list(tmp_path.iterdir())


def test_near_names_are_suggested():
    with pytest.raises(NameError, match="did you mean ZarrArrayConfig"):
        cls_fun("ZarrArayConfig")


def test_reading_configs_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from napari_dacapo.store.converter import make_converter\n"
        "make_converter()\n"
        "heavy = {'torch', 'zarr', 'scipy', 'pandas', 'napari', 'qtpy'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n"
