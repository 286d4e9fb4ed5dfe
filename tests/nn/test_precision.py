"""In which numbers and layout a network is trained."""

from __future__ import annotations

import pytest
import torch

from napari_dacapo.nn import precision
from napari_dacapo.nn.precision import choose_precision

CPU, CUDA, MPS = map(torch.device, ("cpu", "cuda", "mps"))


@pytest.mark.parametrize("native", [True, False])
def test_a_cpu_gets_16_bits_only_if_it_computes_with_them(monkeypatch, native):
    monkeypatch.setattr(precision, "_processor_knows_bfloat16", lambda: native)
    chosen = choose_precision("auto", "auto", CPU)
    assert chosen.dtype is (torch.bfloat16 if native else torch.float32)
    assert chosen.channels_last
    assert not chosen.needs_scaler
    assert chosen.reason.startswith("bfloat16" if native else "float32")


@pytest.mark.parametrize("known", [True, False])
def test_a_graphics_card_gets_mixed_precision(monkeypatch, known):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: known)
    chosen = choose_precision("auto", "auto", CUDA)
    assert chosen.dtype is (torch.bfloat16 if known else torch.float16)
    assert chosen.needs_scaler is not known
    assert chosen.channels_last


def test_what_was_asked_for_counts():
    chosen = choose_precision("float16", "contiguous", CPU)
    assert (chosen.dtype, chosen.channels_last) == (torch.float16, False)
    assert chosen.reason.count("was asked for") == 2
    assert choose_precision("auto", "auto", MPS).dtype is torch.float32


def test_memory_formats_go_with_the_number_of_axes():
    chosen = choose_precision("float32", "channels_last", CPU)
    assert chosen.memory_format(2) is torch.channels_last
    assert chosen.memory_format(3) is torch.channels_last_3d
    assert choose_precision("float32", "contiguous", CPU).memory_format(3) is (
        torch.contiguous_format
    )
