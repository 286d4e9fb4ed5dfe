"""Block-wise work on volumes: the grid of blocks, how they are run and joined."""

from ._overlaps import MINIMUM_MATCH, same_objects
from .grid import Block, BlockGrid, Fit, iter_blocks
from .memory import fitting_block_shape, memory_budget
from .runner import Progress, run_blocks
from .stitching import Objects, Pieces, Stitcher, relabel

__all__ = [
    "MINIMUM_MATCH",
    "Block",
    "BlockGrid",
    "Fit",
    "Objects",
    "Pieces",
    "Progress",
    "Stitcher",
    "fitting_block_shape",
    "iter_blocks",
    "memory_budget",
    "relabel",
    "run_blocks",
    "same_objects",
]
