"""The commands that apply a trained run: `predict`, `segment` and `apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._options import (
    Device,
    DType,
    Iteration,
    Output,
    OutputRoi,
    Overwrite,
    Pad,
    Project,
    Settings,
    StoredRun,
    Threads,
    Volume,
    Workers,
)


def predict(  # noqa: PLR0913 - one argument per option
    run: StoredRun,
    volume: Volume,
    iteration: Iteration = None,
    output: Output = None,
    roi: OutputRoi = None,
    dtype: DType = "uint8",
    pad: Pad = False,
    overwrite: Overwrite = False,
    workers: Workers = 1,
    share: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Predict the I-th of N shares only, for jobs started by hand; when "
            "all are done, run the command once without it.",
        ),
    ] = None,
    project: Project = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Predict a volume of any size with a trained run.

    A prediction that was stopped goes on where it was when it is asked for again.
    """
    from napari_dacapo.runs import predict as predict_volume

    from ._progress import drain
    from ._settings import existing

    folder = existing(project)
    drain(
        lambda control: predict_volume(
            run,
            iteration,
            volume,
            output_path=output,
            output_roi=roi,
            output_dtype=dtype,
            overwrite=overwrite,
            pad=pad,
            workers=workers,
            share=share,
            project=folder,
            device=device,
            threads=threads,
            control=control,
        )
    )


def segment(
    run: StoredRun,
    prediction: Annotated[
        Path, typer.Argument(help="What predict wrote: a.zarr/prediction_mito_2000/s0.")
    ],
    settings: Settings = None,
    overwrite: Overwrite = False,
    project: Project = None,
) -> None:
    """Post-process a stored prediction of any size into objects or classes."""
    from napari_dacapo.runs import segment as segment_prediction

    from ._progress import drain
    from ._settings import existing, parse_settings, stored_array

    folder = existing(project)
    container, dataset = stored_array(prediction)
    changes = parse_settings(settings)
    drain(
        lambda control: segment_prediction(
            run,
            container,
            dataset,
            overwrite=overwrite,
            changes=changes,
            project=folder,
            control=control,
        )
    )


def apply(  # noqa: PLR0913 - one argument per option
    run: StoredRun,
    volume: Volume,
    iteration: Iteration = None,
    criterion: Annotated[
        str | None,
        typer.Option(help="Take the weights and parameters that are best by it."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="On this validation dataset, with --criterion.")
    ] = None,
    settings: Settings = None,
    output: Output = None,
    roi: OutputRoi = None,
    pad: Pad = False,
    overwrite: Overwrite = False,
    workers: Workers = 1,
    project: Project = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Segment a volume of any size with a trained run: predict, then segment."""
    from napari_dacapo.runs import apply as apply_run

    from ._progress import drain
    from ._settings import existing, parse_settings

    folder = existing(project)
    changes = parse_settings(settings)
    drain(
        lambda control: apply_run(
            run,
            volume,
            output_path=output,
            validation_dataset=dataset,
            criterion=criterion,
            iteration=iteration,
            roi=roi,
            overwrite=overwrite,
            changes=changes,
            pad=pad,
            workers=workers,
            project=folder,
            device=device,
            threads=threads,
            control=control,
        )
    )
