"""What users are told about errors."""

from __future__ import annotations

import errno

import pytest

from napari_dacapo.errors import DataError, RunError
from napari_dacapo.gui._messages import explain


@pytest.mark.parametrize("error", [DataError("raw: empty"), RunError("no weights")])
def test_errors_raised_on_purpose_speak_for_themselves(error):
    assert explain(error) == str(error)


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (MemoryError(), "computer"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "computer"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "graphics card"),
        (RuntimeError("MPS backend out of memory"), "graphics card"),
    ],
)
def test_full_memory_comes_with_a_remedy(error, place):
    text = explain(error)
    assert f"memory of the {place} is full" in text
    assert "smaller batch size" in text


def test_a_full_disk_comes_with_a_remedy():
    text = explain(OSError(errno.ENOSPC, "No space left", "/data/run"))
    assert "disk is full (/data/run)" in text
    assert "continue the run" in text


@pytest.mark.parametrize(
    "error", [KeyError("x"), OSError(errno.EIO, "I/O"), ValueError()]
)
def test_the_rest_is_named_and_the_log_referred_to(error):
    text = explain(error)
    assert text.startswith(type(error).__name__)
    assert "the log holds the details" in text
