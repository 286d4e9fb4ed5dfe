"""Import of a project folder written by DaCapo: configs, statistics, checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._registry import lookup
from napari_dacapo.errors import ConfigError, DaCapoError, DataNotFoundError
from napari_dacapo.events import CheckpointSaved, Event, Warned
from napari_dacapo.options import DaCapoConfig
from napari_dacapo.stats import TrainingIterationStats

from ._dacapo_files import read_statistics, read_weights
from .config_store import KINDS
from .conversion_hooks import read_path, register_hooks
from .converter import TypedConverter, to_doc
from .names import safe_file_name
from .yaml_files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from napari_dacapo.tasks import Task

    from .project import Project

#: tasks whose prediction head had a kernel of 3, which their documents do not say
_LARGE_HEADS = ("HotDistanceTaskConfig", "OneHotTaskConfig")
_SCORES_NOTE = (
    "scores were imported as DaCapo computed them: its precision, F1, false positive "
    "and false discovery rates are wrong, and the Hausdorff distance if voxels are "
    "anisotropic; validate again for right ones"
)


@attrs.define
class ImportReport:
    """What an import brought.

    Attributes
    ----------
    configs : dict
        Names of the imported configs by kind (``"run"``, ``"task"``, ...).
    checkpoints : dict
        Iterations of the imported checkpoints by run.
    losses : dict
        Number of imported losses by run.
    validations : dict
        Number of imported validations by run.
    renamed : dict
        New name by old name, where the old one cannot be a file name.
    warnings : list of str
        What was left out or is not as it was, and why.
    """

    configs: dict[str, list[str]] = attrs.field(factory=dict)
    checkpoints: dict[str, list[int]] = attrs.field(factory=dict)
    losses: dict[str, int] = attrs.field(factory=dict)
    validations: dict[str, int] = attrs.field(factory=dict)
    renamed: dict[str, str] = attrs.field(factory=dict)
    warnings: list[str] = attrs.field(factory=list)

    def lines(self) -> list[str]:
        """Return all of it for people, one line for each thing."""
        lines = [
            f"{kind} configs: {', '.join(names)}"
            for kind, names in self.configs.items()
        ]
        for run in self.configs.get("run", []):
            iterations = ", ".join(map(str, self.checkpoints.get(run, [])))
            lines.append(
                f"run {run}: checkpoints of iterations {iterations or 'none'}, "
                f"{self.losses.get(run, 0)} losses, {self.validations.get(run, 0)} "
                "validations"
            )
        lines += [
            f"{old!r} is called {new!r} here: the old name cannot be a file name"
            for old, new in self.renamed.items()
        ]
        return lines + [f"note: {warning}" for warning in self.warnings]


def import_project(
    source: Path | str, project: Project, moved: Mapping[Path, Path] | None = None
) -> ImportReport:
    """Import a DaCapo project folder; see `iter_import`."""
    events = iter_import(source, project, moved)
    while True:
        try:
            next(events)
        except StopIteration as end:
            report: ImportReport = end.value
            return report


def iter_import(
    source: Path | str, project: Project, moved: Mapping[Path, Path] | None = None
) -> Generator[Event, None, ImportReport]:
    """Import a DaCapo project folder, which is only read.

    Predictions and snapshots are not copied. What is stored in `project` already, or
    cannot be read, is left out with a warning. No file is executed: of pickled files
    only numbers and tensors are read.

    Parameters
    ----------
    source : Path
        The folder (``runs_base_dir``) of a project, or the options file
        ``dacapo.yaml`` that names it.
    project : Project
        Where everything is stored.
    moved : mapping of Path to Path, optional
        Folders that the configs name, and where what was in them is now.

    Yields
    ------
    Event
        `CheckpointSaved` for every checkpoint, `Warned` for everything left out.

    Returns
    -------
    ImportReport
        What was imported.

    Raises
    ------
    DataNotFoundError
        If `source` is no such folder.
    """
    report = ImportReport()
    for event in _Import(Path(source), project, report, moved or {}).events():
        if isinstance(event, Warned):
            report.warnings.append(event.message)
        yield event
    return report


class _Import:
    """One import; see `iter_import`."""

    def __init__(
        self,
        source: Path,
        project: Project,
        report: ImportReport,
        moved: Mapping[Path, Path],
    ) -> None:
        self._base, self._moved = _base_folder(source), moved
        self._project, self._report = project, report
        self._missing: set[Path] = set()
        self._converter = TypedConverter()
        register_hooks(self._converter)
        self._converter.register_structure_hook(
            Path, lambda value, _: self._resolved(read_path(value))
        )

    def _resolved(self, path: Path) -> Path:
        """Return an absolute path; DaCapo's were relative to where it was started."""
        places = [self._base.parent / path, self._base / path, path.absolute()]
        places += [
            new / place.relative_to(old)
            for place in (path, *places)
            for old, new in self._moved.items()
            if place.is_relative_to(old)
        ]
        found = next((place for place in places if place.exists()), None)
        if found is None:
            self._missing.add(places[0])
        return found or places[0]

    def events(self) -> Iterator[Event]:
        for kind in KINDS:
            if kind != "run":
                yield from self._configs(kind)
        for path in self._config_files("run"):
            yield from self._attempt(path, self._run(path))

    def _attempt(self, path: Path, steps: Iterator[Event]) -> Iterator[Event]:
        try:
            yield from steps
        except (DaCapoError, OSError) as error:
            name = path.relative_to(self._base).as_posix()
            yield Warned(f"{name} was left out: {error}")

    def _config_files(self, kind: str) -> list[Path]:
        return sorted(self._base.joinpath("configs", KINDS[kind][0]).rglob("*.yaml"))

    def _configs(self, kind: str) -> Iterator[Event]:
        for path in self._config_files(kind):
            yield from self._attempt(path, self._config(path, kind))

    def _config(self, path: Path, kind: str) -> Iterator[Event]:
        self._store_config(kind, self._read_config(path, kind))
        yield from ()

    def _read_config(self, path: Path, kind: str) -> Any:
        doc = _with_large_heads(read_yaml(path))
        return self._converter.structure(doc, lookup(KINDS[kind][1]))

    def _store_config(self, kind: str, config: Any) -> str:
        """Store `config` and return the name under which that was done."""
        if hasattr(config, "name") and safe_file_name(config.name) != config.name:
            self._report.renamed[config.name] = safe_file_name(config.name)
            config.name = safe_file_name(config.name)
        getattr(self._project.configs, f"store_{kind}_config")(config)
        name = str(getattr(config, "name", ""))
        self._report.configs.setdefault(kind, []).append(name)
        return name

    def _run(self, path: Path) -> Iterator[Event]:
        old_name = path.stem
        self._missing.clear()
        config = self._read_config(path, "run")
        name = safe_file_name(config.name)
        if self._project.run_folder(name).exists():
            raise ConfigError(
                f"the project has results of a run named {name!r} already"
            )
        self._store_config("run", config)
        if self._missing:
            yield Warned(self._missing_text(name))
        yield from self._checkpoints(old_name, name)
        for what, steps in (
            ("training_stats", self._training(old_name, name)),
            ("validation_scores", self._validation(old_name, name, config)),
        ):
            file = self._base / "stats" / what / old_name
            if file.is_file():
                yield from self._attempt(file, steps)
        record = {"imported_from": str(self._base), "seed": config.repetition}
        record["config"] = to_doc(config, self._project.folder)
        self._project.write_run_record(name, record)

    def _missing_text(self, name: str) -> str:
        paths = sorted(map(str, self._missing))
        run_file = self._project.folder / "configs" / KINDS["run"][0] / f"{name}.yaml"
        return (
            f"run {name!r} needs data that are not here: {', '.join(paths)}; before it "
            f"is trained or applied, correct file_name in {run_file}, or import into "
            "a new project and tell where they are now: --moved OLD=NEW"
        )

    def _checkpoints(self, old_name: str, name: str) -> Iterator[Event]:
        folder = self._base / old_name / "checkpoints"
        files = [f for f in folder.glob("iterations/*") if f.name.isdecimal()]
        for file in sorted(files, key=lambda f: int(f.name)):
            yield from self._attempt(file, self._checkpoint(file, name))
        for file in sorted(folder.glob("*/*.json")):
            yield from self._attempt(file, self._best(file, name))

    def _checkpoint(self, file: Path, name: str) -> Iterator[Event]:
        iteration = int(file.name)
        state = {
            "schema_version": 1,
            "iteration": iteration,
            **read_weights(file),
            "trainer": {"iteration": iteration},
        }
        path = self._project.weights.store_weights(name, iteration, state)
        self._report.checkpoints.setdefault(name, []).append(iteration)
        yield CheckpointSaved(iteration, path)

    def _best(self, file: Path, name: str) -> Iterator[Event]:
        try:
            iteration = int(json.loads(file.read_text(encoding="utf-8"))["iteration"])
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"it does not name an iteration ({error})") from error
        dataset, criterion = file.parent.name, file.stem
        self._project.weights.store_best(name, iteration, dataset, criterion)
        yield from ()

    def _training(self, old_name: str, name: str) -> Iterator[Event]:
        records = read_statistics(self._base / "stats" / "training_stats" / old_name)
        stats = [
            TrainingIterationStats(
                _number(r, "iteration", int), _number(r, "loss"), _number(r, "time")
            )
            for r in records
        ]
        self._project.stats.append_training_stats(name, stats)
        self._report.losses[name] = len(stats)
        if stats and stats[0].iteration > 0:
            yield Warned(
                f"run {name!r}: DaCapo kept the losses from iteration "
                f"{stats[0].iteration} on only"
            )

    def _validation(self, old_name: str, name: str, config: Any) -> Iterator[Event]:
        records = read_statistics(self._base / "stats" / "validation_scores" / old_name)
        task = config.task_config.create_task()
        datasets = [c.name for c in config.datasplit_config.validate_configs]
        for record in records:
            iteration = _number(record, "iteration", int)
            for dataset, by_parameters in zip(
                datasets, record.get("scores", ()), strict=False
            ):
                self._score(name, iteration, dataset, task, by_parameters)
        self._report.validations[name] = len(records)
        if records:
            yield Warned(f"run {name!r}: {_SCORES_NOTE}")

    def _score(
        self, name: str, iteration: int, dataset: str, task: Task, scores: Any
    ) -> None:
        criteria = task.evaluation_scores.criteria
        for parameters, values in zip(task.parameters, scores, strict=False):
            self._project.stats.append_validation_scores(
                name,
                iteration,
                dataset,
                parameters,
                dict(zip(criteria, map(float, values), strict=False)),
            )


def _base_folder(source: Path) -> Path:
    """Return the folder with the configs, given it or the options file."""
    source = source.expanduser().absolute()
    if source.is_file():
        source = DaCapoConfig.from_file(source).runs_base_dir
    elif not (source / "configs").is_dir() and (source / "dacapo.yaml").is_file():
        source = DaCapoConfig.from_file(source / "dacapo.yaml").runs_base_dir
    if not (source / "configs").is_dir():
        raise DataNotFoundError(
            f"{source} is no DaCapo project: it has no folder 'configs'; choose the "
            "folder that runs_base_dir in dacapo.yaml names"
        )
    return source


def _with_large_heads(doc: Any) -> Any:
    if isinstance(doc, dict):
        filled = {key: _with_large_heads(value) for key, value in doc.items()}
        if doc.get("__type__") in _LARGE_HEADS:
            filled.setdefault("kernel_size", 3)
        return filled
    return [_with_large_heads(item) for item in doc] if isinstance(doc, list) else doc


def _number(record: dict[str, Any], key: str, kind: type = float) -> Any:
    try:
        return kind(record[key])
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{key}: a number is needed in {record!r}") from error
