"""Checksums at the end of checkpoints."""

from __future__ import annotations

import random
import zipfile

import pytest
import torch

from napari_dacapo.store._seal import damage, seal


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"one": torch.arange(50), "other": torch.ones(50)}, path)
    return path


def test_a_sealed_archive_is_read_by_everybody(archive):
    assert damage(archive) is None  # checked entry by entry
    seal(archive)
    assert damage(archive) is None
    assert torch.load(archive, weights_only=True)["one"][3] == 3
    with zipfile.ZipFile(archive) as opened:
        assert opened.comment.startswith(b"blake2b:")
        assert opened.testzip() is None


def test_every_flipped_bit_and_cut_is_noticed(archive):
    seal(archive)
    data, rng = archive.read_bytes(), random.Random(0)
    for _ in range(300):
        broken = bytearray(data)
        broken[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        archive.write_bytes(broken)
        # in the mark itself nothing is lost: the entries are checked instead
        assert damage(archive) or torch.load(archive, weights_only=True)["one"][3] == 3
    for length in (0, 1, 30, len(data) // 2, len(data) - 1):
        archive.write_bytes(data[:length])
        assert damage(archive)


def test_a_missing_file(tmp_path):
    assert "No such file" in damage(tmp_path / "missing.pt")
