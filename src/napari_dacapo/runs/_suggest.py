"""Settings proposed from the data, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import ConfigError

from ._advise_data import propose_datasplit
from ._advise_network import propose_architecture
from ._advise_task import propose_task
from ._advise_training import propose_trainer
from ._facts import measure
from ._plan import make_plan
from .run import RunConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._advise_data import DataPair

#: validations in the course of a training
VALIDATIONS = 5


@attrs.frozen
class Suggestion:
    """A complete run, and why its values are what they are.

    `reasons` maps paths of fields, such as ``architecture_config.input_shape``, to one
    sentence.
    """

    run_config: RunConfig
    reasons: dict[str, str]


def suggest(
    train: Sequence[DataPair],
    validate: Sequence[DataPair] = (),
    *,
    task: str | None = None,
    name: str = "run",
    classes: Mapping[str, Sequence[int]] | None = None,
    num_iterations: int | None = None,
    lsds: bool | None = None,
) -> Suggestion:
    """Propose a run for raw volumes and their labels.

    Parameters
    ----------
    train, validate : sequence of (ArrayConfig, ArrayConfig)
        Raw data and integer labels, 0 = background. With nothing to validate on, a part
        of the first training volume is held out. The first volume is what is looked at.
    task : str, optional
        What to learn: "distance", "hot_distance", "inner_distance", "one_hot" or
        "affinities". By default it is proposed from the labels and classes.
    name : str
        Name of the run.
    classes : mapping of str to sequence of int, optional
        Names of what is learned and their labels; no labels mean all but 0. By default
        what is labelled is one class, "foreground", or with "one_hot" every label one.
    num_iterations : int, optional
        For how long to train, if that is not to be proposed.
    lsds : bool, optional
        Whether local shape descriptors are learned with affinities; so by default.

    Raises
    ------
    ConfigError
        If there is nothing to train on, or the task is unknown or does not go with the
        labels and classes.
    DataError
        If the data cannot be used.
    """
    if not train:
        raise ConfigError("train: nothing to train on; give raw data and labels")
    groups = {title: tuple(ids) for title, ids in (classes or {}).items()}
    ids = [i for group in groups.values() for i in group]
    raw, labels = train[0]
    facts = measure(
        raw.create_array(),
        labels.create_array(),
        ids if groups and all(groups.values()) else (),
    )
    plan = make_plan(name, facts, task, groups, num_iterations)
    architecture = propose_architecture(plan)
    run_config = RunConfig(
        task_config=propose_task(plan, lsds=lsds),
        architecture_config=architecture,
        trainer_config=propose_trainer(plan, architecture),
        datasplit_config=propose_datasplit(plan, train, validate),
        name=name,
        num_iterations=plan.num_iterations,
        validation_interval=max(1, plan.num_iterations // VALIDATIONS),
    )
    return Suggestion(run_config, plan.reasons)
