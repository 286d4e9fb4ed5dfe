"""Which scores the Scores dock lists: those of one run, or of the whole project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal, Slot

from ._jobs import JobManager
from ._latest import Latest
from .models import ScoreTable
from .models.all_scores import AllScores, load_all_scores

if TYPE_CHECKING:
    from ._session import Session


class ScoreRows(QObject):
    """The scores to list; stored ones of other runs are read in a worker.

    Signals
    -------
    changed
        `scores` has changed.

    Attributes
    ----------
    scores : ScoreTable
        The scores; rows name their run where those of all runs are listed.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._monitor = session.monitor
        self._all: AllScores | None = None
        self._shows_all = False
        self._loader = Latest("read the scores of all runs", self)
        self.scores = ScoreTable({})

        self._loader.done.connect(self._on_loaded)
        self._monitor.run_changed.connect(self._update)
        self._monitor.scores_changed.connect(self._update)
        session.runs_changed.connect(self._reload)
        session.project_folder_changed.connect(self._on_project_changed)
        JobManager.instance().job_ended.connect(self._on_job_ended)
        self._update()

    @property
    def shows_all(self) -> bool:
        """Whether the rows of all runs are listed."""
        return self._shows_all

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Names of the runs whose scores could not be read."""
        return self._all.unreadable if self._shows_all and self._all else ()

    @Slot(bool)
    def show_all(self, on: bool) -> None:
        """List the scores of all runs, or of the run that is looked at only."""
        self._shows_all = on
        self._reload()
        self._update()

    @Slot()
    def _reload(self) -> None:
        if self._shows_all:
            self._loader.submit(load_all_scores, self._session.project_folder)

    @Slot(object)
    def _on_project_changed(self, folder: object) -> None:
        self._all = None
        self._reload()
        self._update()

    @Slot(object)
    def _on_job_ended(self, job: object) -> None:
        if getattr(job, "key", None) is not None:  # a training, not a look-up
            self._reload()

    @Slot(object)
    def _on_loaded(self, loaded: AllScores) -> None:
        if loaded.folder == self._session.project_folder:
            self._all = loaded
            self._update()

    @Slot()
    def _update(self) -> None:
        newest = self._monitor.scores
        if self._shows_all:
            stored = self._all or AllScores(self._session.project_folder, {})
            self.scores = stored.with_run(self._monitor.name, newest)
        else:
            self.scores = newest or ScoreTable({})
        self.changed.emit()
