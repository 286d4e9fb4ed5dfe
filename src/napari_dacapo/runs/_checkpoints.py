"""What a checkpoint holds, and how a run is brought back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DaCapoError, DataError
from napari_dacapo.events import Warned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_dacapo.store import Project
    from napari_dacapo.store.weights_store import Best

    from .run import Run

SCHEMA_VERSION = 1
#: the newest checkpoints that are always kept, besides the best ones
NUM_LATEST_KEPT = 2


def save_checkpoint(run: Run, project: Project) -> Path:
    """Store everything needed to go on exactly here, then drop what is outdated."""
    iteration = run.trainer.iteration
    path = project.weights.store_weights(
        run.name,
        iteration,
        {
            "schema_version": SCHEMA_VERSION,
            "iteration": iteration,
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "trainer": run.trainer.state_dict(),
        },
    )
    prune_checkpoints(run.name, project)
    return path


def prune_checkpoints(run_name: str, project: Project) -> None:
    """Keep the latest two checkpoints and those that are best by some criterion."""
    latest = project.weights.iterations(run_name)[-NUM_LATEST_KEPT:]
    best = {entry["iteration"] for entry in best_entries(project, run_name)}
    project.weights.prune(run_name, keep={*latest, *best})


def best_entries(project: Project, run_name: str) -> list[Best]:
    """Return the records of all bests: iteration, parameters, value."""
    return [
        entry
        for criteria in project.weights.best(run_name).values()
        for entry in criteria.values()
    ]


def load_weights_of(run: Run, project: Project, iteration: int) -> dict[str, Any]:
    """Load the model weights of a checkpoint into `run` and return the checkpoint.

    Raises
    ------
    DataNotFoundError
        If there is no such checkpoint.
    DataError
        If the file is damaged or holds the weights of a different network.
    """
    state = project.weights.retrieve_weights(run.name, iteration)
    try:
        run.model.load_state_dict(state["model"])
    except (KeyError, RuntimeError) as error:
        raise DataError(
            f"checkpoint {iteration} of run {run.name!r} does not hold the weights of "
            f"this network: {error}"
        ) from error
    return state


def restore_latest(run: Run, project: Project) -> Iterator[Warned]:
    """Bring `run` to its newest usable checkpoint, if there is one.

    Damaged checkpoints are reported and passed over.
    """
    for iteration in reversed(project.weights.iterations(run.name)):
        try:
            state = load_weights_of(run, project, iteration)
            run.optimizer.load_state_dict(state["optimizer"])
            run.trainer.load_state_dict(state["trainer"])
        except (DaCapoError, KeyError, ValueError) as error:
            yield Warned(
                f"checkpoint {iteration} of run {run.name!r} cannot be used ({error}); "
                "going on from the one before"
            )
        else:
            return
