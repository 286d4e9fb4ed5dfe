"""Runs a function over blocks in this process, with progress, cancel and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from napari_dacapo.errors import DaCapoError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .grid import Block, BlockGrid

#: called after every block with (blocks done, blocks in total, the block)
Progress: TypeAlias = "Callable[[int, int, Block], Any]"


def run_blocks(
    blocks: BlockGrid | Sequence[Block],
    function: Callable[[Block], None],
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bool:
    """Call `function` for every block, in order.

    Parameters
    ----------
    blocks : BlockGrid or sequence of Block
        What to process.
    function : callable
        Does the work of one block.
    progress : callable, optional
        Called after every block; an exception it raises ends the work.
    cancelled : callable, optional
        Asked before every block; the work ends when it returns true.

    Returns
    -------
    bool
        Whether all blocks were processed.

    Raises
    ------
    RunError
        If `function` fails, naming the region of the block. Errors meant for users
        (`DaCapoError`) pass unchanged.
    """
    total = len(blocks)
    for done, block in enumerate(blocks, start=1):
        if cancelled is not None and cancelled():
            return False
        try:
            function(block)
        except DaCapoError:
            raise
        except Exception as error:
            raise RunError(
                f"block {done} of {total} with region {block.write_roi} failed: {error}"
            ) from error
        if progress is not None:
            progress(done, total, block)
    return True
