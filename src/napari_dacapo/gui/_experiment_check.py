"""The data check of the Experiment dock: what is checked, jumping there, mending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QObject, Signal, Slot

from napari_dacapo.arraytypes import AnnotationArray, IntensitiesTypeArray

from ._camera import fly_to
from ._data_check import DataChecker, FindingList
from ._experiment_splits import leaf
from ._latest import Latest
from ._layer_content import layer_content
from ._layers import find_layer, layer_key, show_array
from .forms.config_form import split_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.arrays import Array, ArrayConfig
    from napari_dacapo.runs import Finding, RunConfig

    from ._experiment_choices import DataChoices
    from ._experiment_data import DataEditor

_DATASPLIT = "datasplit_config"


class DataCheck(QObject):
    """Keeps the findings about the data of an experiment, and acts on them.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose camera flies to findings.
    choices : DataChoices
        Knows which data are layers.
    data : DataEditor
        Shows the data split, which fixes change.

    Signals
    -------
    changed
        There are other findings than before.
    fieldWanted
        Emits the path of a field of the run that a finding is about.
    """

    changed = Signal()
    fieldWanted = Signal(str)

    def __init__(
        self, viewer: Any, choices: DataChoices, data: DataEditor, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer, self._choices, self._data = viewer, choices, data
        self._run_config: RunConfig | None = None
        self.checker = DataChecker(self)
        self.list = FindingList(self.checker)
        self._opener = Latest("open the data", self)
        self.checker.changed.connect(self.changed)
        self.list.jumpWanted.connect(self.jump)
        self.list.fixWanted.connect(self.fix)
        self._opener.done.connect(self._on_opened)

    def update(self, run_config: RunConfig | None) -> None:
        """Check `run_config` soon, unless layers in it are still to be stored."""
        self._run_config = run_config
        planned = self._choices.planned()
        inside = [] if run_config is None else self._choices.used_in(run_config)
        if any(config in planned for config in inside):
            run_config = None
        self.checker.check(run_config)

    @property
    def obstacle(self) -> Finding | None:
        """The first finding with which training cannot begin.

        Layers may have been mended since they were stored and checked: they never are
        an obstacle, Start checks them anew.
        """
        if self._run_config is None or self._choices.uses_layers(self._run_config):
            return None
        return next(iter(self.checker.errors), None)

    @property
    def is_known(self) -> bool:
        """Whether everything that is on disk now was checked."""
        return (
            self.checker.is_done
            and self._run_config is not None
            and not self._choices.uses_layers(self._run_config)
        )

    def show(self, findings: Sequence[Finding], run_config: RunConfig) -> None:
        """Show what the check before a start found about `run_config`."""
        self._run_config = run_config
        self.checker.show(findings, run_config)

    @Slot(object)
    def jump(self, finding: Finding) -> None:
        """Show what a finding is about: place and layer, or the field of a setting."""
        steps = self._steps(finding)
        if finding.roi is not None:
            fly_to(self._viewer, finding.roi)
        if steps is None:
            if finding.field is not None:
                self.fieldWanted.emit(finding.field)
            return
        config = leaf(_value_at(self._run_config, steps))
        layer = None if config is None else self._layer_of(config)
        if layer is None and config is not None:
            labels = steps[-1] != "raw_config"
            self._opener.submit(_open, config, finding.roi, labels)
        elif layer is not None:
            self._present(layer)
            if finding.roi is None:
                fly_to(self._viewer, layer_content(layer).roi)

    def _steps(self, finding: Finding) -> tuple[str, ...] | None:
        """Return where the array of a finding stands in the run, if it is about one."""
        if finding.field is None or self._run_config is None:
            return None
        steps = (_DATASPLIT, *split_path(finding.field))
        ends = ("raw_config", "gt_config", "mask_config")
        return steps if steps[-1] in ends else None

    def _layer_of(self, config: ArrayConfig) -> Any:
        layer = self._choices.layer_of(config)
        return layer or find_layer(self._viewer, layer_key(config))

    def _present(self, layer: Any) -> None:
        layer.visible = True
        self._viewer.layers.selection.active = layer

    @Slot(object)
    def _on_opened(self, opened: tuple[ArrayConfig, Array, Any, bool]) -> None:
        config, array, roi, labels = opened
        meaning = AnnotationArray() if labels else IntensitiesTypeArray()
        layer = show_array(
            self._viewer, array, config.name, meaning=meaning, key=layer_key(config)
        )
        self._present(layer)
        fly_to(self._viewer, roi or array.roi)  # a first layer moves the camera

    @Slot(object)
    def fix(self, finding: Finding) -> None:
        """Put the remedy of a finding in the place of what it is about."""
        steps = self._steps(finding)
        if steps is not None and self._run_config is not None:
            mended = _replaced_at(self._run_config, steps, finding.remedy)
            self._data.setValue(mended.datasplit_config)


def _open(
    config: ArrayConfig, roi: Any, labels: bool
) -> tuple[ArrayConfig, Array, Any, bool]:
    return config, config.create_array(), roi, labels


def _value_at(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        value = value[int(step)] if step.isdecimal() else getattr(value, step)
    return value


def _replaced_at(value: Any, steps: Sequence[str], new: Any) -> Any:
    if not steps:
        return new
    step, *rest = steps
    inner = _replaced_at(_value_at(value, [step]), rest, new)
    if step.isdecimal():
        index = int(step)
        return [*value[:index], inner, *value[index + 1 :]]
    return attrs.evolve(value, **{step: inner})
