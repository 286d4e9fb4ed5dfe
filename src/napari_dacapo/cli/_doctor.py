"""`doctor`: device, Qt, system libraries and versions, with what to do."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import typer

from napari_dacapo.options import DaCapoConfig
from napari_dacapo.system import missing_packages

PACKAGES = (
    "napari-dacapo",
    "napari",
    "torch",
    "zarr",
    "ome-zarr",
    "numpy",
    "scipy",
    "scikit-image",
    "PyQt5",
    "PyQt6",
    "PySide6",
    "magicgui",
    "superqt",
    "pyqtgraph",
    "npe2",
    "tensorstore",
)


def print_report() -> None:
    """Print one line per fact."""
    from napari_dacapo.nn.device import choose_device, default_threads

    choice = choose_device()
    typer.echo(f"device: {choice.device} ({choice.reason})")
    typer.echo(f"processor threads: {default_threads()} of {os.cpu_count()} cores")
    typer.echo(f"python: {platform.python_version()} on {platform.platform()}")
    typer.echo(f"project folder: {DaCapoConfig.load().runs_base_dir}")
    for package in PACKAGES:
        typer.echo(f"{package}: {_version(package)}")
    typer.echo(f"Qt: {_qt()}")
    missing = missing_packages()
    if missing:
        typer.echo(f"missing for a window: sudo apt-get install -y {' '.join(missing)}")
    else:
        typer.echo("system libraries for a window: all there")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _qt() -> str:
    if any(_version(p) != "not installed" for p in ("PyQt5", "PyQt6", "PySide6")):
        return "found"
    return 'none; install one with: pip install "napari-dacapo[pyqt5]"'
