"""Asking configs what is wrong with them, off the GUI thread: they may open files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QObject, QTimer, Signal

from napari_dacapo.gui._latest import Latest

from ._editor import CHECK_ERRORS, Errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: how long typing must rest before a config is verified
_DELAY_MS = 250


def complaints(config: Any) -> Errors:
    """Return what ``verify`` says is wrong, at the innermost config that complains."""
    reason = _reason(config)
    if reason is None:
        return {}
    inner = {
        (*where, *path): text
        for where, part in _parts(config)
        for path, text in complaints(part).items()
    }
    return inner or {(): reason}


def _reason(config: Any) -> str | None:
    verify = getattr(config, "verify", None)
    if verify is None:
        return None
    try:
        valid, reason = verify()
    except (*CHECK_ERRORS, OSError, ImportError, RuntimeError) as error:
        return str(error) or type(error).__name__
    return None if valid else reason


def _parts(value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the configs directly inside `value`, with where they are."""
    if attrs.has(type(value)):
        members: Any = [
            (field.name, getattr(value, field.name))
            for field in attrs.fields(type(value))
        ]
    elif isinstance(value, dict):
        members = value.items()
    elif type(value) in (list, tuple):
        members = enumerate(value)
    else:
        return
    for key, member in members:
        if attrs.has(type(member)):
            yield (str(key),), member
        else:
            for path, part in _parts(member):
                yield (str(key), *path), part


class Verifier(QObject):
    """Verifies the newest config handed over once no other has come for a moment.

    Parameters
    ----------
    verify : callable
        Returns the complaints about a config; called in a thread.
    parent : QObject
        The parent.
    """

    #: the complaints about the newest config
    verified = Signal(object)

    def __init__(self, verify: Callable[[Any], Errors], parent: QObject) -> None:
        super().__init__(parent)
        self._verify = verify
        self._config: Any = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self._start)
        self._latest = Latest("check the settings", self)
        self._latest.done.connect(self._on_done)

    @property
    def pending(self) -> bool:
        """Whether a result is still to come."""
        return self._timer.isActive() or self._latest.is_busy

    def verify(self, config: Any) -> None:
        """Verify `config` soon; `None` only makes what was asked before forgotten."""
        self._config = config
        if config is None:
            self._timer.stop()
        else:
            self._timer.start()

    def _start(self) -> None:
        verify, config = self._verify, self._config
        self._latest.submit(lambda: (config, verify(config)))

    def _on_done(self, result: tuple[Any, Errors]) -> None:
        config, found = result
        if config is self._config and not self._timer.isActive():
            self.verified.emit(found)
