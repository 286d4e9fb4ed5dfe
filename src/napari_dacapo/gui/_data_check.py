"""The data check in the window: a list of findings, checked in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Qt, QTimer, Signal, Slot
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from napari_dacapo.runs import Finding, Severity

from ._jobs import JobManager
from ._torch_import import import_torch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from napari_dacapo.runs import RunConfig
    from napari_dacapo.runs.control import RunControl

    from ._job import Job

#: how long inputs must rest before they are checked
DELAY_MILLISECONDS = 500
#: lines that are seen at once; more are scrolled to
VISIBLE_LINES = 5
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_ICONS = {
    Severity.ERROR: QStyle.StandardPixmap.SP_MessageBoxCritical,
    Severity.WARNING: QStyle.StandardPixmap.SP_MessageBoxWarning,
    Severity.NOTE: QStyle.StandardPixmap.SP_MessageBoxInformation,
}
_NAMES = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.NOTE: ("note", "notes"),
}


def checking(run_config: RunConfig) -> Any:
    """Return a source of the findings about the data of a run, for a job."""

    def source(control: RunControl) -> Generator[Finding, None, None]:
        import_torch()
        from napari_dacapo.runs import check_data

        yield from check_data(
            run_config.datasplit_config,
            run_config.task_config,
            run_config.architecture_config,
            run_config.trainer_config,
            control,
        )

    return source


class DataChecker(QObject):
    """Checks the newest inputs once they rest; older checks are cancelled.

    Signals
    -------
    changed
        `findings` or `is_busy` changed.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.findings: list[Finding] = []
        self._run_config: RunConfig | None = None
        self._checked: tuple[Any, ...] | None = None
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MILLISECONDS)
        self._timer.timeout.connect(self._begin)

    @property
    def is_busy(self) -> bool:
        """Whether findings may still be added."""
        return self._timer.isActive() or self._job is not None

    @property
    def is_done(self) -> bool:
        """Whether `findings` are all about the newest inputs."""
        return self._checked is not None and not self.is_busy

    @property
    def errors(self) -> list[Finding]:
        """The findings with which training cannot begin."""
        return [f for f in self.findings if f.severity is Severity.ERROR]

    def check(self, run_config: RunConfig | None) -> None:
        """Check the data of `run_config` soon; `None` if they are not known yet.

        What is checked already, or being checked, is not begun anew.
        """
        inputs = None if run_config is None else _inputs(run_config)
        if inputs == self._checked:
            return
        self._cancel()
        self._run_config, self._checked = run_config, inputs
        self.findings = []
        if run_config is not None:
            self._timer.start()
        self.changed.emit()

    def show(self, findings: Iterable[Finding], run_config: RunConfig) -> None:
        """Show what another check found about the data of `run_config`."""
        self._cancel()
        self._run_config, self._checked = run_config, _inputs(run_config)
        self.findings = sorted(findings, key=lambda f: _ORDER[f.severity])
        self.changed.emit()

    def _cancel(self) -> None:
        self._timer.stop()
        job, self._job = self._job, None
        if job is not None:
            job.events.disconnect(self._on_events)
            job.finished.disconnect(self._on_finished)
            job.stop()

    @Slot()
    def _begin(self) -> None:
        if self._run_config is None:
            return
        job = JobManager.instance().start(checking(self._run_config), "check the data")
        job.events.connect(self._on_events)
        job.finished.connect(self._on_finished)
        self._job = job
        self.changed.emit()

    @Slot(object)
    def _on_events(self, events: list[Any]) -> None:
        found = [event for event in events if isinstance(event, Finding)]
        # sorting is stable: within a severity the order is that of the check
        self.findings = sorted(
            [*self.findings, *found], key=lambda f: _ORDER[f.severity]
        )
        self.changed.emit()

    @Slot()
    def _on_finished(self) -> None:
        self._job = None
        self.changed.emit()


def _inputs(run_config: RunConfig) -> tuple[Any, ...]:
    return (
        run_config.datasplit_config,
        run_config.task_config,
        run_config.architecture_config,
        run_config.trainer_config,
    )


class FindingList(QWidget):
    """Lists findings; a double click or Enter goes to the place.

    Signals
    -------
    jumpWanted
        Emits the `Finding` whose place is to be shown.
    fixWanted
        Emits the `Finding` whose remedy is to be applied.
    """

    jumpWanted = Signal(object)
    fixWanted = Signal(object)

    def __init__(self, checker: DataChecker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checker = checker
        self._shown: list[Finding] = []
        self.heading = QLabel()
        self.fix_button = QPushButton("Fix")
        self.list = QListWidget()

        self.fix_button.setToolTip(
            "<qt>Change the data split as the chosen line says: crop, resample, or "
            "scale.</qt>"
        )
        self.list.setWordWrap(True)
        self.list.setAccessibleName("Data check")
        self.list.setToolTip("<qt>Double click or Enter: go to the place.</qt>")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        line = QHBoxLayout()
        line.addWidget(self.heading, 1)
        line.addWidget(self.fix_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.list)

        checker.changed.connect(self.refresh)
        self.list.itemActivated.connect(self._on_activated)
        self.list.currentRowChanged.connect(self._on_row_changed)
        self.fix_button.clicked.connect(self._on_fix)
        self.refresh()

    @property
    def current(self) -> Finding | None:
        """The finding that is chosen."""
        row = self.list.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    @Slot()
    def refresh(self) -> None:
        """Show what the checker found."""
        checker = self._checker
        self.setVisible(checker.is_busy or checker.is_done or bool(checker.findings))
        self.heading.setText(f"Data check: {summary(checker)}")
        if self._shown != checker.findings:
            self._fill(checker.findings)
        self.list.setVisible(bool(self._shown))
        self._on_row_changed()

    def choose(self, finding: Finding) -> None:
        """Choose the line of `finding` and give it the keyboard."""
        if finding in self._shown:
            self.list.setCurrentRow(self._shown.index(finding))
            self.list.setFocus()

    def _fill(self, findings: list[Finding]) -> None:
        chosen = self.current
        self._shown = list(findings)
        self.list.clear()
        style = self.style()
        for finding in findings:
            item = QListWidgetItem(
                f"{_short(finding.where)}: {finding.what}\n\N{RIGHTWARDS ARROW} "
                f"{finding.fix}"
            )
            if style is not None:
                item.setIcon(style.standardIcon(_ICONS[finding.severity]))
            item.setToolTip(f"{finding.where}\n{finding.what}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, str(finding))
            self.list.addItem(item)
        if chosen is not None and chosen in self._shown:
            self.list.setCurrentRow(self._shown.index(chosen))
        height = (
            self.fontMetrics().lineSpacing()
            * 2
            * min(VISIBLE_LINES, max(2, len(findings) + 1))
        )
        self.list.setFixedHeight(height)

    def _on_row_changed(self, row: int = -1) -> None:
        finding = self.current
        self.fix_button.setEnabled(finding is not None and finding.remedy is not None)
        self.fix_button.setVisible(any(f.remedy is not None for f in self._shown))

    def _on_activated(self, item: QListWidgetItem) -> None:
        if self.current is not None:
            self.jumpWanted.emit(self.current)

    def _on_fix(self) -> None:
        if self.current is not None and self.current.remedy is not None:
            self.fixWanted.emit(self.current)


def summary(checker: DataChecker) -> str:
    """Return how many findings of each kind there are, in words."""
    numbers = [
        (sum(f.severity is severity for f in checker.findings), names)
        for severity, names in _NAMES.items()
    ]
    found = ", ".join(f"{n} {names[n != 1]}" for n, names in numbers if n)
    if checker.is_busy:
        return f"{found}, looking on…" if found else "looking at the data…"
    return found or "all well"


def _short(where: str) -> str:
    """Return `where` with only the end of a long path."""
    head, slash, _ = where.partition("/")
    parts = where.split("/")
    return f"{head}…/{'/'.join(parts[-3:])}" if slash and len(parts) > 4 else where
