"""The films of a training as layers beside the volumes of a viewer."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.geometry import Coordinate, Roi

from ._camera import fly_to, world_corner
from ._layers import find_layer, show_array

if TYPE_CHECKING:
    from .models import RunProgress
    from .models.film import Film, Films

#: from the begin of a film to that of the next, in widths of a film
PITCH = Fraction(11, 10)


class FilmLayers:
    """Shows films left of everything else, with the stored iterations along an axis.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show them.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._films: Films | None = None
        self._corner = Coordinate(())

    @property
    def is_shown(self) -> bool:
        """Whether a film is among the layers."""
        films = self._films
        return films is not None and any(
            find_layer(self._viewer, _key(films, film)) for film in films.films
        )

    def is_behind(self, progress: RunProgress) -> bool:
        """Whether a snapshot of the run was stored since its film was read."""
        films, last = self._films, progress.last_snapshot
        return films is not None and last is not None and last not in films.iterations

    def show(self, films: Films) -> None:
        """Show `films`, or what they have become; new ones are flown to.

        The picture that is shown stays, unless it was the last: then it is the last of
        the new ones.
        """
        is_new = self._films is None or films.run != self._films.run
        is_new = is_new or not self.is_shown
        follows = is_new or self._is_at_end()
        self._films = films
        if is_new:
            self._corner = _free_corner(self._viewer, films)
        for column, film in enumerate(films.films):
            self._show(films, film, column)
        if follows:
            self._show_picture(len(films.iterations) - 1)
        if is_new:
            width = _to_the_right(films, len(films.films) - 1)
            fly_to(self._viewer, Roi(self._corner, _size(films) + width))

    def go_to(self, iteration: int) -> None:
        """Show the pictures that are nearest to `iteration`."""
        if self._films is not None and self.is_shown:
            self._show_picture(self._films.nearest(iteration))

    def _show(self, films: Films, film: Film, column: int) -> None:
        source = film.array
        offset = source.roi.offset + self._corner + _to_the_right(films, column)
        array = NumpyArray.from_np_array(
            source.data,
            Roi(offset, source.roi.shape),
            source.voxel_size,
            list(source.axes),
        )
        name = f"{film.name}, film of {films.run}"
        show_array(self._viewer, array, name, key=_key(films, film))

    def _axis(self) -> int:
        shown = self._films.films[0].array.axes if self._films is not None else ()
        return int(self._viewer.dims.ndim) - len(shown)

    def _is_at_end(self) -> bool:
        films = self._films
        position = round(self._viewer.dims.point[self._axis()])
        return films is None or position >= len(films.iterations) - 1

    def _show_picture(self, number: int) -> None:
        self._viewer.dims.set_point(self._axis(), number)


def _key(films: Films, film: Film) -> str:
    return f"{films.run}/film/{film.name}"


def _size(films: Films) -> Coordinate:
    """Return the extent (nm) of the largest film, from the corner of the input."""
    return Coordinate(map(max, *(film.array.roi.end for film in films.films)))


def _to_the_right(films: Films, columns: int) -> Coordinate:
    """Return how far (nm) a film is from the first one."""
    size = _size(films)
    return Coordinate((*[0] * (size.dims - 1), size[-1] * columns * PITCH))


def _free_corner(viewer: Any, films: Films) -> Coordinate:
    """Return the corner (nm), left of all layers, at which the films begin."""
    width = _to_the_right(films, len(films.films))
    return Coordinate(world_corner(viewer, width.dims)) - width
