"""The preview of the Experiment dock: what the network sees, while settings change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Slot
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from ._latest import Latest
from ._preview_layers import PreviewLayers
from ._preview_pictures import Pictures, draw
from ._preview_pipeline import Refusal, SamplePipeline
from .forms._choice_editors import compact_combo
from .forms._labels import Disclosure
from .views.flow import flow
from .views.preview_pictures import PreviewPictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._preview_pipeline import Sample, SampleInputs

WAITING = "Making a sample…"


class PreviewPanel(QWidget):
    """Shows random training samples under the current settings, when it is unfolded.

    Samples are made in a worker, of which the latest request counts.

    Parameters
    ----------
    viewer : napari.Viewer
        Where samples are shown as layers, if the user asks for that.
    ask : callable
        Returns what samples are made from now, or `None` and why not.
    """

    def __init__(
        self,
        viewer: Any,
        ask: Callable[[], tuple[SampleInputs | None, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._ask = ask
        self._inputs: SampleInputs | None = None
        self._reason = ""
        self._index = 0
        self._is_stale = True
        self._channel: int | None = None
        self._pipeline = SamplePipeline()
        self._latest = Latest("make a training sample", self)
        self._layers = PreviewLayers(viewer)
        self.toggle = Disclosure("Show preview")
        self.pictures = PreviewPictures()
        self.another = QPushButton("Another sample")
        self.channel = compact_combo()
        self.as_layers = QPushButton("Show as layers")
        self.fly_button = QPushButton("Fly there")
        self.status = QElidingLabel()

        self._decorate()
        self._lay_out()
        self._connect()

    def _decorate(self) -> None:
        self.toggle.setToolTip(
            "<qt>Random training samples exactly as the network sees them: raw data "
            "after normalisation and augments, the target, and the loss weight. They "
            "follow every change of the form. Layers are shown as they were when "
            "they were last stored, by Suggest from data or Start.</qt>"
        )
        self.another.setToolTip("Show the next random sample")
        self.status.hide()
        self.channel.setToolTip("Which channel of the target and weight is shown")
        self.channel.setAccessibleName("Channel of the target")
        self.as_layers.setCheckable(True)
        self.as_layers.setToolTip(
            "<qt>Show the sample in the viewer as well, as layers at the place that it "
            "was cut from; they go when this is switched off.</qt>"
        )
        self.fly_button.setToolTip("Move the view to the layers")
        self.fly_button.setEnabled(False)
        self.channel.hide()
        self.pictures.hide()

    def _lay_out(self) -> None:
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addWidget(self.pictures)
        inner.addWidget(self.status)
        buttons = flow(self.another, self.channel, self.as_layers, self.fly_button)
        inner.addLayout(buttons)
        self.toggle.set_content(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.toggle)

    def _connect(self) -> None:
        self.toggle.button.toggled.connect(self._on_toggled)
        self.another.clicked.connect(self._on_another)
        self.channel.currentIndexChanged.connect(self._on_channel)
        self.as_layers.toggled.connect(self._on_as_layers)
        self.fly_button.clicked.connect(self._on_fly)
        self._latest.done.connect(self._on_done)

    @property
    def is_on(self) -> bool:
        """Whether samples are shown."""
        return bool(self.toggle.button.isChecked())

    @property
    def sample(self) -> Sample | None:
        """The sample that is shown."""
        pictures = self.pictures.pictures
        return None if pictures is None else pictures.sample

    @Slot()
    def refresh(self) -> None:
        """Follow a change of the settings."""
        if not self.is_on:
            return
        before = self._inputs, self._reason
        self._inputs, self._reason = self._ask()
        if before != (self._inputs, self._reason) or self._is_stale:
            self._request()

    def forget(self) -> None:
        """Open the data anew for the next sample: they were changed on the disk."""
        self._pipeline, self._is_stale = SamplePipeline(), True
        self.refresh()

    def close_layers(self) -> None:
        """Take the layers out of the viewer."""
        self.as_layers.setChecked(False)

    def _request(self) -> None:
        if self._inputs is None:
            self._refuse(self._reason)
            return
        if self.sample is None:
            self._say(WAITING)
        self._is_stale = False
        self._latest.submit(
            _sample, self._pipeline, self._inputs, self._index, self._channel
        )

    def _refuse(self, reason: str) -> None:
        self.pictures.set_faded(True)
        self._say(reason)

    def _say(self, text: str) -> None:
        self.status.setText(text)
        self.status.setToolTip(f"<qt>{text}</qt>")
        self.status.setVisible(bool(text))

    @Slot(bool)
    def _on_toggled(self, on: bool) -> None:
        if on:
            self._is_stale = True
            self.refresh()
        else:
            self.close_layers()

    @Slot()
    def _on_another(self) -> None:
        self._index += 1
        self._request()

    @Slot(int)
    def _on_channel(self, index: int) -> None:
        self._channel = self.channel.itemData(index)
        self._request()

    @Slot(object)
    def _on_done(self, result: tuple[SampleInputs, Pictures | Refusal]) -> None:
        inputs, outcome = result
        if inputs != self._inputs:
            return  # the form became invalid meanwhile, and says why
        if isinstance(outcome, Refusal):
            self._refuse(outcome.reason)
            return
        self._say("")
        self._offer_channels(outcome)
        self.pictures.show_pictures(outcome)
        self.pictures.show()
        self.another.setToolTip(
            f"<qt>Show the next random sample. {self._where()}</qt>"
        )
        if self.as_layers.isChecked():
            self._layers.show(outcome.sample)

    def _where(self) -> str:
        """Return which sample is shown, in words."""
        if self.sample is None:
            return ""
        raw = self.sample.raw
        place = ", ".join(f"{x:,.0f}" for x in raw.roi.center.as_floats())
        axes = ", ".join(raw.spatial_axes)
        return f"This is number {self._index + 1}, around {axes} = {place} nm."

    def _offer_channels(self, pictures: Pictures) -> None:
        blocker = QSignalBlocker(self.channel)
        names = [name for _, name in pictures.channels]
        if names != [self.channel.itemText(i) for i in range(self.channel.count())]:
            self.channel.clear()
            for number, name in pictures.channels:
                self.channel.addItem(name, number)
        self.channel.setCurrentIndex(self.channel.findData(pictures.channel))
        self.channel.setVisible(len(names) > 1)
        blocker.unblock()

    @Slot(bool)
    def _on_as_layers(self, on: bool) -> None:
        self.fly_button.setEnabled(on)
        if not on:
            self._layers.remove()
        elif self.sample is not None:
            self._layers.show(self.sample)

    @Slot()
    def _on_fly(self) -> None:
        if self.sample is not None:
            self._layers.fly_there(self.sample)


def _sample(
    pipeline: SamplePipeline, inputs: SampleInputs, index: int, channel: int | None
) -> tuple[SampleInputs, Pictures | Refusal]:
    """Return a sample in pictures; runs in a worker."""
    sample = pipeline.sample(inputs, index)
    if isinstance(sample, Refusal):
        return inputs, sample
    return inputs, draw(sample, channel)
