"""Where worker processes run: on this machine, or on a cluster through its scheduler.

The option ``compute_context`` names one of these classes and its settings.
"""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import attrs

from ._config import config_field
from .errors import ConfigError
from .options import Options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: bytes in a gigabyte
_GB = 1e9


@attrs.frozen
class ComputeContext(ABC):
    """Turns the command of a worker into one that starts it where it should run."""

    @property
    @abstractmethod
    def device(self) -> str:
        """The device that workers ask for, such as ``"auto"`` or ``"cuda"``."""

    @property
    def is_local(self) -> bool:
        """Whether workers share this machine, and see this process end."""
        return False

    @abstractmethod
    def wrap(self, command: Sequence[str], name: str, log: Path) -> list[str]:
        """Return the command that runs `command` and ends with its exit code.

        Parameters
        ----------
        command : sequence of str
            Program and arguments.
        name : str
            Of the job, unique.
        log : Path
            Where a scheduler writes what the job prints.
        """

    def cancel(self, name: str) -> list[str] | None:
        """Return the command that cancels the job `name`, if ending `wrap` does not."""
        del name
        return None


@attrs.frozen
class LocalTorch(ComputeContext):
    """Worker processes on this machine."""

    preference: str | None = config_field(
        "The device of every worker, such as cuda:1; without one, the graphics card if "
        "it has enough free memory, otherwise the processor.",
        default=None,
        alias="device",
    )
    oom_limit: float = config_field(
        "Free memory that a graphics card must have to be used.",
        default=4.2,
        minimum=0,
        unit="GB",
    )

    @property
    def device(self) -> str:
        if self.preference is not None:
            return self.preference
        import torch

        if not torch.cuda.is_available():
            return "auto"
        free, _ = torch.cuda.mem_get_info()
        return "cuda" if free >= self.oom_limit * _GB else "cpu"

    @property
    def is_local(self) -> bool:
        return True

    def wrap(self, command: Sequence[str], name: str, log: Path) -> list[str]:
        del name, log
        return list(command)


@attrs.frozen
class _Scheduled(ComputeContext):
    """Worker processes that a scheduler places."""

    num_gpus: int = config_field(
        "Graphics cards per worker.", default=1, minimum=0, unit="cards"
    )
    num_cpus: int = config_field(
        "Processor cores per worker.", default=5, minimum=1, unit="cores"
    )

    @property
    def device(self) -> str:
        return "cuda" if self.num_gpus else "cpu"


@attrs.frozen
class Bsub(_Scheduled):
    """Worker processes as jobs of LSF."""

    queue: str = config_field("The queue of the jobs.", default="local")
    billing: str | None = config_field(
        "The project that is charged.", default=None, advanced=True
    )

    def wrap(self, command: Sequence[str], name: str, log: Path) -> list[str]:
        return [
            *("bsub", "-K", "-J", name, "-q", self.queue, "-n", str(self.num_cpus)),
            *(("-gpu", f"num={self.num_gpus}") if self.num_gpus else ()),
            *(("-P", self.billing) if self.billing else ()),
            *("-o", str(log), "-e", str(log)),
            shlex.join(command),  # LSF hands it to a shell
        ]

    def cancel(self, name: str) -> list[str]:
        return ["bkill", "-J", name]


@attrs.frozen
class Slurm(_Scheduled):
    """Worker processes as jobs of Slurm; what they print comes back through srun."""

    partition: str | None = config_field("The partition of the jobs.", default=None)
    account: str | None = config_field(
        "The account that is charged.", default=None, advanced=True
    )
    time_limit: str | None = config_field(
        "When a job is ended at the latest, as Slurm writes it (hours:minutes:seconds)."
        " What was finished until then is kept.",
        default=None,
        advanced=True,
    )

    def wrap(self, command: Sequence[str], name: str, log: Path) -> list[str]:
        del log
        settings = {
            "job-name": name,
            "ntasks": 1,
            "cpus-per-task": self.num_cpus,
            "gpus": self.num_gpus or None,
            "partition": self.partition,
            "account": self.account,
            "time": self.time_limit,
        }
        given = [f"--{key}={value}" for key, value in settings.items() if value]
        return ["srun", *given, *command]

    def cancel(self, name: str) -> list[str]:
        return ["scancel", f"--name={name}"]


_CONTEXTS = {context.__name__: context for context in (LocalTorch, Bsub, Slurm)}


def create_compute_context() -> ComputeContext:
    """Return the compute context that the options ask for.

    Raises
    ------
    ConfigError
        If there is no context of this type, or it has no such setting.
    """
    wanted = Options.instance().compute_context
    name, settings = wanted.get("type"), wanted.get("config") or {}
    if name not in _CONTEXTS:
        raise ConfigError(
            f"compute_context: there is no type {name!r}; choose one of "
            f"{', '.join(_CONTEXTS)}"
        )
    context = _CONTEXTS[name]
    known = [field.alias for field in attrs.fields(context)]
    unknown = [key for key in settings if key not in known]
    if unknown:
        raise ConfigError(
            f"compute_context: {name} has no setting {unknown[0]!r}; known: "
            f"{', '.join(map(str, known))}"
        )
    try:
        return context(**settings)
    except ConfigError as error:
        raise ConfigError(f"compute_context: {error}") from error
