from __future__ import annotations

import os
import stat

import pytest

from napari_dacapo.store.atomic import atomic_path, write_bytes, write_text


def test_replaces_the_content(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    write_text(path, "eins\n")
    write_text(path, "zwei µ\n")
    assert path.read_bytes() == "zwei µ\n".encode()
    write_bytes(path, b"\0\r\n")
    assert path.read_bytes() == b"\0\r\n"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def write_half():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_seen_before_the_end(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_others_may_read_as_usual(tmp_path):
    write_text(tmp_path / "ours", "x")
    (tmp_path / "usual").write_text("x")
    modes = [stat.S_IMODE((tmp_path / n).stat().st_mode) for n in ("ours", "usual")]
    assert modes[0] == modes[1]


def test_long_names(tmp_path):
    path = tmp_path / ("x" * 240 + ".yaml")
    write_text(path, "x")
    assert path.read_text() == "x"
