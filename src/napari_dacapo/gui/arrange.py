"""Opening all docks of this plugin, arranged so that they fit on a laptop's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow

from ._napari_status import unproxied

if TYPE_CHECKING:
    import napari.viewer
    from qtpy.QtWidgets import QWidget

PLUGIN = "napari-dacapo"
#: docks on the right, one behind the other, the first one in front
RIGHT = ("Experiment", "Scores", "Post-processing", "Predict")
BOTTOM = "Training"
RIGHT_WIDTH, BOTTOM_HEIGHT = 450, 330


def open_all_docks(viewer: napari.viewer.Viewer) -> dict[str, QWidget]:
    """Open all docks of this plugin and return their widgets by name.

    Docks that are open already stay what they are and are put in their place.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to open them.
    """
    window = unproxied(viewer).window
    opened = {
        name: window.add_plugin_dock_widget(PLUGIN, name) for name in (*RIGHT, BOTTOM)
    }
    docks = {name: dock for name, (dock, _) in opened.items()}
    main = docks[BOTTOM].parent()
    if isinstance(main, QMainWindow):
        _arrange(main, docks)
    return {name: widget for name, (_, widget) in opened.items()}


def raise_dock(widget: QWidget) -> None:
    """Bring the dock that holds `widget` to the front of its tabs."""
    holder = widget.parent()
    while holder is not None and not isinstance(holder, QDockWidget):
        holder = holder.parent()
    if holder is not None:
        holder.raise_()


def _arrange(main: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    for dock in docks.values():
        dock.setFloating(False)
    right = [docks[name] for name in RIGHT]
    main.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, right[0])
    for dock in right[1:]:
        main.tabifyDockWidget(right[0], dock)
    main.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks[BOTTOM])
    # docks at the sides take the whole height, napari's layer list needs it as well
    main.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    main.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    main.resizeDocks([right[0]], [RIGHT_WIDTH], Qt.Orientation.Horizontal)
    main.resizeDocks([docks[BOTTOM]], [BOTTOM_HEIGHT], Qt.Orientation.Vertical)
    right[0].raise_()
