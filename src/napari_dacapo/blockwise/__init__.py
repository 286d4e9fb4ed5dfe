"""Block-wise work on volumes: the grid of blocks and how they are run."""

from .grid import Block, BlockGrid, Fit, iter_blocks
from .memory import fitting_block_shape, memory_budget
from .runner import Progress, run_blocks

__all__ = [
    "Block",
    "BlockGrid",
    "Fit",
    "Progress",
    "fitting_block_shape",
    "iter_blocks",
    "memory_budget",
    "run_blocks",
]
