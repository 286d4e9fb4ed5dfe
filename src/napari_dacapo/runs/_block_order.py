"""In which order blocks are predicted: those that are looked at come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from napari_dacapo.blockwise import Block


class BlockQueue:
    """Blocks that wait for their turn.

    Parameters
    ----------
    blocks : sequence of Block
        All blocks of the work, in C order.
    finished : collection of int
        Numbers of blocks that are done already.
    """

    def __init__(self, blocks: Sequence[Block], finished: Collection[int] = ()) -> None:
        self._waiting = [block for block in blocks if block.number not in finished]
        self._centers = np.array(
            [block.write_roi.center.as_floats() for block in self._waiting]
        )
        self._is_waiting = np.ones(len(self._waiting), bool)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._is_waiting))

    def take(self, near: Sequence[float] | None = None) -> Block | None:
        """Remove and return the next block, `None` if there is none left.

        Parameters
        ----------
        near : sequence of float, optional
            A position in the unit of the blocks, of which the last axes count; its
            distance to their centres decides. Without one, or with one of fewer axes,
            C order does.
        """
        if not self._is_waiting.any():
            return None
        index = int(self._is_waiting.argmax())
        dims = self._centers.shape[1]
        if near is not None and len(near) >= dims:
            position = np.asarray(near, float)[-dims:]
            distances = np.square(self._centers - position).sum(axis=1)
            index = int(np.where(self._is_waiting, distances, np.inf).argmin())
        self._is_waiting[index] = False
        return self._waiting[index]
