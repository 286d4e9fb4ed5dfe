"""Files dropped anywhere on the Experiment dock: settings and data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal, Slot

from ._experiment_sources import arrays_at, arrays_meant
from ._latest import Latest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ._experiment_data import DataEditor
    from ._experiment_pair import PairEditor, SourceEditor
    from ._experiment_sources import Found

_CONFIG_SUFFIXES = (".yaml", ".yml")


class DroppedFiles(QObject):
    """Takes files to where they belong.

    Settings are read. A container that holds one picture and its labels becomes a pair
    to train on; other data go to the next free field, where the array can be chosen.

    Parameters
    ----------
    data : DataEditor
        Takes the data.

    Signals
    -------
    configDropped
        Emits the path of a YAML file.
    """

    configDropped = Signal(object)

    def __init__(self, data: DataEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._data = data
        self._look = Latest("look for arrays", self)
        self._look.done.connect(self._on_looked)
        self._look.failed.connect(self._on_failed)

    def take(self, paths: Sequence[Path]) -> None:
        """Take the files and folders that were dropped."""
        configs = [p for p in paths if p.suffix.lower() in _CONFIG_SUFFIXES]
        for path in configs:
            self.configDropped.emit(path)
        data = [p for p in paths if p not in configs]
        if len(data) == 1:
            self._look.submit(_look, data[0])
            return
        for path in data:
            self._next_free().search(path)

    @Slot(object)
    def _on_looked(self, looked: tuple[Path, list[Found]]) -> None:
        path, found = looked
        meant = arrays_meant(found)
        if meant is None:
            self._next_free().search(path)
            return
        pair = self._free_pair(entirely=True) or self._new_pair()
        pair.setValue((meant[0].config, meant[1].config))

    @Slot(str)
    def _on_failed(self, problem: str) -> None:
        pair = self._free_pair()
        if pair is not None:
            _free_source(pair).refuse(problem)

    def _next_free(self) -> SourceEditor:
        return _free_source(self._free_pair() or self._new_pair())

    def _free_pair(self, *, entirely: bool = False) -> PairEditor | None:
        """Return the first pair of the training data with a free field."""
        for item in self._data.train.items:
            pair: PairEditor = item.editor
            free = pair.raw.is_empty, pair.labels.is_empty
            if all(free) or (any(free) and not entirely):
                return pair
        return None

    def _new_pair(self) -> PairEditor:
        self._data.train.add()
        pair: PairEditor = self._data.train.items[-1].editor
        return pair


def _free_source(pair: PairEditor) -> SourceEditor:
    return pair.raw if pair.raw.is_empty else pair.labels


def _look(path: Path) -> tuple[Path, list[Found]]:
    return path, arrays_at(path)
