"""Arguments and options that several commands share."""

# typer reads these types when the program runs: no postponed annotations here

from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[
    Path | None,
    typer.Option(help="Project folder; by default the user's data folder."),
]

Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Processor threads; by default all cores but one."),
]
Iteration = Annotated[
    int | None,
    typer.Option(min=0, help="Which checkpoint; by default the latest."),
]
Raw = Annotated[list[str] | None, typer.Option(help="Raw volume; repeatable.")]
Labels = Annotated[
    list[str] | None,
    typer.Option(help="Labels of it, 0 = background; repeatable."),
]
ValidateRaw = Annotated[
    list[str] | None, typer.Option(help="Raw volume to check on; repeatable.")
]
ValidateLabels = Annotated[
    list[str] | None, typer.Option(help="Labels of it; repeatable.")
]
TrainRoi = Annotated[
    str | None, typer.Option(help="Labels to learn from, as for predict --roi.")
]
ValidateRoi = Annotated[
    str | None, typer.Option(help="Labels to check on, as for predict --roi.")
]
TaskWord = Annotated[
    str | None,
    typer.Option(
        help="What to learn: distance, hot_distance, inner_distance, one_hot or "
        "affinities. By default it is proposed from the labels.",
    ),
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        help="What to learn, as NAME or NAME=LABEL,LABEL; repeatable. By default "
        "everything that is labelled.",
    ),
]
Descriptors = Annotated[
    bool | None,
    typer.Option(
        help="Learn local shape descriptors besides affinities; so by default.",
        show_default=False,
    ),
]
Name = Annotated[str | None, typer.Option(help='Name of the run; "run" by default.')]
Volume = Annotated[str, typer.Argument(help="Raw volume, such as a.zarr/em/s0.")]
StoredRun = Annotated[str, typer.Argument(help="Name of a stored run.")]
Output = Annotated[
    Path | None, typer.Option(help="A .zarr container or a folder for it.")
]
OutputRoi = Annotated[
    str | None, typer.Option(help=r'A part of it, "\[z0:z1,y0:y1,x0:x1]" in nm.')
]
DType = Annotated[str, typer.Option(help="uint8, float16 or float32.")]
Pad = Annotated[
    bool, typer.Option(help="Predict up to the border, where surroundings lack.")
]
Overwrite = Annotated[bool, typer.Option(help="Replace an earlier result.")]
Workers = Annotated[
    int,
    typer.Option(
        min=1,
        help="How many processes share the work, where the option compute_context "
        "says: here or on a cluster.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A parameter of the post-processing, such as threshold=140; repeatable. "
        "By default those that were best in validation.",
    ),
]
