"""Opening zarr and N5 containers in napari: dropped, chosen, or by ``viewer.open``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from napari_dacapo.arrays.locations import (
    CONTAINER_SUFFIXES,
    Url,
    split_location,
    to_location,
)
from napari_dacapo.errors import DaCapoError, DataError

from ._background_call import (
    GivenUpError,
    call_in_background,
    current_window,
    is_window_shown,
)
from ._messages import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ._container_images import ContainerImage, Contents
    from ._image_layers import LayerData, OpenedImage

logger = logging.getLogger(__name__)

#: what napari takes for "done, but there are no layers"
NO_LAYERS: list[Any] = [(None,)]
#: sentences of one kind that a notification holds
MAX_SENTENCES = 3


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list[Any]] | None:
    """Return the function that reads `path`, `None` if it is in no container.

    Looks at names and, on this machine, at what kind of file a name is; nothing is
    listed and no file is read.

    Parameters
    ----------
    path : str or list of str
        A container, or a group or an array in it, on this machine or an address; of
        lists only those with one entry are read.
    """
    if not isinstance(path, str):
        return get_reader(path[0]) if len(path) == 1 else None
    try:
        location = to_location(path)
    except DataError:  # an address with a query
        return None
    found = split_location(location)
    if found is None:
        return None
    is_named = found[0].suffix in CONTAINER_SUFFIXES
    return read if is_named or not isinstance(location, Url) else None


def read(path: str | Sequence[str]) -> list[Any]:
    """Return the layers for what is at `path`.

    With a shown window the user is asked which of several images he wants; without one
    all are taken. What cannot be shown, and what had to be assumed about the place of
    the rest, is told in one notification.

    Parameters
    ----------
    path : str or list of str
        As `get_reader` accepts.

    Returns
    -------
    list of (data, keywords, kind)
        Lazy data; ``[(None,)]`` if the user was told why there are none.

    Raises
    ------
    DaCapoError
        If nothing can be shown and there is no window to tell it in.
    """
    path = path if isinstance(path, str) else path[0]
    try:
        return _read(path)
    except GivenUpError:
        return NO_LAYERS
    except (DaCapoError, OSError) as error:
        if current_window() is None:
            raise
        logger.info("%s was not opened", path, exc_info=True)
        _tell([explain(error)], [])
        return NO_LAYERS


def _read(path: str) -> list[Any]:
    from ._container_images import contents_at

    name = to_location(path).name
    contents = call_in_background(lambda: contents_at(path), f"Looking into {name}")
    problems = list(contents.problems)
    if not contents.images:
        raise DataError("\n".join(problems) or f"there is no array in {path}")
    chosen = _chosen(contents)
    opened, damaged = call_in_background(
        lambda: _opened(contents, chosen), f"Opening {name}"
    )
    problems += damaged
    if not opened:
        raise DataError("\n".join(problems))
    _tell(problems, [note for each in opened for note in each.notes])
    _offer_preference()
    return _layers(opened)


def _chosen(contents: Contents) -> Sequence[ContainerImage]:
    """Return what to open: everything, or what the user ticks."""
    if contents.is_clear or not is_window_shown():
        return contents.images
    from ._image_chooser import ImageChooser

    chooser = ImageChooser(contents, current_window())
    try:
        if not chooser.exec():
            raise GivenUpError(f"nothing of {contents.container.name} was chosen")
        return chooser.chosen
    finally:
        chooser.deleteLater()


def _opened(
    contents: Contents, images: Iterable[ContainerImage]
) -> tuple[list[OpenedImage], list[str]]:
    """Open `images`; return those that can be shown, and why the others cannot."""
    from ._image_layers import open_image

    opened, problems = [], []
    for image in images:
        try:
            opened.append(open_image(contents.container, image))
        except DaCapoError as error:
            problems.append(str(error))
    return opened, problems


def _layers(opened: Sequence[OpenedImage]) -> list[LayerData]:
    """Return the layers; the first of the list lies lowest, so images come first."""
    import napari

    from ._layers import NO_UNIT, units_of

    viewer = napari.current_viewer()
    if viewer is not None and len(viewer.layers):
        unitless = units_of(viewer) == NO_UNIT
    else:
        unitless = all(each.notes for each in opened)
    return [layer for each in opened for layer in each.layers(unitless=unitless)]


def _tell(problems: list[str], notes: list[str]) -> None:
    """Show one notification, if there is a window: files are logged by themselves."""
    from napari.utils.notifications import show_error, show_warning

    text = "\n".join([*_some(problems), *_some(notes)])
    if text and current_window() is not None:
        (show_error if problems else show_warning)(text)


def _some(sentences: list[str]) -> list[str]:
    unique = list(dict.fromkeys(sentences))
    left_out = len(unique) - MAX_SENTENCES
    more = [f"(and {left_out} more of this kind)"] if left_out > 0 else []
    return unique[:MAX_SENTENCES] + more


def _offer_preference() -> None:
    if is_window_shown():
        from ._reader_preference import offer_preference

        offer_preference()
