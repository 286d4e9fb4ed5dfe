"""Three pictures side by side, raw, target and weight, and a slider through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt, Slot
from qtpy.QtGui import QImage, QPainter, QPen
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent, QResizeEvent

    from napari_dacapo.gui._preview_pictures import Picture, Pictures

#: pixels between pictures, and the most that one is high: pixels, share of the window
SPACING, HIGHEST, HIGHEST_SHARE = 4, 220, 0.16
#: how much is left of the colours while what is shown is not up to date
FADED = 0.3
#: a frame that leaves out less than this share of the picture is not drawn
_LEAST_CONTEXT = 0.01


class PictureView(QWidget):
    """Draws one section of a picture as large as fits, with its sides in proportion."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._section = 0
        self._frame: tuple[float, float, float, float] | None = None
        self._faded = False

    @property
    def image(self) -> QImage | None:
        """The section that is shown, in its own pixels."""
        if self._picture is None:
            return None
        section = self._picture.sections[self._section]
        height, width, _ = section.shape
        data, form = section.tobytes(), QImage.Format.Format_RGB888
        # a copy: Qt does not keep the bytes alive
        return QImage(data, width, height, 3 * width, form).copy()

    def show_picture(
        self,
        picture: Picture,
        section: int,
        frame: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Show a section; `frame` is marked: left, top, width, height, as shares."""
        self._picture, self._section, self._frame = picture, section, frame
        self.update()

    def set_faded(self, faded: bool) -> None:
        """Show paler that the picture is not up to date."""
        self._faded = faded
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(HIGHEST // 2, HIGHEST // 2)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        image, picture = self.image, self._picture
        if image is None or picture is None:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            return
        painter.setOpacity(FADED if self._faded else 1)
        place = self._place(*picture.extent)
        shrunk = image.width() > place.width() or image.height() > place.height()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
        painter.drawImage(place, image)
        if self._frame is not None and 1 - self._frame[2] > _LEAST_CONTEXT:
            self._draw_frame(painter, place, self._frame)

    def _place(self, height: float, width: float) -> QRectF:
        factor = min(self.width() / width, self.height() / height)
        size = width * factor, height * factor
        return QRectF(
            (self.width() - size[0]) / 2, (self.height() - size[1]) / 2, *size
        )

    def _draw_frame(
        self, painter: QPainter, place: QRectF, frame: tuple[float, ...]
    ) -> None:
        left, top, width, height = frame
        rectangle = QRectF(
            place.left() + left * place.width(),
            place.top() + top * place.height(),
            width * place.width(),
            height * place.height(),
        )
        # seen on dark and on bright pictures
        for colour, style in (
            (Qt.GlobalColor.black, Qt.PenStyle.SolidLine),
            (Qt.GlobalColor.yellow, Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(colour, 1, style))
            painter.drawRect(rectangle)


class PreviewPictures(QWidget):
    """Shows the pictures of a sample.

    Attributes
    ----------
    raw, target, weight : PictureView
        The pictures.
    slider : QSlider
        Chooses the section; hidden where there is one only.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: Pictures | None = None
        self.raw, self.target, self.weight = (PictureView() for _ in range(3))
        self._captions = [QLabel() for _ in range(3)]
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self._number = QLabel()
        self._section = QWidget()

        self.slider.setAccessibleName("Section of the sample")
        for view, name in zip(self._views, ("raw", "target", "weight"), strict=True):
            view.setAccessibleName(f"{name} of the sample")
        self._lay_out()
        self.slider.valueChanged.connect(self._on_section)

    def _lay_out(self) -> None:
        columns = QHBoxLayout()
        columns.setSpacing(SPACING)
        for view, caption in zip(self._views, self._captions, strict=True):
            caption.setWordWrap(True)
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            caption.setMinimumWidth(1)  # words must not widen the dock
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(view, 1)
            column.addWidget(caption)
            columns.addLayout(column, 1)
        line = QHBoxLayout(self._section)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.slider, 1)
        line.addWidget(self._number)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(columns)
        layout.addWidget(self._section)
        self._section.hide()

    @property
    def _views(self) -> tuple[PictureView, PictureView, PictureView]:
        return self.raw, self.target, self.weight

    @property
    def pictures(self) -> Pictures | None:
        """What is shown."""
        return self._pictures

    def show_pictures(self, pictures: Pictures) -> None:
        """Show `pictures`, at the section that was shown if there are as many."""
        self._pictures = pictures
        number = len(pictures.target.sections)
        if number != self.slider.maximum() + 1:
            self.slider.blockSignals(True)
            self.slider.setRange(0, number - 1)
            self.slider.setValue(number // 2)
            self.slider.blockSignals(False)
        self._section.setVisible(number > 1)
        shown = (pictures.raw, pictures.target, pictures.weight)
        for view, caption, picture in zip(
            self._views, self._captions, shown, strict=True
        ):
            caption.setText(f"<b>{picture.title}</b> {picture.values}")
            view.setToolTip(f"<qt>{picture.legend}</qt>")
        self.set_faded(False)
        self._on_section(self.slider.value())

    def set_faded(self, faded: bool) -> None:
        """Show paler that the pictures are not up to date."""
        for view in self._views:
            view.set_faded(faded)

    @Slot(int)
    def _on_section(self, section: int) -> None:
        if self._pictures is None:
            return
        number = len(self._pictures.target.sections)
        self._number.setText(f"section {section + 1} of {number}")
        self.raw.show_picture(self._pictures.raw, section, self._pictures.frame)
        self.target.show_picture(self._pictures.target, section)
        self.weight.show_picture(self._pictures.weight, section)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        side = (self.width() - 2 * SPACING) // 3
        share = int(HIGHEST_SHARE * self.window().height())
        for view in self._views:
            view.setFixedHeight(min(HIGHEST, side, max(share, side // 2)))
