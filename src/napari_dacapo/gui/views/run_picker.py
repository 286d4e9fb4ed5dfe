"""Choosing one of the runs of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal, Slot
from qtpy.QtWidgets import QComboBox, QWidget

from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._latest import Latest
from napari_dacapo.gui.forms._editor import ignore_wheel
from napari_dacapo.gui.models import list_runs

if TYPE_CHECKING:
    from napari_dacapo.gui._session import Session

NO_RUN = "choose a run"


class RunPicker(QComboBox):
    """The runs of the session's project; choosing one makes all docks look at it.

    Signals
    -------
    runs_listed
        Emits the names of all runs after the list was read again.
    """

    runs_listed = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        ignore_wheel(self)
        self._session = session
        self._names: list[str] = []
        self._lister = Latest("list runs", self)

        self.setPlaceholderText(NO_RUN)
        self.setToolTip("The run to look at; all docks follow.")
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(14)
        self._show()

        self._lister.done.connect(self._on_listed)
        self.currentTextChanged.connect(self._on_chosen)
        session.run_name_changed.connect(self._on_run_name_changed)
        session.project_folder_changed.connect(self._on_project_changed)
        session.run_config_changed.connect(self._on_run_config_changed)
        session.runs_changed.connect(self.reload)
        JobManager.instance().job_ended.connect(self._on_job_ended)

        self.reload()

    def reload(self) -> None:
        """Read the list of runs again, in a worker."""
        self._lister.submit(list_runs, self._session.project_folder)

    def _show(self) -> None:
        config = self._session.run_config
        extra = {self._session.run_name, "" if config is None else config.name}
        names = sorted({*self._names, *extra} - {""})
        blocker = QSignalBlocker(self)
        self.clear()
        self.addItems(names)
        self.setCurrentIndex(self.findText(self._session.run_name, _EXACT))
        blocker.unblock()

    @Slot(object)
    def _on_listed(self, names: list[str]) -> None:
        self._names = names
        self._show()
        self.runs_listed.emit(names)

    @Slot(str)
    def _on_chosen(self, name: str) -> None:
        if name:
            self._session.run_name = name

    @Slot(str)
    def _on_run_name_changed(self, name: str) -> None:
        self._show()

    @Slot(object)
    def _on_project_changed(self, folder: object) -> None:
        self._names = []
        self._show()
        self.reload()

    @Slot(object)
    def _on_run_config_changed(self, run_config: object) -> None:
        self._show()

    @Slot(object)
    def _on_job_ended(self, job: object) -> None:
        if getattr(job, "key", None) is not None:
            self.reload()


_EXACT = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive
