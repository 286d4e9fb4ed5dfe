"""Forks: runs that begin with a checkpoint of another run, with changed fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import ConfigError, DataError, DuplicateNameError
from napari_dacapo.store.converter import from_doc, to_doc

from ._checkpoints import load_weights, save_checkpoint
from ._record import write_record
from ._session import ProjectLike, open_project, store_run
from ._validate import checkpoint_or_latest, restore_best
from .run import Run, RunConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_dacapo.store import Project

#: what a trainer goes on with although its own settings may have changed
_INHERITED = ("iteration", "batches_taken", "class_counts")


def change_fields(
    config: RunConfig, name: str, changes: Mapping[str, Any]
) -> RunConfig:
    """Return a copy of `config` called `name` in which some fields are different.

    Parameters
    ----------
    config : RunConfig
        Stays as it is.
    name : str
        Of the copy.
    changes : mapping of str to plain data
        New values by path, such as ``"trainer_config.learning_rate"``; values as in a
        YAML file.

    Raises
    ------
    ConfigError
        If there is no such field, or it cannot have this value.
    """
    doc = to_doc(config)
    for path, value in {**changes, "name": name}.items():
        *parents, last = path.split(".")
        place = doc
        for key in parents:
            place = place.get(key) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in place:
            known = ", ".join(k for k in place or () if not k.startswith("__"))
            raise ConfigError(
                f"{path}: there is no such field; known there: {known or 'none'}"
            )
        place[last] = value
    changed: RunConfig = from_doc(doc, RunConfig)
    return changed


def fork(
    parent: str,
    config: RunConfig,
    *,
    iteration: int | None = None,
    project: ProjectLike = None,
) -> dict[str, Any]:
    """Store a run that goes on from a checkpoint of `parent` when it is trained.

    Weights, optimizer, class counts and the number of completed iterations are taken
    over, the losses and scores until then copied. Another optimizer or task begins with
    fresh state of its own. What the run descends from is in its ``run.yaml``.

    Parameters
    ----------
    parent : str
        A stored run.
    config : RunConfig
        Of the fork, with a name of its own; see `change_fields`.
    iteration : int, optional
        Which checkpoint; by default the latest.
    project : Project or path, optional
        Where both are stored.

    Returns
    -------
    dict
        New values of the fields that differ, by path.

    Raises
    ------
    DuplicateNameError
        If there is a run of this name.
    DataNotFoundError
        If there is no such checkpoint.
    DataError
        If the weights do not fit the changed network.
    """
    folder = open_project(project)
    if config.name in folder.run_names:
        raise DuplicateNameError(
            f"there is a run named {config.name!r} already; choose another name"
        )
    before = folder.configs.retrieve_run_config(parent)
    iteration = checkpoint_or_latest(parent, iteration, folder)
    changed = _differences(to_doc(before), to_doc(config))
    changed.pop("name", None)
    run = Run(config, load_starter_model=False)
    _take_over(run, folder.weights.retrieve_weights(parent, iteration), before, parent)
    same_task = to_doc(before.task_config) == to_doc(config.task_config)
    _copy_results(run, parent, folder, scores=same_task)
    origin = {"kind": "fork", "run": parent, "iteration": iteration, "changed": changed}
    write_record(run, folder, parent=origin)
    save_checkpoint(run, folder)
    restore_best(run, folder)
    store_run(run, folder)
    return changed


def _take_over(run: Run, state: dict[str, Any], before: RunConfig, parent: str) -> None:
    try:
        load_weights(run.model, state, f"run {parent!r}")
    except DataError as error:
        raise DataError(
            f"{error}. A fork keeps the network; to begin with what fits of the "
            "weights, give a new run a start_config"
        ) from error
    old, new = before.trainer_config, run.config.trainer_config
    names = [getattr(config, "optimizer", type(config)) for config in (old, new)]
    run.trainer.plan(run.config.num_iterations)
    if names[0] == names[1]:
        run.optimizer.load_state_dict(state["optimizer"])
    trainer = {k: v for k, v in state["trainer"].items() if k in _INHERITED}
    if to_doc(before.task_config) != to_doc(run.config.task_config):
        trainer.pop("class_counts", None)
    run.trainer.load_state_dict(trainer)


def _copy_results(run: Run, parent: str, project: Project, *, scores: bool) -> None:
    iteration, stats = run.trainer.iteration, project.stats
    stored = stats.retrieve_training_stats(parent).iteration_stats
    stats.append_training_stats(
        run.name, [s for s in stored if s.iteration < iteration]
    )
    if not scores:
        return
    rows = [row for row in stats.validation_rows(parent) if row.iteration <= iteration]
    stats.append_validation_rows(run.name, rows)


def _differences(one: Any, other: Any, path: str = "") -> dict[str, Any]:
    """Return the values of `other` that `one` has not, by path."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return {} if one == other else {path: other}
    if one.get("__type__") != other.get("__type__"):
        return {path: other}
    found: dict[str, Any] = {}
    for key in {**one, **other}:
        below = f"{path}.{key}" if path else key
        found |= _differences(one.get(key), other.get(key), below)
    return found
