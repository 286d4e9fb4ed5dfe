# noqa: INP001 - a script
"""Write ``configs.md``: every config class with its fields, from the code itself.

Run as ``python docs/make_config_reference.py`` after a change of a config class.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._registry import concrete_classes, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).with_name("configs.md")
HIERARCHIES = {
    "RunConfig": "Run",
    "StartConfig": "Starts",
    "DataSplitConfig": "Data splits",
    "DatasetConfig": "Datasets",
    "GraphStoreConfig": "Sample points",
    "ArrayConfig": "Arrays",
    "TaskConfig": "Tasks",
    "ArchitectureConfig": "Architectures",
    "TrainerConfig": "Trainers",
    "AugmentConfig": "Augments",
    "PostProcessorParameters": "Post-processing parameters",
}
INTRODUCTION = """\
# Configs

Written by `python docs/make_config_reference.py` from the code; do not edit.

A config is written to YAML as its fields plus `__type__`, the name of its class (see
[files](files.md#configs)). Fields without a default are required. Fields marked
*expert* are folded away in the window. Where a type ends in `Config`, any class
of that section can stand. Vectors are in the order z, y, x.
"""
SCORES = """\
## Scores

Criteria that the evaluators compute. Names carry the class in front where a task has
classes (`mito__dice`). *Kept*: the checkpoint that is best by it is never deleted.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *_sections(), SCORES, *_score_tables()])


def _sections() -> Iterator[str]:
    for root_name, title in HIERARCHIES.items():
        yield f"## {title}\n"
        for cls in _classes(root_name):
            yield _section(cls)


def _classes(root_name: str) -> list[Any]:
    """Return the classes of a hierarchy; a root without any stands for itself."""
    root = lookup(root_name)
    return [*concrete_classes(root)] or [root]


def _section(cls: Any) -> str:
    rows = [_row(field) for field in attrs.fields(cls)]
    columns = ("field", "type", "default", "allowed", "meaning")
    return f"{_head(cls)}\n{_table(columns, rows)}"


def _head(cls: Any) -> str:
    return f"### {cls.__name__}\n\n{_summary(cls)}\n"


def _summary(cls: Any) -> str:
    """Return the docstring up to its first heading, with RST code as Markdown."""
    text = (cls.__doc__ or "").split("\n\n    Parameters\n")[0]
    text = text.split("\n\n    Attributes\n")[0]
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join(paragraphs).replace("``", "`")


def _row(field: Any) -> tuple[str, ...]:
    metadata = field.metadata
    unit = metadata.get("unit")
    meaning = metadata.get("help_text", "")
    return (
        f"`{field.name}`",
        f"`{_type(field)}`",
        _default(field),
        " ".join(filter(None, [_allowed(metadata), unit and f"({unit})"])),
        f"*expert.* {meaning}" if metadata.get("advanced") else meaning,
    )


def _type(field: Any) -> str:
    return field.type if isinstance(field.type, str) else field.type.__name__


def _default(field: Any) -> str:
    if field.default is attrs.NOTHING:
        return "required"
    is_factory = isinstance(field.default, attrs.Factory)
    value = field.default.factory() if is_factory else field.default
    if value is None:
        return "empty"
    return f"`{value!r}`"


def _allowed(metadata: Any) -> str:
    if metadata.get("choices"):
        return ", ".join(f"`{choice}`" for choice in metadata["choices"])
    low, high = metadata.get("minimum"), metadata.get("maximum")
    parts = []
    if low is not None:
        parts.append(f"{'>' if metadata.get('exclusive_minimum') else '≥'} {low:g}")
    if high is not None:
        parts.append(f"≤ {high:g}")
    return ", ".join(parts)


def _score_tables() -> Iterator[str]:
    for cls in _classes("EvaluationScores"):
        if any(field.default is attrs.NOTHING for field in attrs.fields(cls)):
            continue  # made of the criteria of another class
        rows = [_score_row(cls, name) for name in cls().criteria]
        if rows:
            columns = ("criterion", "better", "kept", "meaning")
            yield f"{_head(cls)}\n{_table(columns, rows)}"


def _score_row(cls: Any, name: str) -> tuple[str, ...]:
    criterion = cls.criterion(name)
    better = "higher" if criterion.higher_is_better else "lower"
    kept = "yes" if criterion.store_best else ""
    return f"`{name}`", better, kept, criterion.help_text


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return "No fields.\n"
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
