"""The layer on which boxes are drawn, in step with the list of boxes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Shapes
from napari.layers.base import ActionType
from qtpy.QtCore import QObject, QTimer, Slot

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.geometry import Coordinate, Roi

from ._camera import focus_of, visible_region
from ._layers import METADATA_KEY
from ._napari_events import EventRelay
from .models.boxes import CLASH_COLOUR, COLOURS, Box, Grid, Reach, Use, clashes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari.layers import Layer

    from .models.box_set import BoxSet

NAME = "training boxes"
_KEY = "boxes"
#: how much of what is inside is covered
FACE_OPACITY = 0.15
#: how thick lines are: share of the shorter side of the volume, and voxels at least
_WIDTH_SHARE, _LEAST_WIDTH = 1 / 250, 0.3
_CHANGES = (ActionType.ADDED, ActionType.REMOVED, ActionType.CHANGED)


class BoxLayer(QObject):
    """Shows boxes as rectangles on the slice that is looked at, and lets them be drawn.

    Napari shows a shape only where it lies within the slice: rectangles move along with
    the slice through their box. In 3D the edges are shown.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer is.
    boxes : BoxSet
        The boxes.
    parent : QObject
        The widget that uses it; the viewer lives longer.

    Attributes
    ----------
    layer : Shapes or None
        The layer; `None` while none is shown.
    reach : Reach or None
        Of the network; says how deep boxes become along axes that were not drawn.
    """

    def __init__(self, viewer: Any, boxes: BoxSet, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._boxes = viewer, boxes
        self.layer: Shapes | None = None
        self.reach: Reach | None = None
        self.grid: Grid | None = None
        self._order: list[int] = []
        self._is_showing = False
        self._shown: Any = None
        self._timer = QTimer(self)  # napari's own handlers come to their end before
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        boxes.changed.connect(self._later)
        boxes.current_changed.connect(self._later)
        self._follow_viewer()

    def _follow_viewer(self) -> None:
        dims, layers = self._viewer.dims.events, self._viewer.layers.events
        moved = EventRelay((dims.point, dims.order, dims.ndisplay), self)
        moved.happened.connect(self._later)
        EventRelay([layers.removed], self).happened.connect(self._on_removed)

    @Slot(object)
    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.layer = None

    def show(self, labels: Layer, grid: Grid) -> None:
        """Show the layer over `labels`, whose voxels are those of `grid`."""
        names = [str(name).lower() for name in labels.axis_labels]
        axes = [i for i, name in enumerate(names) if name != CHANNEL_AXIS]
        axes = axes[-grid.roi.dims :]
        known = sorted(names[i] for i in axes) == sorted(grid.axes)
        self._order = (
            [grid.axes.index(names[i]) for i in axes]
            if known
            else list(range(grid.roi.dims))
        )
        self.grid = grid
        place = {
            "scale": labels.scale[axes],
            "translate": labels.translate[axes],
            "units": [labels.units[i] for i in axes],
        }
        if self.layer is not None and self.layer.ndim != len(axes):
            self._viewer.layers.remove(self.layer)
        if self.layer is None:
            self.layer = self._make(len(axes), place)
        else:
            for name, value in place.items():
                setattr(self.layer, name, value)
        self._shown = None
        self.refresh()

    def _make(self, ndim: int, place: dict[str, Any]) -> Shapes:
        layer = Shapes(
            ndim=ndim,
            name=NAME,
            metadata={METADATA_KEY: _KEY},
            axis_labels=[self._grid.axes[i] for i in self._order],
            edge_color=COLOURS[Use.TRAIN],
            face_color=[*_rgb(COLOURS[Use.TRAIN]), FACE_OPACITY],
            edge_width=self._edge_width(),
            opacity=1,
            **place,
        )
        selected = layer.selected_data.events.items_changed
        EventRelay([layer.events.data], self).happened.connect(self._on_data)
        EventRelay([selected], self).happened.connect(self._on_selected)
        self._viewer.add_layer(layer)
        return layer

    @property
    def _grid(self) -> Grid:
        if self.grid is None:
            raise RuntimeError("boxes are shown before their volume is known")
        return self.grid

    def _edge_width(self) -> float:
        shape = self._grid.roi.shape / self._grid.voxel_size
        return max(_LEAST_WIDTH, float(min(shape[-2:])) * _WIDTH_SHARE)

    def draw(self) -> None:
        """Let the user draw a rectangle."""
        if self.layer is not None:
            self.layer.visible = True
            self._viewer.layers.selection.active = self.layer
            self.layer.mode = "add_rectangle"

    def add_visible(self, use: Use = Use.TRAIN) -> None:
        """Add a box around what is on the screen.

        Raises
        ------
        DataError
            If that is outside of the volume.
        """
        region = visible_region(self._viewer)
        sides = self._canonical([s or (0.0, 0.0) for s in region.sides])
        region.within(self._grid.roi)
        self._add([sides[a] if a in self._drawn else None for a in range(len(sides))])

    @property
    def _drawn(self) -> list[int]:
        """The axes on the screen, in the order of the grid."""
        dims, ndim = self._viewer.dims, len(self._order)
        first = dims.ndim - ndim
        return [self._order[d - first] for d in dims.displayed if d >= first]

    def _canonical(self, values: Sequence[Any]) -> list[Any]:
        """Return values of the viewer's axes in the order of the grid's."""
        own = list(values)[-len(self._order) :]
        return [own[self._order.index(axis)] for axis in range(len(self._order))]

    def _add(self, sides: Sequence[tuple[float, float] | None]) -> None:
        """Add a box; sides (nm) that were not drawn get a depth around the slice."""
        grid = self._grid
        focus = self._canonical(focus_of(self._viewer))
        ends = [
            side or self._depth(axis, focus[axis]) for axis, side in enumerate(sides)
        ]
        begin, end = (Coordinate(values) for values in zip(*ends, strict=True))
        roi = grid.snapped(Roi(begin, end - begin))
        if roi is not None:
            self._boxes.add(Box(Use.TRAIN, roi))

    def _depth(self, axis: int, center: float) -> tuple[Any, Any]:
        """Return as much as the network puts out, or all while that is unknown."""
        roi, size = self._grid.roi, self._grid.voxel_size[axis]
        low, high = roi.begin[axis], roi.end[axis]
        if self.reach is None or self.reach.output[axis] >= high - low:
            return low, high
        depth = self.reach.output[axis]
        voxels = round((center - float(low) - float(depth) / 2) / float(size))
        begin = low + voxels * size
        begin = min(max(begin, low), high - depth)
        return begin, begin + depth

    # from the layer

    @Slot(object)
    def _on_selected(self, added: Any) -> None:
        """Choose the box whose rectangle was selected."""
        if self._is_showing or self.layer is None:
            return
        selected = [int(index) for index in self.layer.selected_data]
        if len(selected) == 1 and selected[0] < len(self._boxes.boxes):
            self._boxes.current = selected[0]

    @Slot(object)
    def _on_data(self, event: Any) -> None:
        if self._is_showing or self.layer is None:
            return
        if event.action not in _CHANGES:
            return
        known = len(self._boxes.boxes)
        if event.action == ActionType.REMOVED:
            self._boxes.remove([int(i) for i in event.data_indices])
        else:
            for index in event.data_indices:
                if 0 <= index < known:
                    self._move(int(index))
            for vertices in self.layer.data[known:]:
                self._add(self._sides(vertices))
        self._shown = None
        self._later()

    def _sides(self, vertices: Any) -> list[tuple[float, float] | None]:
        """Return begin and end (nm) along the axes on the screen, `None` for others."""
        grid = self._grid
        found: list[tuple[float, float] | None] = [None] * len(self._order)
        for own, axis in enumerate(self._order):
            if axis in self._drawn:
                corner, size = float(grid.roi.begin[axis]), float(grid.voxel_size[axis])
                ends = np.round(
                    np.array([vertices[:, own].min(), vertices[:, own].max()]) + 0.5
                )
                low, high = (ends * size + corner).tolist()
                found[axis] = (low, max(high, low + size))
        return found

    def _move(self, index: int) -> None:
        """Take over where a rectangle was put; the rest of its box stays."""
        if self.layer is None:
            return
        box = self._boxes.boxes[index]
        sides = [
            drawn or (begin, end)
            for drawn, begin, end in zip(
                self._sides(self.layer.data[index]),
                box.roi.begin,
                box.roi.end,
                strict=True,
            )
        ]
        begin, end = (Coordinate(values) for values in zip(*sides, strict=True))
        roi = self._grid.snapped(Roi(begin, end - begin))
        if roi is not None:
            self._boxes.replace(index, Box(box.use, roi))

    # to the layer

    @Slot()
    def _later(self) -> None:
        if self.layer is not None:
            self._timer.start(0)

    @Slot()
    def refresh(self) -> None:
        """Draw the boxes anew, unless they are drawn already."""
        if self.layer is None or self.grid is None:
            return
        shapes = [self._vertices(box.roi) for box in self._boxes.boxes]
        red = clashes(self._boxes.boxes, self.reach)
        colours = [
            (CLASH_COLOUR if i in red else COLOURS[box.use], COLOURS[box.use])
            for i, box in enumerate(self._boxes.boxes)
        ]
        wanted = [vertices.tolist() for vertices in shapes], colours
        if wanted != self._shown:
            with self._showing():
                self._put(shapes, colours)
            self._shown = wanted

    @contextmanager
    def _showing(self) -> Iterator[None]:
        self._is_showing = True
        try:
            yield
        finally:
            self._is_showing = False

    def _put(self, shapes: Sequence[Any], colours: Sequence[tuple[str, str]]) -> None:
        layer = self.layer
        if layer is None:
            return
        layer.selected_data = set()
        if layer.nshapes:
            layer.remove(list(range(layer.nshapes)))
        if shapes:
            kind = "path" if len(self._drawn) == 3 else "rectangle"
            no_face = kind == "path"
            layer.add(
                list(shapes),
                shape_type=kind,
                edge_width=self._edge_width(),
                edge_color=[[*_rgb(edge), 1.0] for edge, _ in colours],
                face_color=[
                    [*_rgb(face), 0.0 if no_face else FACE_OPACITY]
                    for _, face in colours
                ],
            )
        current = self._boxes.current
        if layer.mode == "select" and 0 <= current < len(shapes):
            layer.selected_data = {current}

    def _vertices(self, roi: Roi) -> Any:
        """Return the corners on the slice, in 3D all edges; in voxels of the layer."""
        spans = np.array(self._grid.to_voxels(roi), float)
        shown = self._drawn
        if len(shown) == 3:
            corners = np.array(_EDGES, float)
            points = spans[:, 0] + corners * (spans[:, 1] - spans[:, 0]) - 0.5
            return points[:, self._order]
        points = np.tile(self._slice_in(spans), (4, 1))
        if len(shown) == 2:
            a, b = shown
            points[:, a] = spans[a][[0, 0, 1, 1]] - 0.5
            points[:, b] = spans[b][[0, 1, 1, 0]] - 0.5
        return points[:, self._order]

    def _slice_in(self, spans: Any) -> Any:
        """Return the section that is looked at where it goes through the box."""
        focus = np.array(self._canonical(focus_of(self._viewer)))
        size = np.array(self._grid.voxel_size.as_floats())
        here = np.floor((focus - np.array(self._grid.roi.begin.as_floats())) / size)
        inside = (spans[:, 0] <= here) & (here < spans[:, 1])
        return np.where(inside, here, spans[:, 0])


#: a way along all edges of a cube; it never turns back, which vispy's tubes cannot
_WAY = "000 001 011 010 000 100 101 001 011 111 110 010 000 100 110 111 101"
_EDGES = [[int(side) for side in corner] for corner in _WAY.split()]


def _rgb(colour: str) -> list[float]:
    """Return red, green and blue between 0 and 1."""
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
