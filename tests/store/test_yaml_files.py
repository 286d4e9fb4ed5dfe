from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.errors import ConfigError
from napari_dacapo.store.yaml_files import format_yaml, parse_yaml, read_yaml

plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"))),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc_"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_round_trip(doc):
    assert parse_yaml(format_yaml(doc), "test") == doc


def test_special_numbers():
    text = format_yaml([1e-05, math.inf, -0.0])
    assert parse_yaml(text, "test") == [1e-05, math.inf, 0.0]
    assert math.isnan(parse_yaml(format_yaml(math.nan), "test"))


@pytest.mark.parametrize("text", ["1e-4", "1E-4", "+1e-4", "1.0e-4", "0.0001"])
def test_numbers_as_people_write_them(text):
    assert parse_yaml(f"rate: {text}", "test") == {"rate": 1e-4}


@pytest.mark.parametrize("text", ["1e", "e-4", "v1e4", "1e4x", "8nm"])
def test_texts_that_look_like_numbers(text):
    assert parse_yaml(f"x: {text}", "test") == {"x": text}


@pytest.mark.parametrize("text", ["1e4", "1", "true", "null", "~", "2024-01-01", "-"])
def test_texts_stay_texts(text):
    assert parse_yaml(format_yaml({"x": text}), "test") == {"x": text}


def test_tuples_of_old_files_are_lists():
    text = "a: !!python/tuple\n- 1\n- !!python/tuple [2, 3]\n"
    assert parse_yaml(text, "test") == {"a": [1, [2, 3]]}


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system",
        "!!python/object/new:os.system ['true']",
        "!!python/module:os",
        "x: !custom 1",
    ],
)
def test_other_tags_are_refused_with_file_and_line(text):
    with pytest.raises(ConfigError, match=r"f\.yaml, line 2: could not determine"):
        parse_yaml(f"# first line\n{text}", "f.yaml")


def test_bad_yaml_names_file_and_line(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("a: 1\nb: [1, 2\nc: 3\n")
    with pytest.raises(ConfigError, match=r"bad\.yaml, line 3: "):
        read_yaml(path)


def test_repeated_keys_are_refused():
    with pytest.raises(ConfigError, match=r"f, line 3: 'a' occurs twice"):
        parse_yaml("a: 1\nb: 2\na: 3\n", "f")


def test_merge_keys_and_shared_parts_are_read():
    text = "base: &b {x: 1}\nmore:\n  <<: *b\n  y: 2\n"
    assert parse_yaml(text, "f")["more"] == {"x": 1, "y": 2}


def test_loops_are_refused():
    with pytest.raises(ConfigError, match="does a part refer to itself"):
        parse_yaml("&a\nx: 1\ny: *a\n", "f")


def test_references_that_blow_up_are_refused():
    text = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for name, previous in zip("bcdefghi", "abcdefgh", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{previous}'] * 10)}]\n"
    with pytest.raises(ConfigError, match="more than 100 levels or 1000000 values"):
        parse_yaml(text, "f")


def test_no_text_file(tmp_path):
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"binary\.yaml: not a text file"):
        read_yaml(path)


def test_numbers_of_numpy_are_written_plainly():
    doc = {"a": np.int64(3), "b": np.float32(0.5), "c": [np.uint8(7), Fraction(23, 5)]}
    assert parse_yaml(format_yaml(doc), "f") == {"a": 3, "b": 0.5, "c": [7, 4.6]}


def test_other_objects_are_not_written():
    with pytest.raises(yaml.YAMLError, match="cannot represent an object"):
        format_yaml({"a": object()})


def test_layout_is_readable():
    shared = [1, 2, 3]
    text = format_yaml({"z": shared, "a": shared, "names": ["µm"]})
    assert text == "z: [1, 2, 3]\na: [1, 2, 3]\nnames: [µm]\n"
