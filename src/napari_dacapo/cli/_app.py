"""The commands, and how errors and interrupts end them."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from napari_dacapo import __version__
from napari_dacapo.errors import DaCapoError

from . import _predict
from ._options import (
    Classes,
    Descriptors,
    Device,
    Iteration,
    Labels,
    Name,
    Project,
    Raw,
    StoredRun,
    TaskWord,
    Threads,
    TrainRoi,
    ValidateLabels,
    ValidateRaw,
    ValidateRoi,
)

EXIT_BAD_INPUT = 2
EXIT_STOPPED = 130

app = typer.Typer(
    name="napari-dacapo",
    help="Train, validate and apply segmentation networks on large volumes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option(help="Folder for the sample and all results.")
    ] = Path("napari-dacapo-demo"),
    window: Annotated[
        bool, typer.Option(help="Show the result in napari at the end.")
    ] = True,
    iterations: Annotated[int, typer.Option(min=1, help="Training length.")] = 400,
) -> None:
    """Make a sample volume, train on it, and show what was learned."""
    from ._demo import run_demo

    run_demo(output, iterations=iterations, window=window)


@app.command()
def train(  # noqa: PLR0913 - one argument per option
    run: Annotated[
        str | None,
        typer.Argument(help="A YAML file with a run config, or a stored run's name."),
    ] = None,
    raw: Raw = None,
    gt: Labels = None,
    validate_raw: ValidateRaw = None,
    validate_gt: ValidateLabels = None,
    train_roi: TrainRoi = None,
    validate_roi: ValidateRoi = None,
    task: TaskWord = None,
    classes: Classes = None,
    lsds: Descriptors = None,
    name: Name = None,
    iterations: Annotated[
        int | None, typer.Option(min=1, help="Train until so many are completed.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Look at the data first.")
    ] = True,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only tell time, memory and disk it would take, from a few "
            "iterations that leave no trace.",
        ),
    ] = False,
    project: Project = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Train a network, or go on where training was interrupted.

    Either with a stored or written config, or directly: with --raw and --gt (paths such
    as volume.zarr/em/s0) everything else is proposed from the data, as by suggest.
    """
    from ._train import cost_command, train_command
    from ._volumes import DataPaths, suggest_settings

    data = DataPaths.given(raw, gt, train_roi, validate_raw, validate_gt, validate_roi)
    settings = suggest_settings(task, classes, lsds, name, iterations)
    if dry_run:
        cost_command(run, data, settings, project, device=device, threads=threads)
        return
    train_command(
        run,
        data,
        settings,
        project=project,
        device=device,
        threads=threads,
        check=check,
    )


@app.command()
def suggest(  # noqa: PLR0913 - one argument per option
    raw: Raw = None,
    gt: Labels = None,
    validate_raw: ValidateRaw = None,
    validate_gt: ValidateLabels = None,
    train_roi: TrainRoi = None,
    validate_roi: ValidateRoi = None,
    task: TaskWord = None,
    classes: Classes = None,
    lsds: Descriptors = None,
    name: Name = None,
    iterations: Annotated[
        int | None, typer.Option(min=1, help="How long the training will be.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write a run config (YAML) for train to it.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier config.")] = False,
) -> None:
    """Propose all settings of a run from raw data and labels, with reasons."""
    from ._suggest import suggest_command
    from ._volumes import DataPaths, suggest_settings

    data = DataPaths.given(raw, gt, train_roi, validate_raw, validate_gt, validate_roi)
    suggest_command(
        data,
        suggest_settings(task, classes, lsds, name, iterations),
        output,
        overwrite=overwrite,
    )


@app.command()
def validate(
    run: StoredRun,
    iteration: Iteration = None,
    project: Project = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Score a checkpoint on the validation volumes of its run."""
    from napari_dacapo.runs import validate as validate_run

    from ._progress import drain
    from ._settings import existing

    folder = existing(project)
    drain(
        lambda control: validate_run(
            run,
            iteration,
            project=folder,
            device=device,
            threads=threads,
            control=control,
        )
    )


for command in (_predict.predict, _predict.segment, _predict.apply):
    app.command()(command)


@app.command()
def inspect(
    path: Annotated[
        str, typer.Argument(help="A container, a part of one, a TIFF file or address.")
    ],
    raw: Annotated[
        str | None, typer.Option(help="Raw data to check: path in PATH, or its own.")
    ] = None,
    gt: Annotated[
        str | None, typer.Option(help="Labels to check it with, likewise.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            help="What the labels are for: distance, hot_distance, inner_distance, "
            "one_hot or affinities."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document.")
    ] = False,
) -> None:
    """Tell how a file is understood, or check whether raw data and labels fit.

    Without --raw and --gt: axes, voxel size and place of every array. With both: all
    that could spoil a training. Exit code 2 says that it cannot be used.
    """
    from ._inspect import inspect_command

    inspect_command(path, raw, gt, task, as_json=as_json)


@app.command("import")
def import_(
    path: Annotated[
        Path, typer.Argument(help="Project folder of DaCapo, or its dacapo.yaml.")
    ],
    moved: Annotated[
        list[str] | None,
        typer.Option(help="Where data are now, as OLD=NEW folder; repeatable."),
    ] = None,
    project: Project = None,
) -> None:
    """Take over a project of DaCapo: configs, statistics and trained networks.

    Nothing that is stored already is replaced, and nothing is changed in PATH.
    """
    from ._import import import_command

    import_command(path, project, moved or [])


@app.command()
def fork(
    run: StoredRun,
    name: Annotated[str, typer.Argument(help="Name of the new run.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A changed field, such as trainer_config.learning_rate=1e-5; "
            "repeatable.",
        ),
    ] = None,
    iteration: Iteration = None,
    project: Project = None,
) -> None:
    """Make a run that goes on from a checkpoint of another, with changed fields."""
    from ._fork import fork_command
    from ._settings import existing

    fork_command(
        run, name, settings or [], iteration=iteration, project=existing(project)
    )


@app.command("list")
def list_runs(project: Project = None) -> None:
    """List the runs of a project, how far they are, and their best scores."""
    from ._list import print_runs
    from ._settings import existing

    print_runs(existing(project))


@app.command()
def doctor() -> None:
    """Tell what this machine computes with, and what is missing."""
    from ._doctor import print_report

    print_report()


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.")
    ] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; bad input ends with one line and exit code 2."""
    # what the package logs is told by its events and errors: no second line on stderr
    logging.getLogger("napari_dacapo").addHandler(logging.NullHandler())
    try:
        app()
    except DaCapoError as error:
        for complaint in getattr(error, "findings", (error,)):
            typer.echo(f"error: {' '.join(str(complaint).split())}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except PermissionError as error:
        typer.echo(
            f"error: {error.filename} cannot be written or read; check its permissions",
            err=True,
        )
        sys.exit(EXIT_BAD_INPUT)
    except (FileNotFoundError, NotADirectoryError) as error:
        typer.echo(f"error: {error.filename}: {error.strerror}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
