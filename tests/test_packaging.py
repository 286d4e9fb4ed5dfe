"""napari finds the plugin after every kind of installation."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from npe2 import PluginManifest

ROOT = Path(__file__).parents[1]
FIND = """
import napari_dacapo
from npe2 import PluginManifest
manifest = PluginManifest.from_distribution("napari-dacapo")
print(napari_dacapo.__file__)
print(*(widget.display_name for widget in manifest.contributions.widgets), sep="|")
"""
WIDGETS = ["Experiment", "Training", "Scores", "Post-processing"]


def manifest():
    return PluginManifest.from_distribution("napari-dacapo")


def test_the_manifest_is_found_where_the_package_is_installed_now():
    assert manifest().name == "napari-dacapo"
    names = [widget.display_name for widget in manifest().contributions.widgets]
    assert names[: len(WIDGETS)] == WIDGETS


def test_everything_that_the_manifest_names_can_be_imported():
    for command in manifest().contributions.commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_the_command_line_is_installed():
    scripts = distribution("napari-dacapo").entry_points.select(group="console_scripts")
    assert scripts["napari-dacapo"].value == "napari_dacapo.cli:main"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel that pip builds from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps"]
    subprocess.run([*pip, "-w", str(folder), str(ROOT)], check=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_manifest_and_the_type_marker(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "napari_dacapo/napari.yaml" in names
    assert "napari_dacapo/py.typed" in names


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "folder", "editable"])
def test_npe2_finds_the_plugin_after_installation(kind, wheel, tmp_path):
    python = _bare_environment(tmp_path)
    what = {"wheel": [str(wheel)], "folder": [str(ROOT)], "editable": ["-e", str(ROOT)]}
    pip = [python, "-m", "pip", "install", "-q", "--no-deps", "--ignore-installed"]
    subprocess.run([*pip, *what[kind]], check=True)

    found = subprocess.run(
        [python, "-W", "ignore", "-c", FIND], check=True, capture_output=True, text=True
    )

    where, names = found.stdout.splitlines()
    inside = ROOT / "src" if kind == "editable" else tmp_path
    assert Path(where).is_relative_to(inside)
    assert names.split("|")[: len(WIDGETS)] == WIDGETS


def _bare_environment(folder):
    """Return the Python of a new environment that sees today's packages but ours."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = folder / "env" / scripts / "python"
    code = "import site; print(site.getsitepackages()[0])"
    site = subprocess.run(
        [python, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()
    here = Path(importlib.import_module("npe2").__file__).parents[1]
    # a .pth file is read after the folder itself: what is installed here wins
    Path(site, "outside.pth").write_text(str(here))
    return str(python)
