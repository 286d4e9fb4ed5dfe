"""`list`: the runs of a project as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from napari_dacapo.store import Project
from napari_dacapo.tasks.evaluators.reading_order import most_readable_first

if TYPE_CHECKING:
    from pathlib import Path


def print_runs(folder: Path | None) -> None:
    """Print name, progress and best scores of every run."""
    project = Project.open(folder)
    console = Console()
    if not project.run_names:
        console.print(f"no runs in {project.folder}", markup=False, highlight=False)
        return
    table = Table("run", "iterations", "latest checkpoint", "best", "begun with")
    for name in project.run_names:
        table.add_row(
            name,
            str(project.stats.retrieve_training_stats(name).trained_until),
            str(project.weights.latest_iteration(name) or "none"),
            _best(project, name),
            _origin(project, name),
        )
    console.print(table)


def _best(project: Project, run_name: str) -> str:
    return "\n".join(
        f"{dataset} {name} {criteria[name]['value']:.3f} "
        f"at {criteria[name]['iteration']}"
        for dataset, criteria in project.weights.best(run_name).items()
        for name in most_readable_first(criteria)
    )


def _origin(project: Project, run_name: str) -> str:
    """Say whose weights the run began with, and what was changed."""
    parent = (project.read_run_record(run_name) or {}).get("parent")
    if parent is None:
        return ""
    if parent["kind"] == "start":
        return f"weights of {parent['run']}/{parent['criterion']}"
    changed = "\n".join(f"{path}: {value}" for path, value in parent["changed"].items())
    return f"{parent['run']} at {parent['iteration']}\n{changed}".strip()
