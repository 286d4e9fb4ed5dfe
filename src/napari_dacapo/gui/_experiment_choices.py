"""What can be chosen as data: the layers of the viewer and arrays in files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject, Signal, Slot

from napari_dacapo.arrays import ArrayConfig

from ._experiment_sources import planned_config
from ._experiment_splits import configs_in
from ._layer_content import LayerContent, layer_content
from ._napari_events import EventRelay
from ._preview_layers import is_preview

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._session import Session


@attrs.define(eq=False)
class Choice:
    """A layer or an array in a file.

    Attributes
    ----------
    config : ArrayConfig
        Stands for it in the data split.
    layer : Layer or None
        The layer.
    stored : bool
        Whether `config` exists on disk, as it does for files; a layer may have been
        changed since.
    """

    config: ArrayConfig
    layer: Layer | None = None
    stored: bool = True

    @property
    def text(self) -> str:
        """How the choice is called."""
        return self.config.name if self.layer is None else str(self.layer.name)


class DataChoices(QObject):
    """All choices, shared by the places where one is made.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are offered.
    session : Session
        Says in which project folder layers are stored.
    parent : QObject
        The widget that uses it; the viewer lives longer.
    """

    #: emitted when there are other choices than before
    changed = Signal()

    def __init__(self, viewer: Any, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._session = viewer, session
        self._of_layers: list[Choice] = []
        self._of_files: list[Choice] = []

        events = viewer.layers.events
        emitters = (events.inserted, events.removed, events.reordered)
        EventRelay(emitters, self).happened.connect(self._update)
        self._update()

    @Slot()
    def _update(self) -> None:
        layers = [la for la in self._viewer.layers if _may_be_data(la)]
        known = {id(choice.layer): choice for choice in self._of_layers}
        self._of_layers = [known.get(id(la)) or self._choice_of(la) for la in layers]
        self.changed.emit()

    def _choice_of(self, layer: Layer) -> Choice:
        planned = planned_config(layer.name, self._session.project_folder)
        return Choice(planned, layer, stored=False)

    @property
    def viewer(self) -> Any:
        """The viewer whose layers are offered."""
        return self._viewer

    def offered(self, *, labels: bool) -> list[Choice]:
        """Return the choices for raw data or for labels, suitable layers only."""
        layers = [c for c in self._of_layers if _fits(c.layer, labels=labels)]
        return [*layers, *self._of_files]

    def add(self, config: ArrayConfig) -> Choice:
        """Return the choice that `config` stands for, a new one if there is none."""
        for choice in (*self._of_layers, *self._of_files):
            if choice.config == config:
                return choice
        choice = Choice(config)
        self._of_files.append(choice)
        self.changed.emit()
        return choice

    def keep(self, choice: Choice) -> Choice | None:
        """Return `choice` or, if its layer was removed, what is left of it on disk."""
        if choice in self._of_layers or choice in self._of_files:
            return choice
        return self.add(choice.config) if choice.stored else None

    def planned(self) -> list[ArrayConfig]:
        """Return the configs of layers that are not stored yet."""
        return [choice.config for choice in self._of_layers if not choice.stored]

    def contents_in(self, *configs: Any) -> list[tuple[ArrayConfig, LayerContent]]:
        """Return what the layers show that stand anywhere inside `configs`.

        Raises
        ------
        DataError
            If a layer cannot be used.
        """
        used = [inner for config in configs for inner in configs_in(config)]
        return [
            (choice.config, layer_content(choice.layer))
            for choice in self._of_layers
            if choice.config in used and choice.layer is not None
        ]

    def used_in(self, config: Any) -> list[ArrayConfig]:
        """Return the configs inside `config` that stand for layers."""
        inside = list(configs_in(config))
        return [c.config for c in self._of_layers if c.config in inside]

    def uses_layers(self, config: Any) -> bool:
        """Return whether a layer, which may yet be changed, stands inside `config`."""
        return bool(self.used_in(config))

    def layer_of(self, config: ArrayConfig) -> Layer | None:
        """Return the layer that `config` stands for, `None` if it is a file."""
        found = (c.layer for c in self._of_layers if c.config == config)
        return next(found, None)

    def settle(self, stored: Iterable[tuple[ArrayConfig, ArrayConfig]]) -> None:
        """Take note of what layers were stored as: (config before, config now)."""
        for before, now in stored:
            for choice in self._of_layers:
                if choice.config == before:
                    choice.config, choice.stored = now, True


def _may_be_data(layer: Layer) -> bool:
    return isinstance(layer, (Image, Labels)) and not is_preview(layer)


def _fits(layer: Any, *, labels: bool) -> bool:
    if not labels:
        return isinstance(layer, Image)
    # masks and labels are often opened as images
    return isinstance(layer, Labels) or layer.dtype.kind in "biu"
