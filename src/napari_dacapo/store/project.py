"""A project: one folder with configs, runs and everything they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_dacapo.errors import ConfigError
from napari_dacapo.options import DaCapoConfig

from .array_store import ArrayStore
from .atomic import write_text
from .config_store import ConfigStore
from .converter import SCHEMA_KEY, SCHEMA_VERSION, check_schema
from .names import check_file_name
from .stats_store import StatsStore
from .weights_store import WeightsStore
from .yaml_files import format_yaml, read_yaml

PROJECT_FILE = "project.yaml"
RECORD_FILE = "run.yaml"


class Project:
    """A project folder and the stores in it.

    Making the object touches nothing on the disk; the folder appears with the first
    thing that is stored.

    Parameters
    ----------
    folder : Path
        The project folder.

    Attributes
    ----------
    configs : ConfigStore
        Reusable configs, ``configs/<kind>/<name>.yaml``.
    stats : StatsStore
        Losses and scores, ``runs/<run>/training.csv`` and ``validation.csv``.
    weights : WeightsStore
        Checkpoints, ``runs/<run>/checkpoints``, and which are best.
    arrays : ArrayStore
        Places of snapshots, validation results and predictions.
    trash : Trash
        What was deleted, to be restored.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).expanduser().absolute()
        self.configs = ConfigStore(self.folder)
        self.stats = StatsStore(self.folder)
        self.weights = WeightsStore(self.folder)
        self.arrays = ArrayStore(self.folder)
        self.trash = self.configs.trash

    @classmethod
    def open(cls, folder: Path | str | None = None) -> Project:
        """Open the project in `folder`, which is made if it does not exist.

        Parameters
        ----------
        folder : Path or str, optional
            By default ``runs_base_dir`` of the options: the user's data directory
            unless set otherwise.

        Raises
        ------
        ConfigError
            If the folder is a file, cannot be written, or was written by a newer
            version.
        """
        project = cls(Path(folder or DaCapoConfig.load().runs_base_dir))
        project._check_or_mark()
        return project

    def _check_or_mark(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise ConfigError(f"{self.folder} is a file; a project is a folder")
        marker = self.folder / PROJECT_FILE
        if marker.exists():
            check_schema(read_yaml(marker), marker)
            return
        try:
            write_text(marker, format_yaml({SCHEMA_KEY: SCHEMA_VERSION}))
        except OSError as error:
            raise ConfigError(
                f"{self.folder} cannot be written ({error}); choose another project "
                "folder"
            ) from error

    @property
    def run_names(self) -> list[str]:
        """Names of the runs that are configured or have results, sorted."""
        folders = self.folder.joinpath("runs").glob("*/")
        started = {path.name for path in folders if path.name[0] != "."}
        return sorted({*self.configs.retrieve_run_config_names(), *started})

    def run_folder(self, run_name: str) -> Path:
        """Return the folder of everything that the run called `run_name` makes.

        Raises
        ------
        ConfigError
            If the name cannot be a folder name.
        """
        return self.folder / "runs" / check_file_name(run_name)

    def delete_run(self, run_name: str) -> list[Path]:
        """Move a run's config and results to the trash; return where they are now."""
        discarded = []
        if run_name in self.configs.retrieve_run_config_names():
            discarded.append(self.configs.delete_run_config(run_name))
        if self.run_folder(run_name).is_dir():
            discarded.append(self.trash.discard(self.run_folder(run_name)))
        return discarded

    def write_run_record(self, run_name: str, record: dict[str, Any]) -> None:
        """Store what the run was started with; see `read_run_record`.

        Parameters
        ----------
        run_name : str
            Name of the run.
        record : dict
            Plain data: resolved config, seed, versions, fingerprints.
        """
        text = format_yaml({SCHEMA_KEY: SCHEMA_VERSION, **record})
        write_text(self.run_folder(run_name) / RECORD_FILE, text)

    def read_run_record(self, run_name: str) -> dict[str, Any] | None:
        """Return what `write_run_record` stored, `None` if the run never started.

        Raises
        ------
        ConfigError
            If the file is damaged or was written by a newer version.
        """
        path = self.run_folder(run_name) / RECORD_FILE
        return check_schema(read_yaml(path), path) if path.exists() else None

    def __repr__(self) -> str:
        return f"Project({str(self.folder)!r})"
