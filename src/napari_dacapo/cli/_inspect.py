"""`inspect`: how a file is understood, and whether raw data and labels fit together."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import attrs
import typer

from napari_dacapo.arrays.inspect import ArrayInfo, list_arrays
from napari_dacapo.arrays.locations import Location, to_location
from napari_dacapo.arrays.opening import open_path, split_path
from napari_dacapo.arrays.tiff_array import is_tiff
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.runs import DataCheckError, Finding, Severity, check_pair
from napari_dacapo.runs._label_facts import LabelUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_dacapo.arrays import ArrayConfig

#: by the name of a task: what it takes labels for
USES = {
    "distance": LabelUse.MASKS,
    "hot_distance": LabelUse.MASKS,
    "inner_distance": LabelUse.MASKS,
    "one_hot": LabelUse.CLASSES,
    "affinities": LabelUse.OBJECTS,
}


def inspect_command(
    path: str, raw: str | None, gt: str | None, task: str | None, *, as_json: bool
) -> None:
    """Print what is at `path`, or the check of a pair of arrays.

    Parameters
    ----------
    path : str
        A container, a place in one, a TIFF file, or an address.
    raw, gt : str, optional
        The pair to check: paths inside `path`, or paths of their own.
    task : str, optional
        What the labels are for, a name of `USES`.
    as_json : bool
        Whether to print one JSON document instead of lines.

    Raises
    ------
    ConfigError
        If one of `raw` and `gt` is missing, or the task is unknown.
    DataError
        If something cannot be used. What can be is printed before.
    DataCheckError
        If the pair cannot be trained on.
    """
    if (raw is None) != (gt is None):
        raise ConfigError("--raw and --gt belong together; give both or none of them")
    if raw is None or gt is None:
        _show_arrays(path, as_json=as_json)
    else:
        findings = list(check_pair(_array(path, raw), _array(path, gt), use=_use(task)))
        _show_findings(findings, as_json=as_json)


def _use(task: str | None) -> LabelUse:
    if task is not None and task not in USES:
        raise ConfigError(f"--task: {task!r} is unknown; use {', '.join(USES)}")
    return LabelUse.UNKNOWN if task is None else USES[task]


def _array(path: str, key: str) -> ArrayConfig:
    """Return the config of the array at `key` inside `path`, or at the path `key`."""
    try:
        return open_path(to_location(path) / key)
    except DataNotFoundError:
        try:
            return open_path(key)
        except DataError:
            pass
        raise


def _show_arrays(path: str, *, as_json: bool) -> None:
    place, infos = _infos(path)
    if as_json:
        document = {"path": str(place), "arrays": [_plain(info) for info in infos]}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        typer.echo(str(place))
        for line in _lines(infos):
            typer.echo(f"  {line}")
    if not infos:
        raise DataError(f"{place} holds no array; choose another container")
    problems = [info for info in infos if info.problem]
    if problems:
        raise _refusal(place, problems)


def _refusal(place: Location, problems: list[ArrayInfo]) -> DataError:
    first = problems[0]
    text, where = first.problem, str(place / first.path)
    if str(place) not in text:
        text = f"{where}: {text}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return DataError(f"{text}{more}")


def _infos(path: str) -> tuple[Location, list[ArrayInfo]]:
    """Return the container of `path`, and what there is at and below `path`."""
    location = to_location(path)
    if isinstance(location, Path) and is_tiff(location):
        return location, [_info_of(open_path(location))]
    container, below = split_path(location)
    try:
        return container, list_arrays(container, below)
    except DataNotFoundError:
        open_path(location)  # raises, and tells what there is
        raise


def _info_of(config: ArrayConfig) -> ArrayInfo:
    array: Any = config.create_array()
    return ArrayInfo(
        "",
        array.data.shape,
        array.dtype.name,
        tuple(array.axes),
        array.voxel_size,
        array.roi.offset,
        notes=array.notes,
    )


def _lines(infos: Iterable[ArrayInfo]) -> list[str]:
    """Return a line per array; the levels of an image follow its own line."""
    lines: list[str] = []
    image: str | None = None
    for info in infos:
        parent = _image_of(info)
        if parent is not None and parent != image:
            count = sum(_image_of(other) == parent for other in infos)
            levels = "1 level" if count == 1 else f"{count} levels"
            lines.append(f"{parent or 'the top level'}: image with {levels}")
        image = parent
        indent = "" if parent is None else "  "
        lines.append(f"{indent}{info.path or 'the file'}: {_text(info)}")
        lines += [f"{indent}  warning: {note}" for note in info.notes]
    return lines


def _image_of(info: ArrayInfo) -> str | None:
    """Return the path of the image that an array is a level of, if it is one."""
    if not info.is_image_level:
        return None
    parent = str(PurePosixPath(info.path).parent)
    return "" if parent == "." else parent


def _text(info: ArrayInfo) -> str:
    if info.problem:
        return f"cannot be used: {info.problem}"
    shape = " x ".join(map(str, info.shape))
    return (
        f"{info.role}, {' '.join(info.axes)}, {shape}, {info.dtype}, voxels of "
        f"{info.voxel_size} nm, offset {info.offset} nm{_storage(info)}"
    )


def _storage(info: ArrayInfo) -> str:
    chunks = " x ".join(map(str, info.chunks))
    return f", {info.format} in chunks of {chunks}" if chunks else ""


def _plain(info: ArrayInfo) -> dict[str, Any]:
    """Return what is known of an array as JSON knows values; lengths in nm."""
    document = attrs.asdict(info, recurse=False)
    document |= {"image": _image_of(info), "unit": "nm"}
    for key in ("voxel_size", "offset"):
        vector = document[key]
        document[key] = None if vector is None else vector.to_plain()
    return document


def _show_findings(findings: list[Finding], *, as_json: bool) -> None:
    errors = [f for f in findings if f.severity is Severity.ERROR]
    if as_json:
        document = {"findings": [_plain_finding(finding) for finding in findings]}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            if finding.severity is not Severity.ERROR:
                typer.echo(f"{finding.severity}: {finding}")
    if errors:
        raise DataCheckError(errors)
    if not as_json:
        warned = any(f.severity is Severity.WARNING for f in findings)
        typer.echo("usable, see the warnings" if warned else "raw and gt fit together")


def _plain_finding(finding: Finding) -> dict[str, Any]:
    document = attrs.asdict(finding, recurse=False)
    document["severity"] = str(finding.severity)
    document["roi"] = None if finding.roi is None else finding.roi.to_plain()
    return document
