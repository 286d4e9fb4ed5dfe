"""`demo`: from nothing to a trained network on a volume that is made up on the spot."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import typer

from napari_dacapo.arrays import ZarrArrayConfig
from napari_dacapo.errors import RunError
from napari_dacapo.runs import predict, suggest, train
from napari_dacapo.samples import CLASS_NAMES, ORGANELLE, synthetic_cells, write_sample
from napari_dacapo.store import Project
from napari_dacapo.system import display, install_missing

from ._progress import drain

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.arrays import ArrayConfig, LocalArrayIdentifier
    from napari_dacapo.store.stats_store import ValidationRow

RUN_NAME = "demo"
CRITERION = "dice"
#: seeds of the volumes to learn from and to check on
SEEDS = {"train": 0, "validate": 1}
VIEWER_MODULE = "napari_dacapo.gui.demo"


def run_demo(output: Path, *, iterations: int, window: bool) -> None:
    """Make sample volumes in `output`, train on them, and show the result.

    Parameters
    ----------
    output : Path
        Folder for everything; a demo that was interrupted there goes on.
    iterations : int
        How long to train.
    window : bool
        Whether to open napari at the end; without a display a virtual one is used and
        a screenshot is left behind.
    """
    if window:
        installed = install_missing()
        if installed:
            typer.echo(f"installed for the window: {', '.join(installed)}")
    output = output.absolute()
    project = Project.open(output)
    data = {kind: _sample(output, kind) for kind in SEEDS}
    suggestion = suggest(
        [data["train"]],
        [data["validate"]],
        name=RUN_NAME,
        classes={CLASS_NAMES[ORGANELLE]: [ORGANELLE]},
        num_iterations=iterations,
    )
    for reason in suggestion.reasons.values():
        typer.echo(f"- {reason}")
    began = time.perf_counter()
    drain(
        lambda control: train(suggestion.run_config, project=project, control=control)
    )
    _report(project, time.perf_counter() - began)
    _predict(project, output)
    typer.echo(f"everything is in {output}")
    if window:
        _show(output)


def _sample(folder: Path, kind: str) -> tuple[ArrayConfig, ArrayConfig]:
    """Write the sample volume of `kind`, unless it is there, and return its configs."""
    container = folder / "sample" / f"{kind}.zarr"
    sample = synthetic_cells(seed=SEEDS[kind])
    places = write_sample(container, sample, overwrite=True)
    return _config(f"{kind}_raw", places["raw"]), _config(
        f"{kind}_classes", places["classes"]
    )


def _config(name: str, place: LocalArrayIdentifier) -> ArrayConfig:
    return ZarrArrayConfig(name, place.container, place.dataset, mode="r")


def _report(project: Project, seconds: float) -> None:
    """Tell the best score and what it took; all scores go to a table."""
    best = max(project.stats.validation_rows(RUN_NAME), key=_dice, default=None)
    if best is None:
        raise RunError("the demo was not validated; delete its folder and try again")
    table = project.run_folder(RUN_NAME) / "validation.csv"
    typer.echo(
        f"Dice {_dice(best):.3f} on a volume that the network never saw, after "
        f"{best.iteration} iterations; training took {seconds:.0f} s on "
        f"{os.cpu_count()} cores"
    )
    typer.echo(f"all scores: {table}")


def _dice(row: ValidationRow) -> float:
    return next(v for k, v in row.scores.items() if k.rpartition("__")[2] == CRITERION)


def _predict(project: Project, folder: Path) -> None:
    container = folder / "sample" / "validate.zarr"
    drain(
        lambda control: predict(
            RUN_NAME,
            None,
            container,
            "raw/s0",
            overwrite=True,
            pad=True,
            project=project,
            control=control,
        )
    )


def _show(folder: Path) -> None:
    """Open napari on the results, in a process of its own."""
    command = [sys.executable, "-m", VIEWER_MODULE, str(folder), RUN_NAME]
    with display() as virtual:
        if virtual is not None:
            screenshot = folder / "screenshot.png"
            typer.echo(f"no display: a screenshot goes to {screenshot}")
            command += ["--screenshot", str(screenshot)]
        try:
            subprocess.run(command, check=True)
        except subprocess.CalledProcessError as error:
            raise RunError(
                f"the window ended with exit code {error.returncode}; the results in "
                f"{folder} are complete"
            ) from error
