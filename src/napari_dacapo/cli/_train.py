"""`train`: from a file, a stored name, or directly from data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import typer

from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import ConfigError, DataNotFoundError
from napari_dacapo.runs import RunConfig, suggest, train
from napari_dacapo.store.converter import load_yaml

from ._progress import drain

if TYPE_CHECKING:
    from napari_dacapo.arrays import ArrayConfig

YAML_SUFFIXES = (".yaml", ".yml")


@attrs.frozen
class DataPaths:
    """Volumes given on the command line."""

    raw: list[str]
    gt: list[str]
    validate_raw: list[str]
    validate_gt: list[str]

    def train_pairs(self) -> list[tuple[ArrayConfig, ArrayConfig]]:
        """Return configs of the volumes to learn from."""
        return _pairs("--raw", self.raw, "--gt", self.gt)

    def validate_pairs(self) -> list[tuple[ArrayConfig, ArrayConfig]]:
        """Return configs of the volumes to check on."""
        return _pairs(
            "--validate-raw", self.validate_raw, "--validate-gt", self.validate_gt
        )


def _pairs(
    raw_option: str, raw: list[str], gt_option: str, gt: list[str]
) -> list[tuple[ArrayConfig, ArrayConfig]]:
    if len(raw) != len(gt):
        raise ConfigError(
            f"{raw_option} is given {len(raw)} times and {gt_option} {len(gt)} times; "
            "every raw volume needs its labels"
        )
    return [(open_path(r), open_path(g)) for r, g in zip(raw, gt, strict=True)]


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
    target = _target(run, data, settings)
    drain(lambda control: train(target, control=control, **session))


def _target(
    run: str | None, data: DataPaths, settings: dict[str, Any]
) -> RunConfig | str:
    if run is None:
        return _suggested(data, settings)
    if data.raw or data.gt:
        raise ConfigError(
            f"both a run ({run!r}) and --raw/--gt are given; a run names its own data"
        )
    path = Path(run)
    if path.suffix not in YAML_SUFFIXES:
        return run
    if not path.exists():
        raise DataNotFoundError(f"{path} does not exist; check the path of the config")
    return load_yaml(path, RunConfig)


def _suggested(data: DataPaths, settings: dict[str, Any]) -> RunConfig:
    if not data.raw:
        raise ConfigError(
            "nothing to train on: give a run config (YAML), the name of a stored run, "
            "or --raw and --gt"
        )
    suggestion = suggest(data.train_pairs(), data.validate_pairs(), **settings)
    for reason in suggestion.reasons.values():
        typer.echo(reason)
    return suggestion.run_config
