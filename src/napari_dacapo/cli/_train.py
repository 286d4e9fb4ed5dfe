"""`train`: from a file, a stored name, or directly from data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import typer

from napari_dacapo.arrays import CropArrayConfig
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import ConfigError, DataNotFoundError
from napari_dacapo.runs import RunConfig, suggest, train
from napari_dacapo.runs._inputs import parse_roi
from napari_dacapo.store import Project
from napari_dacapo.store.converter import load_yaml

from ._progress import drain

if TYPE_CHECKING:
    from napari_dacapo.arrays import ArrayConfig

YAML_SUFFIXES = (".yaml", ".yml")


@attrs.frozen
class Volumes:
    """Raw volumes and their labels, as given by ``--[prefix]raw``, ``--[prefix]gt``.

    Of the labels only the box `roi` (text, nm) counts, if there is one.
    """

    prefix: str
    raw: list[str]
    gt: list[str]
    roi: str | None

    def pairs(self) -> list[tuple[ArrayConfig, ArrayConfig]]:
        """Return configs of the volumes.

        Raises
        ------
        ConfigError
            If a raw volume has no labels or the other way round.
        """
        if len(self.raw) != len(self.gt):
            raise ConfigError(
                f"--{self.prefix}raw is given {len(self.raw)} times and "
                f"--{self.prefix}gt {len(self.gt)} times; every raw volume needs its "
                "labels"
            )
        return [
            (open_path(raw), self._cropped(open_path(gt)))
            for raw, gt in zip(self.raw, self.gt, strict=True)
        ]

    def _cropped(self, labels: ArrayConfig) -> ArrayConfig:
        if self.roi is None:
            return labels
        array = labels.create_array()
        roi = parse_roi(self.roi).snap_to_grid(
            array.voxel_size, origin=array.roi.offset
        )
        return CropArrayConfig(f"{labels.name}_{self.prefix}part", labels, roi)


@attrs.frozen
class DataPaths:
    """Volumes to learn from and to check on."""

    train: Volumes
    validate: Volumes

    def validation(self) -> Volumes:
        """Return the volumes to check on; with a region only, those of the training."""
        if self.validate.roi is None or self.validate.raw or self.validate.gt:
            return self.validate
        return attrs.evolve(self.validate, raw=self.train.raw, gt=self.train.gt)


def parse_classes(texts: list[str]) -> dict[str, list[int]] | None:
    """Return names and labels of ``NAME=LABEL,LABEL`` texts, `None` if there are none.

    Raises
    ------
    ConfigError
        If a text has another form.
    """
    classes = {}
    for text in texts:
        name, _, labels = text.partition("=")
        try:
            classes[name] = [int(label) for label in labels.split(",") if label]
        except ValueError:
            raise ConfigError(
                f"--class: {text!r} is not of the form NAME=LABEL,LABEL with whole "
                "numbers as labels"
            ) from None
    return classes or None


def train_command(
    run: str | None, data: DataPaths, settings: dict[str, Any], **session: Any
) -> None:
    """Train what the arguments of the command mean.

    Parameters
    ----------
    run : str, optional
        A YAML file or a stored name.
    data : DataPaths
        Volumes, if there is no `run`.
    settings : dict
        Arguments of :func:`napari_dacapo.runs.suggest`, for `data`.
    **session
        Arguments of :func:`napari_dacapo.runs.train`.
    """
    target = _target(run, data, settings, session["project"])
    drain(lambda control: train(target, control=control, **session))


def _target(
    run: str | None, data: DataPaths, settings: dict[str, Any], project: Path | None
) -> RunConfig:
    given = {name: value for name, value in settings.items() if value is not None}
    if run is None:
        return _suggested(data, given)
    iterations = given.pop("num_iterations", None)
    if given or data.train.raw or data.train.gt:
        raise ConfigError(
            f"run {run!r} has its own data and settings; leave out --raw, --gt, "
            "--task, --class and --name, or the run"
        )
    config = _stored(run, project)
    if iterations is not None:
        config = attrs.evolve(config, num_iterations=iterations)
    return config


def _stored(run: str, project: Path | None) -> RunConfig:
    """Return the config in the YAML file `run`, or of the stored run of this name."""
    path = Path(run)
    if path.suffix not in YAML_SUFFIXES:
        config: RunConfig = Project.open(project).configs.retrieve_run_config(run)
        return config
    if not path.exists():
        raise DataNotFoundError(f"{path} does not exist; check the path of the config")
    return load_yaml(path, RunConfig)


def _suggested(data: DataPaths, settings: dict[str, Any]) -> RunConfig:
    if not (data.train.raw or data.train.gt):
        raise ConfigError(
            "nothing to train on: give a run config (YAML), the name of a stored run, "
            "or --raw and --gt"
        )
    suggestion = suggest(data.train.pairs(), data.validation().pairs(), **settings)
    for reason in suggestion.reasons.values():
        typer.echo(f"- {reason}")
    return suggestion.run_config
