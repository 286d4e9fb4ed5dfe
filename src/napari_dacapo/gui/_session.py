"""What the docks of one viewer share: the project folder and the run looked at."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, ClassVar

from qtpy.QtCore import QObject, Signal

from napari_dacapo.options import DaCapoConfig

from ._autosave import Autosave
from ._jobs import JobManager
from ._monitor import RunMonitor
from ._napari_status import unproxied
from ._prediction_monitor import PredictionMonitor

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.runs import RunConfig

    from ._job import Job


class Session(QObject):
    """Shared by the docks of one viewer; get it with `Session.of`.

    Signals
    -------
    project_folder_changed
        Emits the new folder (`Path`).
    run_config_changed
        Emits the run put together in the Experiment dock (`RunConfig` or `None`).
    run_name_changed
        Emits the name of the run that Training, Scores and Post-processing show; empty
        for none.
    runs_changed
        Runs were added to the project other than by training them.
    box_wanted
        Emits a place (`Roi`) that is to be added to the boxes to train on.
    fork_wanted
        Emits a `Fork` that is to be shown in the Experiment dock, ready to start.
    result_changed
        Emits ``(iteration, dataset, parameters)`` of the result chosen in the Scores
        dock, or `None`.

    Attributes
    ----------
    monitor : RunMonitor
        Follows the run that is looked at.
    prediction : PredictionMonitor
        Follows the prediction of a whole volume.
    own_process : bool
        Whether the next training gets a process of its own.
    autosave : Autosave or None
        Saves labels while they are painted.
    """

    project_folder_changed = Signal(object)
    run_config_changed = Signal(object)
    run_name_changed = Signal(str)
    runs_changed = Signal()
    box_wanted = Signal(object)
    fork_wanted = Signal(object)
    result_changed = Signal(object)

    _sessions: ClassVar[dict[int, Session]] = {}

    def __init__(self, viewer: Any = None) -> None:
        super().__init__()
        self._project_folder: Path | None = None
        self._run_config: RunConfig | None = None
        self._run_name = ""
        self._result: tuple[int, str, Any] | None = None
        self.monitor = RunMonitor(self)
        self.prediction = PredictionMonitor(self)
        self.own_process = False
        self.autosave = None if viewer is None else Autosave(viewer, self)

    @classmethod
    def of(cls, viewer: Any) -> Session:
        """Return the session of `viewer`, or of the viewer a proxy stands for."""
        viewer = unproxied(viewer)
        key = id(viewer)
        if key not in cls._sessions:
            cls._sessions[key] = cls(viewer)
            weakref.finalize(viewer, cls._sessions.pop, key, None)
        return cls._sessions[key]

    @classmethod
    def settle(cls, data: Any) -> None:
        """Take note that labels with these voxels were stored by the user."""
        for session in cls._sessions.values():
            if session.autosave is not None:
                session.autosave.settle(data)

    @classmethod
    def forget_all(cls) -> None:
        """Forget the sessions of all viewers."""
        cls._sessions.clear()

    @property
    def project_folder(self) -> Path:
        """Folder of the project; by default that of the user's options."""
        if self._project_folder is None:
            self._project_folder = DaCapoConfig.load().runs_base_dir
        return self._project_folder

    @project_folder.setter
    def project_folder(self, folder: Path) -> None:
        if folder != self._project_folder:
            self._project_folder = folder
            self.project_folder_changed.emit(folder)
            self.run_name = ""

    @property
    def run_config(self) -> RunConfig | None:
        """The run put together in the Experiment dock, if it is complete."""
        return self._run_config

    @run_config.setter
    def run_config(self, run_config: RunConfig | None) -> None:
        if run_config != self._run_config:
            self._run_config = run_config
            self.run_config_changed.emit(run_config)

    @property
    def run_name(self) -> str:
        """Name of the run that is looked at; empty for none."""
        return self._run_name

    @run_name.setter
    def run_name(self, name: str) -> None:
        if name != self._run_name:
            self._run_name = name
            self.result = None
            self.monitor.look_at(self.project_folder, name)
            self.run_name_changed.emit(name)

    @property
    def result(self) -> tuple[int, str, Any] | None:
        """Iteration, dataset and parameters of the result that is looked at."""
        return self._result

    @result.setter
    def result(self, result: tuple[int, str, Any] | None) -> None:
        if result != self._result:
            self._result = result
            self.result_changed.emit(result)

    def train(self, run: RunConfig | str, *, check: bool = True) -> Job:
        """Start the training of `run` (config or stored name) and look at it.

        Its data are checked first, unless `check` is false.
        """
        self.run_name = run if isinstance(run, str) else run.name
        return JobManager.instance().start_training(
            run, self.project_folder, check=check, own_process=self.own_process
        )
