"""Importing a project of the original DaCapo from the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QObject, Slot
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from napari_dacapo.events import Event, Warned

from ._jobs import JobManager
from ._napari_status import show_info

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_dacapo.runs.control import RunControl
    from napari_dacapo.store.dacapo_import import ImportReport

    from ._job import Job
    from ._session import Session


@attrs.frozen(eq=False)
class Imported(Event):
    """An import has ended."""

    report: Any


def importing(source: Path, folder: Path) -> Any:
    """Return a source that imports `source` into the project in `folder`.

    It yields a `CheckpointSaved` for each checkpoint and an `Imported` at the end; a
    stop leaves what was imported until then.
    """

    def events(control: RunControl) -> Generator[Event, None, None]:
        from napari_dacapo.store import Project
        from napari_dacapo.store.dacapo_import import iter_import

        from ._torch_import import import_torch

        import_torch()
        steps = iter_import(source, Project.open(folder))
        while True:
            control.check()
            try:
                event = next(steps)
            except StopIteration as end:
                yield Imported(end.value)
                return
            if not isinstance(event, Warned):  # they all stand in the report
                yield event

    return events


class ProjectImport(QObject):
    """Imports projects and tells what came of it.

    Parameters
    ----------
    session : Session
        Knows where to.
    parent : QWidget
        The dock.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._parent = session, parent
        self._job: Job | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an import goes on."""
        return self._job is not None

    def choose(self) -> None:
        """Let the user choose the folder of a project, and import it."""
        text = "Choose the project folder of DaCapo (runs_base_dir)"
        path = QFileDialog.getExistingDirectory(self._parent, text)
        if path:
            self.start(Path(path))

    def start(self, source: Path) -> None:
        """Import the project in the folder `source`, in the background."""
        if self.is_busy:
            return
        job = JobManager.instance().start(
            importing(source, self._session.project_folder), "import a DaCapo project"
        )
        job.events.connect(self._on_events)
        job.finished.connect(self._on_finished)
        self._job = job
        show_info(f"Importing {source}")

    @Slot(object)
    def _on_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Imported):
                dialog = ImportDialog(event.report, self._parent)
                dialog.finished.connect(dialog.deleteLater)
                dialog.open()

    @Slot()
    def _on_finished(self) -> None:
        self._job = None
        self._session.runs_changed.emit()


class ImportDialog(QDialog):
    """Tells what an import brought and what it left out."""

    def __init__(self, report: ImportReport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import from DaCapo")
        heading = QLabel(headline(report))
        heading.setWordWrap(True)
        self.details = QPlainTextEdit("\n".join(report.lines()))
        self.details.setReadOnly(True)
        buttons = QDialogButtonBox()
        buttons.addButton(QDialogButtonBox.StandardButton.Close)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(self.details)
        layout.addWidget(buttons)
        self.resize(560, 360)
        buttons.rejected.connect(self.reject)


def headline(report: ImportReport) -> str:
    """Return in one sentence what was imported."""
    runs = report.configs.get("run", [])
    if not report.configs:
        return "Nothing was imported, for the reasons below."
    checkpoints = sum(map(len, report.checkpoints.values()))
    named = f" ({', '.join(runs)})" if runs else ""
    settings = sum(
        len(names) for kind, names in report.configs.items() if kind != "run"
    )
    left = f"; {len(report.warnings)} remarks are below" if report.warnings else ""
    return (
        f"Imported {len(runs)} runs{named} with {checkpoints} checkpoints, and "
        f"{settings} other settings{left}."
    )
