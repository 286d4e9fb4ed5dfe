"""What was done in the window, as a command and as Python, to be done again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import CropArrayConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_dacapo.arrays import ArrayConfig
    from napari_dacapo.geometry import Roi
    from napari_dacapo.gui._experiment_splits import Pair


@attrs.frozen
class Recipe:
    """One action; `command` is a shell's line (empty: no such), `python` a program."""

    command: str
    python: str


def training_recipe(folder: Path, run: str, num_iterations: int) -> Recipe:
    """Return how to train the stored `run` of the project in `folder`."""
    arguments = ["train", run, "--iterations", str(num_iterations)]
    return Recipe(
        command_line([*arguments, "--project", str(folder)]),
        "from napari_dacapo import Project, train\n\n"
        f"project = Project({str(folder)!r})\n"
        f"run = project.configs.retrieve_run_config({run!r})\n"
        f"run.num_iterations = {num_iterations}\n"
        "for event in train(run, project=project):\n"
        "    print(event)\n",
    )


def prediction_recipe(folder: Path, arguments: Mapping[str, Any]) -> Recipe:
    """Return how to predict; `arguments` are those of `napari_dacapo.runs.predict`."""
    given = {k: v for k, v in arguments.items() if v not in (None, False)}
    run, place = given["run"], _joined(given["input_container"], given)
    words = ["predict", run, place, "--iteration", str(given["iteration"])]
    for name in ("output_path", "output_roi", "output_dtype"):
        if name in given:
            option = name.removeprefix("output_").replace("path", "output")
            words += [f"--{option}", str(given[name])]
    words += [f"--{name}" for name in ("pad", "overwrite") if name in given]
    plain = {k: v if isinstance(v, (int, bool)) else str(v) for k, v in given.items()}
    keywords = "".join(f"    {key}={value!r},\n" for key, value in plain.items())
    return Recipe(
        command_line([*words, "--project", str(folder)]),
        "from napari_dacapo import Project, predict\n\n"
        "events = predict(\n"
        f"{keywords}    project=Project({str(folder)!r}),\n)\n"
        "for event in events:\n    print(event)\n",
    )


def segmentation_recipe(folder: Path, run: str, place: tuple[Path, str]) -> Recipe:
    """Return how to post-process the prediction at `place` (container, dataset)."""
    container, dataset = place
    words = ["segment", run, str(container / dataset), "--overwrite"]
    return Recipe(
        command_line([*words, "--project", str(folder)]),
        "from pathlib import Path\n\n"
        "from napari_dacapo import Project\nfrom napari_dacapo.runs import segment\n\n"
        "events = segment(\n"
        f"    {run!r},\n    Path({str(container)!r}),\n    {dataset!r},\n"
        f"    overwrite=True,\n    project=Project({str(folder)!r}),\n)\n"
        "for event in events:\n    print(event)\n",
    )


def validation_recipe(folder: Path, run: str, iteration: int) -> Recipe:
    """Return how to score a checkpoint of a stored run again."""
    words = ["validate", run, "--iteration", str(iteration)]
    return Recipe(
        command_line([*words, "--project", str(folder)]),
        "from napari_dacapo import Project, validate\n\n"
        f"project = Project({str(folder)!r})\n"
        f"for event in validate({run!r}, {iteration}, project=project):\n"
        "    print(event)\n",
    )


def scores_recipe(folder: Path, run: str, path: Path, *, everything: bool) -> Recipe:
    """Return how to write the scores of `run`, or of all runs, to a CSV file."""
    if everything:
        load = "load_all_scores(folder).with_run('', None)"
        module = "napari_dacapo.gui.models.all_scores import load_all_scores"
    else:
        load = f"load_run(folder, {run!r}).scores"
        module = "napari_dacapo.gui.models import load_run"
    return Recipe(
        "",
        f"from pathlib import Path\n\nfrom {module}\n\n"
        f"folder = Path({str(folder)!r})\n"
        f"scores = {load}\n"
        f"scores.write_csv(Path({str(path)!r}), {run!r})\n",
    )


def inspection_recipe(config: ArrayConfig) -> Recipe | None:
    """Return how to look at the file of an array; `None` if it is not from a file."""
    place = _place_of(config)
    if place is None:
        return None
    return Recipe(
        command_line(["inspect", place]),
        "from napari_dacapo.arrays.opening import open_path\n\n"
        f"array = open_path({place!r}).create_array()\n"
        "print(array.axes, array.voxel_size, array.roi, array.dtype)\n",
    )


def suggestion_recipe(
    train: Sequence[Pair],
    validate: Sequence[Pair],
    *,
    task: str | None,
    name: str,
    classes: Sequence[tuple[str, Sequence[int]]] | None,
) -> Recipe | None:
    """Return how to propose settings again; `None` if data are not plain files.

    Parameters
    ----------
    train, validate : sequence of (ArrayConfig, ArrayConfig)
        Raw data and labels, which may be cropped.
    task, name, classes
        As for `napari_dacapo.runs.suggest`.
    """
    both = [[_sources(pair) for pair in pairs] for pairs in (train, validate)]
    if not all(source for sources in both for source in sources):
        return None
    groups = {title: tuple(ids) for title, ids in classes or ()} or None
    program = (
        "from napari_dacapo.arrays import CropArrayConfig\n"
        "from napari_dacapo.arrays.opening import open_path\n"
        "from napari_dacapo.geometry import Roi\n"
        "from napari_dacapo.runs import suggest\n\n"
        "suggestion = suggest(\n"
        f"    {_program_of(both[0])},\n    {_program_of(both[1])},\n"
        f"    task={task!r},\n    name={name!r},\n    classes={groups!r},\n)\n"
        "print(suggestion.reasons)\n"
    )
    words = _suggestion_words(*both)
    if words:
        words += ["--task", task] if task else []
        words += ["--name", name]
        for title, ids in (groups or {}).items():
            words += ["--class", f"{title}={','.join(map(str, ids))}".rstrip("=")]
    return Recipe(command_line(["suggest", *words]) if words else "", program)


def _suggestion_words(
    train: Sequence[_Source | None], validate: Sequence[_Source | None]
) -> list[str]:
    """Return the options for volumes; empty if one box for all cannot tell them."""
    words = []
    for prefix, sources in (("", train), ("validate-", validate)):
        boxes = {source.roi for source in sources if source is not None}
        if len(boxes) > 1 or (boxes - {None} and len(sources) > 1):
            return []
        for source in filter(None, sources):
            words += [f"--{prefix}raw", source.raw, f"--{prefix}gt", source.gt]
        for box in boxes - {None}:
            words += [f"--{prefix or 'train-'}roi", str(box)]
    return words


@attrs.frozen
class _Source:
    """Paths of raw data and labels, and the box of the labels that is used."""

    raw: str
    gt: str
    roi: Any

    @property
    def program(self) -> str:
        """The two configs as Python."""
        labels = f"open_path({self.gt!r})"
        if self.roi is not None:
            box = tuple(self.roi.offset.to_plain()), tuple(self.roi.shape.to_plain())
            labels = f"CropArrayConfig('part', {labels}, Roi{box})"
        return f"(open_path({self.raw!r}), {labels})"


def _program_of(sources: Sequence[_Source | None]) -> str:
    return f"[{', '.join(source.program for source in sources if source)}]"


def _sources(pair: Pair) -> _Source | None:
    raw, labels = pair
    roi: Roi | None = None
    if isinstance(labels, CropArrayConfig):
        roi, labels = labels.roi, labels.source_array_config
    places = _place_of(raw), _place_of(labels)
    if None in places:
        return None
    return _Source(str(places[0]), str(places[1]), roi)


def _place_of(config: Any) -> str | None:
    """Return the path of a stored array, `None` for a derived one."""
    file_name = getattr(config, "file_name", None)
    if file_name is None:
        return None
    dataset = getattr(config, "dataset", None)
    return f"{file_name}/{dataset}" if dataset else str(file_name)


def _joined(container: Any, arguments: Mapping[str, Any]) -> str:
    dataset = arguments.get("input_dataset")
    return f"{container}/{dataset}" if dataset else str(container)


def command_line(arguments: Sequence[str]) -> str:
    """Return the call of our command as one line of this system's shell."""
    words = ["napari-dacapo", *arguments]
    if sys.platform == "win32":
        return subprocess.list2cmdline(words)
    return shlex.join(words)
