"""What the Experiment dock does in a worker: it opens files; no Qt in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._registry import lookup
from napari_dacapo.arrays import ArrayConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.runs import Finding, RunConfig, Severity, Suggestion

from ._experiment_sources import store_layers
from ._experiment_splits import configs_in, replaced
from .forms._editor import Errors
from .forms._verification import complaints
from .models.forks import begin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from ._experiment_splits import Classes, Pair
    from ._layer_content import LayerContent
    from .models.forks import Origin

    #: what layers show, and the configs that stood for them so far
    Contents = Sequence[tuple[ArrayConfig, LayerContent]]

#: kinds of configs that the dock saves and loads, and the field of a run each one fills
KINDS = {
    "run": "",
    "task": "task_config",
    "architecture": "architecture_config",
    "trainer": "trainer_config",
    "datasplit": "datasplit_config",
    "start": "start_config",
}


@attrs.frozen
class Prepared:
    """A run whose data are on disk.

    Attributes
    ----------
    run_config : RunConfig
        The run.
    stored : list of (ArrayConfig, ArrayConfig)
        What layers were stored as: config before, config now.
    complaints : dict
        What is wrong with the settings, by field.
    findings : list of Finding or None
        What was found out about the data, `None` if they were not looked at.
    """

    run_config: RunConfig
    stored: list[tuple[ArrayConfig, ArrayConfig]]
    complaints: Errors
    findings: list[Finding] | None = None


def prepare(
    run_config: RunConfig,
    contents: Contents,
    folder: Path,
    *,
    check: bool = True,
    origin: Origin | None = None,
) -> Prepared:
    """Store the layers among the data, verify the run and its name, check the data.

    Parameters
    ----------
    run_config : RunConfig
        The run.
    contents, folder
        As for `store_layers`.
    check : bool
        Whether the data are looked at; not necessary if that was done just now.
    origin : Origin, optional
        The checkpoint of another run to go on from.
    """
    stored = store_layers(contents, folder)
    ready = replaced(run_config, stored)
    wrong = complaints(ready) or _name_taken(ready, folder)
    findings = list(_findings(ready)) if check and not wrong else None
    forbidden = any(f.severity is Severity.ERROR for f in findings or ())
    if origin is not None and not (wrong or forbidden):
        begin(ready, origin, folder)
    return Prepared(ready, stored, wrong, findings)


def _findings(run_config: RunConfig) -> Iterator[Finding]:
    from napari_dacapo.runs import check_data

    return check_data(
        run_config.datasplit_config,
        run_config.task_config,
        run_config.architecture_config,
        run_config.trainer_config,
    )


def _name_taken(run_config: RunConfig, folder: Path) -> Errors:
    """Return a complaint if a different run has the name; an equal one is continued."""
    from napari_dacapo.store import Project

    configs = Project(folder).configs
    name = run_config.name
    if name not in configs.retrieve_run_config_names():
        return {}
    stored = configs.retrieve_run_config(name)
    if attrs.evolve(stored, num_iterations=run_config.num_iterations) == run_config:
        return {}
    text = f"a run with other settings is called {name!r}; give this one another name"
    return {("name",): text}


def verify_run(run_config: RunConfig, planned: Collection[ArrayConfig]) -> Errors:
    """Return what is wrong with a run; `planned` are arrays that do not exist yet.

    While there are any among the data, only the other parts are verified.
    """
    if not any(c in planned for c in configs_in(run_config.datasplit_config)):
        return complaints(run_config)
    return {
        (name, *path): text
        for kind, name in KINDS.items()
        if name and kind != "datasplit"
        for path, text in complaints(getattr(run_config, name)).items()
    }


@attrs.frozen
class Proposal:
    """Settings proposed from data; `stored` as in `Prepared`."""

    suggestion: Suggestion
    stored: list[tuple[ArrayConfig, ArrayConfig]]


def propose(
    pairs: tuple[list[Pair], list[Pair]],
    contents: Contents,
    folder: Path,
    *,
    task: str | None,
    name: str,
    classes: Classes | None,
) -> Proposal:
    """Store the layers among the data, and propose settings for `pairs`.

    Parameters
    ----------
    pairs : (list of pairs, list of pairs)
        Raw data and labels to train and to validate on.
    contents, folder
        As for `store_layers`.
    task, name, classes
        As for `napari_dacapo.runs.suggest`.
    """
    from napari_dacapo.runs import suggest

    stored = store_layers(contents, folder)
    train, validate = replaced(pairs, stored)
    groups = {title: tuple(ids) for title, ids in classes or ()}
    suggestion = suggest(train, validate, task=task, name=name, classes=groups or None)
    return Proposal(suggestion, stored)


def list_configs(folder: Path) -> dict[str, list[str]]:
    """Return the names of all configs stored in a project, by kind."""
    from napari_dacapo.store import Project

    configs = Project(folder).configs
    return {kind: getattr(configs, f"retrieve_{kind}_config_names")() for kind in KINDS}


def load_config(folder: Path, kind: str, name: str) -> Any:
    """Return a config stored in a project.

    Raises
    ------
    DaCapoError
        If there is none or its file is damaged.
    """
    from napari_dacapo.store import Project

    return getattr(Project(folder).configs, f"retrieve_{kind}_config")(name)


@attrs.frozen
class Saved:
    """A config that was saved, told by `text`; `stored` as in `Prepared`."""

    text: str
    stored: list[tuple[ArrayConfig, ArrayConfig]]


def save_config(folder: Path, kind: str, config: Any, contents: Contents) -> Saved:
    """Store `config`, and the layers among its data, in a project.

    Raises
    ------
    DuplicateNameError
        If a different config has the name.
    """
    from napari_dacapo.store import Project

    stored = store_layers(contents, folder)
    store = getattr(Project.open(folder).configs, f"store_{kind}_config")
    store(replaced(config, stored))
    return Saved(f"Saved {kind} {getattr(config, 'name', '')!r} in {folder}", stored)


def read_config(path: Path, folder: Path) -> tuple[str, Any]:
    """Return kind and object of the config in the YAML file `path`.

    Relative paths in it are inside the project, if the file is, else beside the file.

    Raises
    ------
    ConfigError
        If the file describes none.
    """
    from napari_dacapo.store.converter import from_doc
    from napari_dacapo.store.yaml_files import read_yaml

    doc = read_yaml(path)
    if not isinstance(doc, dict):
        raise ConfigError(f"{path} holds no config (name: value)")
    base = folder if path.is_relative_to(folder) else path.parent
    kind, root = _kind_of(doc, path)
    fields = {key: value for key, value in doc.items() if key != "schema_version"}
    return kind, from_doc(fields, root, base)


def _kind_of(doc: dict[str, Any], path: Path) -> tuple[str, type]:
    from napari_dacapo.store.config_store import KINDS as STORED

    roots = {kind: lookup(STORED[kind][1]) for kind in KINDS}
    if "task_config" in doc:
        return "run", roots["run"]
    try:
        cls = lookup(doc.get("__type__", ""))
    except NameError as error:
        raise ConfigError(f"{path}: __type__: {error}") from None
    for kind, root in roots.items():
        if issubclass(cls, root):
            return kind, root
    raise ConfigError(
        f"{path} describes a {cls.__name__}; choose a file that describes one of: "
        f"{', '.join(KINDS)}"
    )
