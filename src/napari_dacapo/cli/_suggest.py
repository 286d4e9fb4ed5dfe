"""`suggest`: settings proposed from data, as a table and as a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs
import typer
from rich.console import Console
from rich.table import Table

from napari_dacapo.errors import ConfigError
from napari_dacapo.runs import suggest
from napari_dacapo.store.converter import dump_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_dacapo.runs import Suggestion

    from ._volumes import DataPaths

#: parts of a run in the order in which they are shown; the run itself comes last
PARTS = ("task_config", "datasplit_config", "architecture_config", "trainer_config")


def suggest_command(
    data: DataPaths,
    settings: dict[str, Any],
    output: Path | None,
    *,
    overwrite: bool,
) -> None:
    """Print what is proposed for `data`, and write it to `output` if that is given.

    Raises
    ------
    ConfigError
        If `output` exists and is not to be replaced, or its folder does not exist.
    """
    if output is not None and not output.absolute().parent.is_dir():
        raise ConfigError(f"--output: there is no folder {output.absolute().parent}")
    if output is not None and output.exists() and not overwrite:
        raise ConfigError(
            f"{output} exists already; choose another --output, or replace it with "
            "--overwrite"
        )
    suggestion = suggested(data, settings)
    print_suggestion(suggestion)
    if output is not None:
        output.write_text(dump_yaml(suggestion.run_config), encoding="utf-8")
        typer.echo(f"wrote {output}; train it with: napari-dacapo train {output}")


def suggested(data: DataPaths, settings: dict[str, Any]) -> Suggestion:
    """Return the proposal for the volumes given on the command line.

    Raises
    ------
    ConfigError
        If no volume to train on was given.
    """
    if not (data.train.raw or data.train.gt):
        raise ConfigError(
            "nothing to train on: give a run config (YAML), the name of a stored run, "
            "or --raw and --gt"
        )
    return suggest(data.train.pairs(), data.validation().pairs(), **settings)


def print_suggestion(suggestion: Suggestion) -> None:
    """Print a table of the values that have a reason."""
    table = Table("setting", "value", "why", show_edge=False, pad_edge=False)
    for path in sorted(suggestion.reasons, key=_position):
        value = value_at(suggestion.run_config, path)
        table.add_row(path, shown(value), suggestion.reasons[path])
    Console(highlight=False, markup=False).print(table)


def _position(path: str) -> int:
    part = path.partition(".")[0]
    return PARTS.index(part) if part in PARTS else len(PARTS)


def value_at(config: Any, path: str) -> Any:
    """Return the field of `config` at `path`, such as ``"a_config.b_configs[0].c"``."""
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        config = getattr(config, name) if name else config[int(index)]
    return config


def shown(value: Any) -> str:
    """Return `value` as short text; of configs only the kind."""
    if attrs.has(type(value)):
        return type(value).__name__.removesuffix("Config")
    if isinstance(value, list):
        return _shown_list([shown(item) for item in value])
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown_list(items: Sequence[str]) -> str:
    alike = len(items) > 1 and len(set(items)) == 1
    return f"{len(items)} x {items[0]}" if alike else ", ".join(items)
