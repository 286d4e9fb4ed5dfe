from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.errors import ConfigError
from napari_dacapo.store.names import check_file_name, safe_file_name, same_file


@pytest.mark.parametrize(
    "name", ["run_1", "Mitos 8nm", "größe", "a.b-c+d", "v1.0 (best)", "日本"]
)
def test_good_names(name):
    assert check_file_name(name) == name
    assert safe_file_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("a/b", "contains '/'"),
        ("..", "begins or ends with"),
        ("../../etc/passwd", "contains '/'"),
        ("a\\b", r"contains '\\'"),
        ("C:evil", "contains ':'"),
        ("a\nb", r"contains '\n'"),
        ("nul\0", r"contains '\x00'"),
        (".hidden", "begins or ends with"),
        ("dot.", "begins or ends with"),
        (" a", "begins or ends with"),
        ("con", "is reserved by Windows"),
        ("LPT1.yaml", "is reserved by Windows"),
        ("é" * 101, "is longer than 200 bytes"),
    ],
)
def test_bad_names_say_why_and_what_instead(name, reason):
    instead = safe_file_name(name)
    with pytest.raises(ConfigError, match=re.escape(reason)) as caught:
        check_file_name(name)
    assert repr(instead) in str(caught.value)


@given(st.text(max_size=300))
def test_safe_names_are_safe(name):
    assert check_file_name(safe_file_name(name))


def test_names_that_some_file_systems_mix_up():
    assert same_file("run", ["Run", "other"]) == "Run"
    assert same_file("é", ["e\u0301"]) == "e\u0301"
    assert same_file("run", ["run", "run2"]) is None
