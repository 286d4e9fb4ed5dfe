"""Settings that hold for all projects: where runs are kept and where workers run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import attrs
import platformdirs
import yaml

from ._config import config_field
from .errors import ConfigError

#: environment variables that name the options file, in order of precedence
ENVIRONMENT_VARIABLES = ("DACAPO_OPTIONS_FILE", "OPTIONS_FILE")
FILE_NAME = "dacapo.yaml"
_APP = "napari-dacapo"


def _default_folder() -> Path:
    return Path(platformdirs.user_data_dir(_APP, appauthor=False))


def _local_context() -> dict[str, Any]:
    return {"type": "LocalTorch", "config": {}}


def _to_folder(value: str | os.PathLike[str]) -> Path:
    return Path(value).expanduser()


@attrs.define
class DaCapoConfig:
    """The options in force."""

    type: str = config_field(
        "How configs and results are stored; always as files in a folder.",
        default="files",
        choices=("files",),
        advanced=True,
    )
    runs_base_dir: Path = config_field(
        "The project folder that is opened unless another one is chosen.",
        factory=_default_folder,
        converter=_to_folder,
        path_kind="directory",
    )
    compute_context: dict[str, Any] = config_field(
        "Where worker processes run: `type` names a compute context (LocalTorch, Bsub, "
        "Slurm), `config` holds its settings.",
        factory=_local_context,
        advanced=True,
    )

    autosave_seconds: int = config_field(
        "How often labels that are painted in the window are saved, to be recovered "
        "after a crash; 0 never saves them.",
        default=60,
        minimum=0,
        unit="s",
    )

    chunk_cache_mb: int = config_field(
        "How much of stored volumes each process keeps in memory, so that crops which "
        "overlap are not decompressed again and again; 0 keeps nothing.",
        default=256,
        minimum=0,
        unit="MB",
        advanced=True,
    )

    @classmethod
    def load(cls, **overrides: Any) -> DaCapoConfig:
        """Return the options of the options file, if there is one, and `overrides`.

        Raises
        ------
        ConfigError
            If the file cannot be read or holds something unknown.
        """
        path = Options.config_file()
        return (
            cls._make({}, overrides) if path is None else cls.from_file(path, overrides)
        )

    @classmethod
    def from_file(
        cls, path: Path, overrides: dict[str, Any] | None = None
    ) -> DaCapoConfig:
        """Return the options of the file `path` and `overrides`.

        Raises
        ------
        ConfigError
            If the file cannot be read or holds something unknown.
        """
        try:
            return cls._make(_read(path), overrides or {})
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    @classmethod
    def _make(cls, options: dict[str, Any], overrides: dict[str, Any]) -> DaCapoConfig:
        merged = {**options, **overrides}
        known = [field.name for field in attrs.fields(cls)]
        for key in merged:
            if key not in known:
                raise ConfigError(f"{key}: no such option; known: {', '.join(known)}")
        return cls(**merged)


class Options:
    """Finds the options file.

    It is the first of these that exists: the file named by the environment variable
    ``DACAPO_OPTIONS_FILE`` (or ``OPTIONS_FILE``), ``dacapo.yaml`` in the current
    folder, in the user's configuration folder of napari-dacapo, in the home folder, in
    ``~/.config/dacapo``.
    """

    @staticmethod
    def instance(**overrides: Any) -> DaCapoConfig:
        """Return the options in force, same as `DaCapoConfig.load`."""
        return DaCapoConfig.load(**overrides)

    @staticmethod
    def config_file() -> Path | None:
        """Return the options file, `None` if there is none.

        Raises
        ------
        ConfigError
            If the environment names a file that does not exist.
        """
        for variable in ENVIRONMENT_VARIABLES:
            if os.environ.get(variable):
                path = Path(os.environ[variable]).expanduser()
                if not path.is_file():
                    raise ConfigError(
                        f"{variable}: there is no file {path}; correct or unset the "
                        "environment variable"
                    )
                return path
        places = (
            Path.cwd(),
            user_config_file().parent,
            Path.home(),
            Path.home() / ".config" / "dacapo",
        )
        files = (place / FILE_NAME for place in places)
        return next((file for file in files if file.is_file()), None)


def user_config_file() -> Path:
    """Return where the window keeps the options (the file may not exist yet)."""
    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / FILE_NAME


def _read(path: Path) -> dict[str, Any]:
    try:
        options = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"not readable as YAML: {error}") from error
    if not isinstance(options, dict):
        raise ConfigError("the file holds no mapping (name: value)")
    if options.get("type") == "mongo":
        raise ConfigError(
            "type: databases are not supported; set it to files and import the project "
            "folder"
        )
    # written by DaCapo even where no database is used
    options = {k: v for k, v in options.items() if not str(k).startswith("mongo_db_")}
    if "runs_base_dir" in options:
        folder = Path(str(options["runs_base_dir"])).expanduser()
        options["runs_base_dir"] = path.parent.absolute() / folder
    return options
