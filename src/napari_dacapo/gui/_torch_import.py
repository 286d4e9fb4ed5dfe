"""Importing torch in a worker without freezing the window."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: torch's large libraries, in the order in which they depend on one another
_LIBRARIES = ("libtorch_cpu", "libtorch_python")
_SUFFIXES = {"linux": ".so", "darwin": ".dylib"}


def import_torch() -> None:
    """Import torch in such a way that other threads go on meanwhile.

    Two things hold Python's global lock for up to half a second each: loading torch's
    libraries, unless they are loaded by a foreign function call before, and garbage
    collections, of which the many new objects of an import cause several.
    """
    if "torch" in sys.modules:
        return
    _load_libraries()
    with _without_collections():
        import torch

        # the first optimizer imports torch's compiler, as much again as torch itself
        torch.optim.SGD([torch.zeros(1, requires_grad=True)])


def _load_libraries() -> None:
    """Load the libraries for the import to find; where this fails, it loads them."""
    suffix = _SUFFIXES.get(sys.platform)
    found = importlib.util.find_spec("torch")
    if suffix is None or found is None or found.origin is None:
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    for name in _LIBRARIES:
        library = Path(found.origin).parent / "lib" / f"{name}{suffix}"
        dlopen(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # what was imported stays for good: to the oldest generation with it, without a
        # collection of the younger ones
        gc.freeze()
        gc.unfreeze()
        if enabled:
            gc.enable()
