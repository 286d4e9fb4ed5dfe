"""Configs of a project, one YAML file each, found again by kind and name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from napari_dacapo._registry import lookup
from napari_dacapo.errors import DataNotFoundError, DuplicateNameError

from .atomic import write_text
from .converter import dump_yaml, load_yaml, to_doc
from .names import check_file_name, safe_file_name, same_file
from .trash import Trash

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_dacapo._registry import Registered
    from napari_dacapo.architectures import ArchitectureConfig
    from napari_dacapo.arrays import ArrayConfig
    from napari_dacapo.datasplits import DataSplitConfig
    from napari_dacapo.datasplits.datasets import DatasetConfig
    from napari_dacapo.tasks import TaskConfig
    from napari_dacapo.trainers import TrainerConfig

#: kind of config: folder below ``configs`` and root class
KINDS = {
    "run": ("runs", "RunConfig"),
    "task": ("tasks", "TaskConfig"),
    "architecture": ("architectures", "ArchitectureConfig"),
    "trainer": ("trainers", "TrainerConfig"),
    "datasplit": ("datasplits", "DataSplitConfig"),
    "dataset": ("datasets", "DatasetConfig"),
    "array": ("arrays", "ArrayConfig"),
    "start": ("starts", "StartConfig"),
}
_SUFFIX = ".yaml"


class ConfigStore:
    """Stores, lists, reads and deletes the configs of a project.

    Every kind has four methods. ``store_*`` does nothing if an equal config is stored
    under the name already and raises `DuplicateNameError` if a different one is
    (fields in `ignore` may differ and are updated). ``retrieve_*`` raises
    `DataNotFoundError`, a `ValueError`, for unknown names. ``delete_*`` moves the file
    to the trash and returns its place there, for `Trash.restore`.

    Parameters
    ----------
    folder : Path
        The project folder; paths inside it are stored relative to it.
    """

    def __init__(self, folder: Path) -> None:
        self._base = folder
        self.trash = Trash(folder)

    def store_run_config(self, run_config: Any, ignore: Iterable[str] = ()) -> None:
        self._store("run", run_config, ignore)

    def retrieve_run_config(self, run_name: str) -> Any:
        return self._retrieve("run", run_name)

    def retrieve_run_config_names(self) -> list[str]:
        return self._names("run")

    def delete_run_config(self, run_name: str) -> Path:
        return self._delete("run", run_name)

    def store_task_config(
        self, task_config: TaskConfig, ignore: Iterable[str] = ()
    ) -> None:
        self._store("task", task_config, ignore)

    def retrieve_task_config(self, task_name: str) -> TaskConfig:
        return cast("TaskConfig", self._retrieve("task", task_name))

    def retrieve_task_config_names(self) -> list[str]:
        return self._names("task")

    def delete_task_config(self, task_name: str) -> Path:
        return self._delete("task", task_name)

    def store_architecture_config(
        self, architecture_config: ArchitectureConfig, ignore: Iterable[str] = ()
    ) -> None:
        self._store("architecture", architecture_config, ignore)

    def retrieve_architecture_config(
        self, architecture_name: str
    ) -> ArchitectureConfig:
        return cast(
            "ArchitectureConfig", self._retrieve("architecture", architecture_name)
        )

    def retrieve_architecture_config_names(self) -> list[str]:
        return self._names("architecture")

    def delete_architecture_config(self, architecture_name: str) -> Path:
        return self._delete("architecture", architecture_name)

    def store_trainer_config(
        self, trainer_config: TrainerConfig, ignore: Iterable[str] = ()
    ) -> None:
        self._store("trainer", trainer_config, ignore)

    def retrieve_trainer_config(self, trainer_name: str) -> TrainerConfig:
        return cast("TrainerConfig", self._retrieve("trainer", trainer_name))

    def retrieve_trainer_config_names(self) -> list[str]:
        return self._names("trainer")

    def delete_trainer_config(self, trainer_name: str) -> Path:
        return self._delete("trainer", trainer_name)

    def store_datasplit_config(
        self, datasplit_config: DataSplitConfig, ignore: Iterable[str] = ()
    ) -> None:
        self._store("datasplit", datasplit_config, ignore)

    def retrieve_datasplit_config(self, datasplit_name: str) -> DataSplitConfig:
        return cast("DataSplitConfig", self._retrieve("datasplit", datasplit_name))

    def retrieve_datasplit_config_names(self) -> list[str]:
        return self._names("datasplit")

    def delete_datasplit_config(self, datasplit_name: str) -> Path:
        return self._delete("datasplit", datasplit_name)

    def store_dataset_config(
        self, dataset_config: DatasetConfig, ignore: Iterable[str] = ()
    ) -> None:
        self._store("dataset", dataset_config, ignore)

    def retrieve_dataset_config(self, dataset_name: str) -> DatasetConfig:
        return cast("DatasetConfig", self._retrieve("dataset", dataset_name))

    def retrieve_dataset_config_names(self) -> list[str]:
        return self._names("dataset")

    def delete_dataset_config(self, dataset_name: str) -> Path:
        return self._delete("dataset", dataset_name)

    def store_array_config(
        self, array_config: ArrayConfig, ignore: Iterable[str] = ()
    ) -> None:
        self._store("array", array_config, ignore)

    def retrieve_array_config(self, array_name: str) -> ArrayConfig:
        return cast("ArrayConfig", self._retrieve("array", array_name))

    def retrieve_array_config_names(self) -> list[str]:
        return self._names("array")

    def delete_array_config(self, array_name: str) -> Path:
        return self._delete("array", array_name)

    def store_start_config(self, start_config: Any, ignore: Iterable[str] = ()) -> None:
        self._store("start", start_config, ignore)

    def retrieve_start_config(self, start_name: str) -> Any:
        return self._retrieve("start", start_name)

    def retrieve_start_config_names(self) -> list[str]:
        return self._names("start")

    def delete_start_config(self, start_name: str) -> Path:
        return self._delete("start", start_name)

    def _store(self, kind: str, config: Any, ignore: Iterable[str]) -> None:
        name = check_file_name(_name_of(config))
        path = self._path(kind, name)
        if (clash := same_file(name, self._names(kind))) is not None:
            raise DuplicateNameError(
                f"a {kind} named {clash!r} exists, which some computers do not tell "
                f"from {name!r}; choose another name"
            )
        if path.exists():
            different = self._differences(kind, path, config) - set(ignore)
            if different:
                raise DuplicateNameError(
                    f"a different {kind} named {name!r} is already stored (it differs "
                    f"in {', '.join(sorted(different))}); choose another name, or "
                    "use the stored one by its name"
                )
        text = dump_yaml(config, self._base)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)

    def _differences(self, kind: str, path: Path, config: Any) -> set[str]:
        stored = to_doc(load_yaml(path, _root(kind), self._base), self._base)
        new = to_doc(config, self._base)
        return {key for key in stored | new if stored.get(key) != new.get(key)}

    def _retrieve(self, kind: str, name: str) -> Any:
        return load_yaml(self._existing(kind, name), _root(kind), self._base)

    def _delete(self, kind: str, name: str) -> Path:
        return self.trash.discard(self._existing(kind, name))

    def _names(self, kind: str) -> list[str]:
        files = self._base.joinpath("configs", KINDS[kind][0]).glob(f"*{_SUFFIX}")
        return sorted(f.name.removesuffix(_SUFFIX) for f in files if f.name[0] != ".")

    def _existing(self, kind: str, name: str) -> Path:
        path = self._path(kind, check_file_name(name))
        if not path.is_file():
            known = ", ".join(self._names(kind)) or "none"
            raise DataNotFoundError(
                f"no {kind} named {name!r} is stored in {self._base}; known: {known}"
            )
        return path

    def _path(self, kind: str, name: str) -> Path:
        return self._base / "configs" / KINDS[kind][0] / f"{name}{_SUFFIX}"


def _root(kind: str) -> type[Registered]:
    return lookup(KINDS[kind][1])


def _name_of(config: Any) -> str:
    # starts have no name but that of where their weights come from
    if not hasattr(config, "name"):
        return safe_file_name(f"{config.run}_{config.criterion}")
    return str(config.name)
