"""Commands to a training in another process: a folder of small files."""

from __future__ import annotations

import json
import logging
import time
import uuid
from typing import TYPE_CHECKING

from napari_dacapo.store.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .control import RunControl

logger = logging.getLogger(__name__)

_SUFFIX = ".json"
#: commands without a value, which are methods of `RunControl`
PLAIN = ("stop", "pause", "resume", "snapshot_now", "validate_now")
SET_NUM_ITERATIONS = "set_num_iterations"


class Mailbox:
    """Each command is a file that appears whole and is removed by who carries it out.

    Parameters
    ----------
    folder : Path
        Where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, command: str, value: int | None = None) -> None:
        """Leave a command, one of `PLAIN` or `SET_NUM_ITERATIONS` with its value."""
        # names sort by time
        name = f"{time.time_ns():020}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
        doc = {"command": command, "value": value}
        write_text(self._folder / name, json.dumps(doc))

    def obey(self, control: RunControl) -> None:
        """Pass all commands on to `control`, in their order, and remove them."""
        for path in self._files():
            action = _action(path, control)
            path.unlink(missing_ok=True)
            if action is not None:
                action()

    def clear(self) -> None:
        """Remove commands that were meant for an earlier training."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"[0-9]*{_SUFFIX}"))


def _action(path: Path, control: RunControl) -> Callable[[], None] | None:
    try:
        doc = json.loads(path.read_text(encoding="utf-8"))
        command, value = doc["command"], doc["value"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("the command %s cannot be read: %s", path, error)
        return None
    if command in PLAIN:
        action: Callable[[], None] = getattr(control, command)
        return action
    if command == SET_NUM_ITERATIONS and isinstance(value, int) and value > 0:
        return lambda: control.set_num_iterations(value)
    logger.warning("%s: %r is no command that this version knows", path, command)
    return None
