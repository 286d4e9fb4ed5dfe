"""The Post-processing dock: move a slider, see the segmentation at once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, QTimer, Slot
from qtpy.QtWidgets import (
    QComboBox,
    QLabel,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import qthrottled

from ._camera import fly_to
from ._corrections import CorrectionBar
from ._latest import Latest
from ._live_layers import LiveLayers
from ._napari_status import show_error, unproxied
from ._session import Session
from ._theme import ThemeFollower, plot_colours
from .forms._editor import ignore_wheel
from .models import ScoreRow, ScoreTable
from .models.preview import Preview, Segmentation, load_preview, stored_predictions
from .views.error_tour import ErrorTour
from .views.flow import flow
from .views.parameter_panel import ParameterPanel
from .views.run_picker import RunPicker
from .views.sweep_plot import SweepPlot

if TYPE_CHECKING:
    import napari.viewer

    from napari_dacapo.tasks.evaluators import ObjectError
    from napari_dacapo.tasks.post_processors import PostProcessorParameters

    from ._corrections import Shown

#: the slice on the screen follows the slider at most this often
THROTTLE_MILLISECONDS = 40
#: parameters that did not change for so long count as released
SETTLED_MILLISECONDS = 400
NOTHING_STORED = (
    "Nothing to post-process yet: predictions are stored by the validations of a run."
)
TOO_LARGE = (
    "This prediction is too large to be processed at once: only the slice on the "
    "screen follows the slider."
)
NOTHING_SEGMENTED = "Choose a prediction that fits into memory; its errors follow."
NO_TRUTH = (
    "The ground truth of this volume cannot be opened any more: its files were moved."
)
NO_EXPERIMENT = (
    "Open the Experiment dock, choose the volume to train on, and draw boxes there; "
    "errors are added to them then."
)
NOT_SUPPORTED = "The results of this task have no parameters that could be changed."


class PostProcessingWidget(QWidget):
    """Post-processing parameters, live on a stored prediction.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the segmentation is shown.
    """

    def __init__(
        self, viewer: napari.viewer.Viewer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        viewer = unproxied(viewer)
        self._session = Session.of(viewer)
        self._monitor = self._session.monitor
        self._live = LiveLayers(viewer)
        self._viewer = viewer
        self._preview: Preview | None = None
        self._refusal = ""
        self._segmentation: Segmentation | None = None
        self._labels_of: PostProcessorParameters | None = None
        self._create_children()
        self._lay_out()
        self._connect()
        ThemeFollower(viewer, self).changed.connect(self._on_theme)
        self._on_theme(viewer.theme)
        self._on_scores_changed()

    def _create_children(self) -> None:
        self.run_picker = RunPicker(self._session)
        self.prediction = QComboBox()
        ignore_wheel(self.prediction)
        self.parameters = ParameterPanel()
        self.corrections = CorrectionBar(self._viewer, self._session, self._to_correct)
        self.sweep = SweepPlot()
        self.errors = ErrorTour()
        self.tabs = QTabWidget()
        self.message = QLabel()
        self._lister = Latest("list predictions", self)
        self._loader = Latest("read prediction", self)
        self._segmenter = Latest("post-process", self)
        self._error_finder = Latest("find errors", self)
        self._settled = QTimer(self)
        self._update_live = qthrottled(self._show_live, THROTTLE_MILLISECONDS)

        # the keyboard and the wheel move a slider without releasing it
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MILLISECONDS)
        self.prediction.setToolTip("The validation prediction to post-process.")
        self.prediction.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.message.setWordWrap(True)
        # napari adds a stretch below docks of which no part wants to expand
        self.tabs.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding
        )
        self.tabs.addTab(self.sweep, "Scores")
        self.tabs.addTab(self.errors, "Errors")
        self.tabs.setTabToolTip(0, "The score by the value of the parameter.")
        self.tabs.setTabToolTip(1, "Where the segmentation is wrong.")

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.addLayout(flow(self.run_picker, self.prediction))
        layout.addWidget(self.parameters)
        layout.addWidget(self.corrections)
        layout.addWidget(self.tabs, stretch=1)
        layout.addWidget(self.message)

    def _connect(self) -> None:
        self.prediction.currentIndexChanged.connect(self._on_prediction_chosen)
        self.parameters.valueChanged.connect(self._on_parameters_changed)
        self.parameters.released.connect(self._on_parameters_released)
        self._settled.timeout.connect(self._on_parameters_released)
        self.sweep.row_picked.connect(self._on_row_picked)
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.errors.visited.connect(self._on_error_visited)
        self.errors.box_wanted.connect(self._on_box_wanted)
        self._lister.done.connect(self._on_listed)
        self._loader.done.connect(self._on_loaded)
        self._segmenter.done.connect(self._on_segmented)
        self._error_finder.done.connect(self._on_errors_found)
        self._monitor.run_changed.connect(self._on_scores_changed)
        self._monitor.scores_changed.connect(self._on_scores_changed)
        self._session.result_changed.connect(self._on_result_changed)

    @property
    def _scores(self) -> ScoreTable:
        return self._monitor.scores or ScoreTable({})

    @property
    def _chosen(self) -> tuple[int, str] | None:
        chosen: tuple[int, str] | None = self.prediction.currentData()
        return chosen

    def _to_correct(self) -> Shown | None:
        preview, data, parameters = self._preview, self._monitor.data, self._current()
        if preview is None or data is None or parameters is None:
            return None
        made = self._segmentation
        if made is not None and made.parameters != parameters:
            made = None
        return preview, data.config, parameters, made

    @property
    def _shown_run(self) -> str | None:
        run: str | None = None if self._preview is None else self._preview.result.run
        return run

    @Slot()
    def _on_scores_changed(self) -> None:
        self._lister.submit(
            stored_predictions,
            self._session.project_folder,
            self._monitor.name,
            self._scores.rows,
        )

    @Slot(object)
    def _on_listed(self, keys: list[tuple[int, str]]) -> None:
        before = self._chosen
        blocker = QSignalBlocker(self.prediction)
        self.prediction.clear()
        for iteration, dataset in keys:
            text = f"{dataset}, iteration {iteration:,}"
            self.prediction.addItem(text, (iteration, dataset))
        is_stale = self._preview is None or self._shown_run != self._monitor.name
        result = self._session.result
        asked = result[:2] if result is not None and is_stale else before
        wanted = next((key for key in (asked, before, *keys[-1:]) if key in keys), None)
        self.prediction.setCurrentIndex(keys.index(wanted) if wanted else -1)
        blocker.unblock()
        if not keys:
            self._preview = None
            self.corrections.refresh()
            self.message.setText(NOTHING_STORED)
        elif wanted != before or is_stale:
            self._load()
        else:
            self._show_sweep()

    @Slot(int)
    def _on_prediction_chosen(self, index: int) -> None:
        self._load()

    @Slot(object)
    def _on_result_changed(self, result: Any) -> None:
        if result is None:
            return
        iteration, dataset, parameters = result
        # Qt compares Python objects by identity: findData would not find the tuple
        keys = [self.prediction.itemData(i) for i in range(self.prediction.count())]
        key = (iteration, dataset)
        index = keys.index(key) if key in keys else -1
        if index >= 0 and self._chosen == key:
            self._set_parameters(parameters)
        elif index >= 0:
            self.prediction.setCurrentIndex(index)

    def _load(self) -> None:
        data, chosen = self._monitor.data, self._chosen
        self._preview = None
        self.corrections.refresh()
        if data is not None and chosen is not None:
            self.message.setText("Reading the prediction…")
            folder = self._session.project_folder
            self._loader.submit(load_preview, folder, data.config, *chosen)

    @Slot(object)
    def _on_loaded(self, preview: Preview) -> None:
        found = preview.result
        wanted = (self._monitor.name, self._chosen)
        if (found.run, (found.iteration, found.dataset)) != wanted:
            return
        if not preview.is_supported:
            self.message.setText(NOT_SUPPORTED)
            return
        self._preview, self._labels_of, self._segmentation = preview, None, None
        self.message.setText("" if preview.fits_in_memory else TOO_LARGE)
        self._live.show_prediction(preview)
        self._show_sweep()
        result = self._session.result
        from_table = result is not None and result[:2] == self._chosen
        self._set_parameters(result[2] if from_table and result else preview.defaults)

    def _set_parameters(self, parameters: PostProcessorParameters) -> None:
        self.parameters.setValue(parameters)
        self.corrections.refresh()
        self._on_parameters_released()

    def _show_sweep(self) -> None:
        if self._chosen is not None:
            self.sweep.set_rows(self._scores, self._scores.sweep(*self._chosen))

    def _current(self) -> PostProcessorParameters | None:
        """Return the parameters, `None` while an editor holds something else."""
        try:
            return self.parameters.value()
        except ValueError:
            return None

    @Slot()
    def _on_parameters_changed(self) -> None:
        self._show_refusal()
        parameters = self._current()
        if parameters is not None and self._chosen is not None:
            nearest = self._scores.nearest(*self._chosen, parameters)
            self.sweep.show_parameters(parameters, nearest)
            self._update_live()
            self._settled.start()

    def _show_refusal(self) -> None:
        """Say why parameters cannot be used, until they can."""
        before, self._refusal = self._refusal, ""
        try:
            self.parameters.value()
        except ValueError as error:
            self._refusal = "" if self._preview is None else str(error)
        if self._refusal != before:
            preview = self._preview
            is_large = preview is not None and not preview.fits_in_memory
            self.message.setText(self._refusal or (TOO_LARGE if is_large else ""))

    def _show_live(self) -> None:
        preview, parameters = self._preview, self._current()
        if preview is None or parameters is None or parameters == self._labels_of:
            return  # the labels were quicker than the throttle
        self._labels_of = None
        if preview.is_pointwise:
            self._live.show_slice(preview, parameters)
        elif preview.fits_in_memory:
            self._submit(preview, parameters, with_scores=False)

    @Slot()
    def _on_parameters_released(self) -> None:
        self._settled.stop()
        preview, parameters = self._preview, self._current()
        if preview is not None and parameters is not None and preview.fits_in_memory:
            self._submit(preview, parameters, with_scores=True)

    def _submit(self, preview: Preview, parameters: Any, *, with_scores: bool) -> None:
        segment = functools.partial(preview.segment, with_scores=with_scores)
        self._segmenter.submit(segment, parameters)

    @Slot(object)
    def _on_segmented(self, segmentation: Segmentation) -> None:
        preview = self._preview
        if preview is None or segmentation.parameters != self._current():
            return  # the slider has moved on
        self._labels_of = segmentation.parameters
        self._segmentation = segmentation
        self._live.show_labels(preview, segmentation)
        self._find_errors()
        if segmentation.scores:
            result = preview.result
            row = ScoreRow(
                result.iteration,
                result.dataset,
                segmentation.parameters,
                segmentation.scores,
            )
            self.sweep.show_computed(row)

    @Slot(object)
    def _on_row_picked(self, row: ScoreRow) -> None:
        self._set_parameters(row.parameters)

    @Slot(int)
    def _on_tab_changed(self, index: int) -> None:
        self._find_errors()

    def _find_errors(self) -> None:
        """List the errors of what is shown, if the list is shown."""
        preview, segmentation = self._preview, self._segmentation
        if self.tabs.currentWidget() is not self.errors:
            return
        if preview is None or segmentation is None:
            self.errors.show_message(NOTHING_SEGMENTED)
            return
        self.errors.show_message("Comparing with the ground truth…")
        self._error_finder.submit(_errors_of, preview, segmentation)

    @Slot(object)
    def _on_errors_found(self, found: Any) -> None:
        segmentation, errors = found
        preview = self._preview
        if preview is None or segmentation is not self._segmentation:
            return  # another one is shown by now
        self.errors.show_errors(errors or [], preview.channels)
        if errors is None:
            self.errors.show_message(NO_TRUTH)

    @Slot(object)
    def _on_error_visited(self, error: ObjectError) -> None:
        # the middle of a bent object's box may lie outside of it
        around = error.roi.shift(error.center - error.roi.center)
        fly_to(self._viewer, around)

    @Slot(object)
    def _on_box_wanted(self, error: ObjectError) -> None:
        if self._session.receivers(self._session.box_wanted):
            self._session.box_wanted.emit(error.roi)
        else:
            show_error(NO_EXPERIMENT)

    @Slot(str)
    def _on_theme(self, theme: str) -> None:
        self.sweep.set_colours(plot_colours(theme))


def _errors_of(
    preview: Preview, segmentation: Segmentation
) -> tuple[Segmentation, list[ObjectError] | None]:
    return segmentation, preview.find_errors(segmentation.array)
