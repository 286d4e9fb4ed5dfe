"""The first click on File > Open Sample does not freeze napari."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from napari_dacapo.gui.sample_data import cells_plane, cells_volume
for make in (cells_plane, cells_volume):
    (raw, place, kind), *others = make()
    assert raw.size < 200_000, "made while the menu closes"
slow = {"torch", "requests", "pooch"} & set(sys.modules)
assert not slow, slow
"""


def test_a_sample_is_small_and_needs_neither_torch_nor_the_network():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
