"""Arrays computed from others: values, honest types, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from array_data import in_memory
from napari_dacapo.arrays import (
    ArrayConfig,
    BinarizeArrayConfig,
    ConcatArrayConfig,
    CropArrayConfig,
    DummyArrayConfig,
    IntensitiesArrayConfig,
    LogicalOrArrayConfig,
    MergeInstancesArrayConfig,
    NumpyArray,
    OnesArray,
    OnesArrayConfig,
    ResampledArrayConfig,
    SumArrayConfig,
    normalized,
)
from napari_dacapo.errors import ConfigError, DataError, RoiError
from napari_dacapo.geometry import Roi

LABELS = np.array([[0, 1, 2, 3], [3, 2, 1, 0]], dtype=np.uint64)


def _read(config: ArrayConfig) -> np.ndarray:
    array = config.create_array()
    values = array[array.roi]
    assert values.dtype == array.dtype
    assert array.num_channels == (values.shape[0] if "c" in array.axes else None)
    assert not array.writable
    return values


def test_explicit_labels_win_over_the_background() -> None:
    config = BinarizeArrayConfig("b", in_memory(LABELS), [("z", [0, 1]), ("rest", [])])
    zero, rest = _read(config)
    np.testing.assert_array_equal(zero, LABELS <= 1)
    np.testing.assert_array_equal(rest, LABELS > 0)


def test_large_and_impossible_labels() -> None:
    labels = np.array([2**53, 2**53 + 1, 2**64 - 1], dtype=np.uint64)
    groups = [("a", [2**53]), ("b", [2**64 - 1, -1]), ("c", [2**70])]
    config = BinarizeArrayConfig("b", in_memory(labels, axes="x"), groups)
    assert _read(config).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_boolean_labels_can_be_grouped() -> None:
    config = BinarizeArrayConfig("b", in_memory(LABELS > 1), [("on", [1]), ("any", [])])
    np.testing.assert_array_equal(_read(config), [LABELS > 1] * 2)


@pytest.mark.parametrize(
    ("groupings", "match"),
    [
        ([], "at least one group"),
        ([(" ", [1])], "every group needs a name"),
        ([("a", [1]), ("a", [2])], "'a' is used twice"),
    ],
)
def test_groups_that_cannot_be_used(groupings: Any, match: str) -> None:
    config = BinarizeArrayConfig("b", in_memory(LABELS), groupings)
    assert not config.verify()[0]
    with pytest.raises(ConfigError, match=f"groupings: .*{match}"):
        config.create_array()


@pytest.mark.parametrize(
    "groupings", [3, {"a": [1]}, [("a", 3)], [("a", [1.5])], [("a", ["b"])], [(1, [])]]
)
def test_groups_of_another_form(groupings: Any) -> None:
    with pytest.raises(ConfigError, match=r"groupings: .* must be a list of pairs"):
        BinarizeArrayConfig("b", in_memory(LABELS), groupings)


def test_intensities_are_not_clipped() -> None:
    values = np.array([0, 100, 300], dtype=np.uint16)
    config = IntensitiesArrayConfig("i", in_memory(values, axes="x"), 100, 200)
    assert _read(config).tolist() == [-1, 0, 2]
    large = np.array([2**40, 2**40 + 1], dtype=np.int64)
    config = IntensitiesArrayConfig("i", in_memory(large, axes="x"), 2**40, 2**40 + 2)
    assert _read(config).tolist() == [0, 0.5]
    constant = IntensitiesArrayConfig("i", in_memory(large, axes="x"), 5, 5)
    with pytest.raises(ConfigError, match="max: 5 equals min"):
        constant.create_array()
    for limits in ((np.nan, 1), (0, np.inf)):
        odd = IntensitiesArrayConfig("i", in_memory(large, axes="x"), *limits)
        assert "is no intensity" in odd.verify()[1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 51, 255], np.uint8), [0, 0.2, 1]),
        (np.array([0, 65535], np.uint16), [0, 1]),
        (np.array([False, True]), [0, 1]),
        (np.array([-3, 7.5], np.float64), [-3, 7.5]),
        (np.array([-3, 7.5], np.float32), [-3, 7.5]),
        (np.array([-3, 7.5], np.float16), [-3, 7.5]),
    ],
)
def test_normalized(values: np.ndarray, expected: list[float]) -> None:
    array = normalized(in_memory(values, axes="x").create_array())
    result = array[array.roi]
    assert result.dtype == array.dtype == np.float32
    np.testing.assert_array_equal(result, np.array(expected, np.float32))


def test_unknown_range_is_not_guessed() -> None:
    array = in_memory(np.array([1], np.int16), axes="x").create_array()
    with pytest.raises(DataError, match=r"int16.*IntensitiesArrayConfig"):
        normalized(array)


def test_crop() -> None:
    source = in_memory(LABELS, voxel_size=(40, 4.6), offset=(40, 0))
    config = CropArrayConfig("c", source, Roi((0, 4.6), (80, 9.2)))
    np.testing.assert_array_equal(_read(config), LABELS[:1, 1:3])
    array = config.create_array()
    with pytest.raises(RoiError):
        array[source.array.roi]
    for roi, match in (
        (Roi((0, 0), (10, 10)), "outside the source"),
        (Roi((40, 1), (40, 4.6)), r"not lie on the voxel grid.*to \[40:80, 0:4.6\]"),
        (Roi((40, 1), (40, 1)), r"not lie on the voxel grid.*to \[40:80, 0:4.6\]"),
        (Roi((0,), (4,)), "1 axes"),
    ):
        with pytest.raises(ConfigError, match=f"roi: .*{match}"):
            CropArrayConfig("c", source, roi).create_array()


def test_ones_read_nothing() -> None:
    ones = OnesArray.like(in_memory(np.zeros((3, 2, 4))).create_array())
    assert ones[ones.roi].shape == (3, 2, 4)
    assert ones.dtype == bool
    assert ones[ones.roi].all()
    assert ones.attrs == {}
    channels = OnesArray.like(in_memory(np.zeros((2, 1, 3, 4))).create_array())
    assert channels.num_channels == 2
    assert channels[channels.roi].shape == (2, 1, 3, 4)
    samples = in_memory(np.zeros((5, 2, 3)), axes="syx")
    assert _read(OnesArrayConfig("o", IntensitiesArrayConfig("i", samples, 0, 1))).all()


def test_union_of_channels() -> None:
    values = np.array([[0, 0, 7], [0, 255, 1]], dtype=np.uint8)
    config = LogicalOrArrayConfig("o", in_memory(values, axes="cx"))
    assert _read(config).tolist() == [0, 1, 1]


def test_concat_holds_the_values_of_all_sources() -> None:
    small = in_memory(np.array([1, 255], np.uint8), axes="x", offset=(4,))
    large = in_memory(np.array([-1, 300, 5], np.int16), axes="x", offset=(3,))
    sources = {"a": small, "b": large}
    config = ConcatArrayConfig("c", ["a", "gap", "b"], sources)
    assert _read(config).tolist() == [[1, 255], [0, 0], [300, 5]]
    config = ConcatArrayConfig("c", ["gap", "b"], {"b": large}, small)
    assert _read(config).tolist() == [[1, 255], [300, 5]]
    assert _read(ConcatArrayConfig("c", ["a"], {"a": small})).tolist() == [[1, 255]]
    array = config.create_array()
    assert array.source_arrays == {"b": large.array}
    assert array.default_array is small.array
    unsigned = in_memory(np.array([2**63, 1], np.uint64), axes="x", offset=(3,))
    mixed = ConcatArrayConfig("c", ["a", "b"], {"a": unsigned, "b": large})
    assert "no type holds the values of all" in mixed.verify()[1]


@pytest.mark.parametrize(
    ("sources", "match"),
    [
        ({}, "at least one source"),
        ({"typo": in_memory([1], axes="x")}, "typo is not among"),
        ({"a": in_memory(np.zeros((2, 1, 1, 1)))}, "2 channels"),
        (
            {"a": in_memory([1], axes="x"), "b": in_memory([1], axes="x", offset=(9,))},
            "no region in common",
        ),
        (
            {"a": in_memory([1], axes="x"), "b": in_memory([1, 1], (2,), (0.5,), "x")},
            "voxel size",
        ),
        (
            {
                "a": in_memory([1, 1], axes="x"),
                "b": in_memory([1, 1], None, (0.5,), "x"),
            },
            "off the voxel grid",
        ),
        ({"a": in_memory([1], axes="x"), "b": in_memory([[1]], axes="cx")}, "axes"),
    ],
)
def test_sources_that_do_not_fit_together(sources: Any, match: str) -> None:
    config = ConcatArrayConfig("c", ["a", "b"], sources)
    assert not config.verify()[0]
    with pytest.raises(ConfigError, match=match):
        config.create_array()


def test_sums_do_not_overflow() -> None:
    full = in_memory(np.full(3, 255, np.uint8), axes="x")
    assert _read(SumArrayConfig("s", [full, full, full])).tolist() == [765] * 3
    signed = in_memory(np.array([-300, 1, 2], np.int16), axes="x")
    assert _read(SumArrayConfig("s", [full, signed])).tolist() == [-45, 256, 257]
    masks = in_memory(np.ones(3, bool), axes="x")
    assert _read(SumArrayConfig("s", [masks, masks])).dtype == np.uint64
    exact = in_memory(np.full(3, 2**60 + 1, np.uint64), axes="x")
    assert _read(SumArrayConfig("s", [exact, signed]))[1] == 2**60 + 2
    channels = [in_memory(np.ones((n, 3)), axes="cx") for n in (1, 2)]
    assert "number of channels 2 differs" in SumArrayConfig("s", channels).verify()[1]
    halves = in_memory(np.full(3, 0.5, np.float32), axes="x")
    assert _read(SumArrayConfig("s", [halves, full])).tolist() == [255.5] * 3


def test_merged_objects_stay_distinct() -> None:
    """Also after an empty source; where objects overlap the later source wins."""
    first = np.array([3, 3, 0, 0, 0], np.uint8)
    empty = np.zeros(5, np.uint16)
    last = np.array([0, 1, 1, 2, 0], np.int64)
    sources = [in_memory(v, axes="x") for v in (first, empty, last)]
    config = MergeInstancesArrayConfig("m", sources)
    one = 2**8 - 1 + 2**16 - 1 + 1
    assert _read(config).tolist() == [3, one, one, one + 1, 0]
    array = config.create_array()
    assert array[Roi((3,), (2,))].tolist() == [one + 1, 0]
    assert first.tolist() == [3, 3, 0, 0, 0]


@pytest.mark.parametrize("number", [2, 3, 6])
def test_merged_64_bit_ids_fit_into_signed_integers(number: int) -> None:
    ids = np.array([720575940600000000, 1, 0, -1])  # as large as those of FlyWire
    shifted = [np.roll(ids, k) for k in range(number)]
    sources = [in_memory(v, axes="x") for v in shifted]
    alone = _read(MergeInstancesArrayConfig("m", sources[:1]))
    np.testing.assert_array_equal(alone, np.where(ids > 0, ids, 0))
    merged = _read(MergeInstancesArrayConfig("m", sources))
    assert merged.max() < 2**63
    present = merged[merged > 0].tolist()
    assert len(set(present)) == len(present) == 4 - (number == 2)


def test_merging_refuses_what_is_no_label_volume() -> None:
    for values in (np.zeros(3), np.zeros((2, 3), np.uint8)):
        source = in_memory(values, axes="cx"[-values.ndim :])
        with pytest.raises(ConfigError, match=r"\[0\]: .* is no volume of labels"):
            MergeInstancesArrayConfig("m", [source]).create_array()
    huge = in_memory(np.array([2**64 - 1], np.uint64), axes="x")
    assert _read(MergeInstancesArrayConfig("m", [huge])).tolist() == [2**64 - 1]
    array = MergeInstancesArrayConfig("m", [huge, huge]).create_array()
    with pytest.raises(DataError, match=r"configs\[0\]: .* fit into 64 bits"):
        array[array.roi]


def test_errors_name_the_path_of_the_field() -> None:
    inner = IntensitiesArrayConfig("i", in_memory([1], axes="x"), 1, 1)
    outer = SumArrayConfig("s", [LogicalOrArrayConfig("o", inner)])
    reason = outer.verify()[1]
    assert reason.startswith("source_array_configs[0]: source_array_config: max: ")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (DummyArrayConfig("d"), "DummyArrayConfig is never valid"),
        (ArrayConfig("a"), "nothing can be built from a ArrayConfig"),
    ],
)
def test_sources_are_verified_too(source: ArrayConfig, reason: str) -> None:
    inner = CropArrayConfig("c", source, Roi((0, 0, 0), (1, 2, 2)))
    for config in (inner, ConcatArrayConfig("c", ["a"], {"a": inner})):
        valid, text = config.verify()
        assert not valid
        assert text.endswith(reason) or reason in text
        with pytest.raises(ConfigError, match=reason):
            config.create_array()
    assert source.verify()[0] == (type(source) is ArrayConfig)
    with pytest.raises(ConfigError, match=reason):
        source.create_array()


def test_settings_of_an_array_can_be_read() -> None:
    labels = in_memory(LABELS)
    binary = BinarizeArrayConfig("b", labels, [("a", [1])], 3).create_array()
    assert (binary.name, binary.background) == ("b", 3)
    assert binary.groupings == [("a", [1])]
    intensities = IntensitiesArrayConfig("i", labels, 1, 3).create_array()
    assert (intensities.min, intensities.max) == (1, 3)
    crop = CropArrayConfig("c", labels, Roi((0, 0), (9, 1))).create_array()
    assert (crop.crop_roi, crop.roi.end) == (Roi((0, 0), (9, 1)), (2, 1))
    large = ResampledArrayConfig("r", labels, (2, 1), (1, 1), True).create_array()
    assert (large.upsample, large.downsample) == ((2, 1), (1, 1))
    assert (large.interp_order, OnesArray.like(large).name) == (1, "r")


def test_arrays_in_memory_know_what_they_are() -> None:
    values = np.zeros((2, 3))
    values.flags.writeable = False
    assert not in_memory(values).array.writable
    for roi, size in ((Roi((0,), (2,)), (1, 1)), (Roi((0, 0), (2, 3)), (1, 0))):
        with pytest.raises(DataError, match="do not fit together"):
            NumpyArray.from_np_array(values, roi, size, ["y", "x"])
