"""What a checkpoint holds, and how a run is brought back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DaCapoError, DataError, DivergedError, RunError
from napari_dacapo.events import Warned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_dacapo.nn.model import Model
    from napari_dacapo.store import Project
    from napari_dacapo.store.weights_store import Best

    from .run import Run

SCHEMA_VERSION = 1
#: the newest checkpoints that are always kept, besides the best ones
NUM_LATEST_KEPT = 2


def save_checkpoint(run: Run, project: Project) -> Path:
    """Store everything needed to go on exactly here, then drop what is outdated.

    Raises
    ------
    DivergedError
        If a weight is not finite; nothing is stored then.
    DataError
        If the file cannot be written.
    """
    iteration = run.trainer.iteration
    state = {
        "schema_version": SCHEMA_VERSION,
        "iteration": iteration,
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "trainer": run.trainer.state_dict(),
    }
    for part in ("model", "optimizer"):
        if not _is_finite(state[part]):
            raise DivergedError(
                f"after {iteration} iterations the {part} holds numbers that are not "
                "finite; they are not stored"
            )
    path = project.weights.store_weights(run.name, iteration, state)
    prune_checkpoints(run, project)
    return path


def _is_finite(state: Any) -> bool:
    """Whether all numbers in nested dictionaries and lists of tensors are finite."""
    import torch

    if isinstance(state, torch.Tensor):
        # a sum is finite unless a part is not, or it overflows, and needs no memory
        total = state.sum() if state.is_floating_point() else torch.zeros(())
        return bool(torch.isfinite(total)) or bool(torch.isfinite(state).all())
    if isinstance(state, dict):
        return all(map(_is_finite, state.values()))
    return not isinstance(state, list) or all(map(_is_finite, state))


def prune_checkpoints(run: Run, project: Project) -> None:
    """Keep the latest two checkpoints, the best ones and every `keep_every`-th."""
    iterations = project.weights.iterations(run.name)
    keep = {*iterations[-NUM_LATEST_KEPT:]}
    keep |= {entry["iteration"] for entry in best_entries(project, run.name)}
    every = run.config.keep_every
    if every is not None:
        keep |= {i for i in iterations if i % every == 0}
    project.weights.prune(run.name, keep)


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
    load_weights(run.model, state, f"checkpoint {iteration} of run {run.name!r}")
    return state


def load_weights(model: Model, state: dict[str, Any], what: str) -> None:
    """Load all weights of a checkpoint into `model`.

    Raises
    ------
    DataError
        If they are those of a different network; `what` names the checkpoint.
    """
    try:
        model.load_state_dict(state["model"])
    except (KeyError, RuntimeError) as error:
        raise DataError(
            f"{what} does not hold the weights of this network: {error}"
        ) from error


def restore_latest(run: Run, project: Project) -> Iterator[Warned]:
    """Bring `run` to its newest usable checkpoint, or to its start if it has none.

    Checkpoints that cannot be used are reported, passed over and set aside.

    Raises
    ------
    RunError
        If there are checkpoints, but none can be used; nothing was changed then.
    """
    project.weights.remove_leftovers(run.name)
    unusable: dict[int, str] = {}
    for iteration in reversed(project.weights.iterations(run.name)):
        try:
            _restore(run, project, iteration)
        except _UNUSABLE as error:
            unusable[iteration] = str(error)
            continue
        for number, reason in unusable.items():
            aside = project.weights.set_aside(run.name, number)
            yield Warned(
                f"checkpoint {number} of run {run.name!r} cannot be used ({reason}); "
                f"going on from the one before, {iteration} (it is kept as {aside})"
            )
        return
    if unusable:
        reasons = "; ".join(f"{number}: {why}" for number, why in unusable.items())
        raise RunError(
            f"none of the checkpoints of run {run.name!r} can be used ({reasons}); "
            "repair or delete them, or train under another name"
        )
    if run.trainer.iteration > 0:
        run.reset()


#: what loading a checkpoint of another network, trainer or version may raise
_UNUSABLE = (DaCapoError, KeyError, ValueError, TypeError, RuntimeError, AttributeError)


def _restore(run: Run, project: Project, iteration: int) -> None:
    state = load_weights_of(run, project, iteration)
    if not (_is_finite(state["model"]) and _is_finite(state["optimizer"])):
        raise DataError("it holds numbers that are not finite")
    run.optimizer.load_state_dict(state["optimizer"])
    run.trainer.load_state_dict(state["trainer"])
