"""The U-Net config: converters, shapes, and complaints that say what to do."""

import subprocess
import sys

import pytest

from napari_dacapo.architectures import CNNectomeUNetConfig, valid_input_shape
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate


def config(input_shape, downsample_factors, **fields):
    defaults = {"fmaps_out": 3, "fmaps_in": 1, "num_fmaps": 4, "fmap_inc_factor": 2}
    return CNNectomeUNetConfig(
        "unet",
        input_shape=input_shape,
        downsample_factors=downsample_factors,
        **{**defaults, **fields},
    )


def flat(num_levels):
    """Kernels of a 2D network in 3D data."""
    return [[(1, 3, 3)] * 2] * num_levels


@pytest.mark.parametrize(
    ("unet", "output"),
    [
        (config((188,) * 3, [2, 2, 2]), (96,) * 3),
        (config((260,) * 3, [2, 2, 2]), (168,) * 3),
        (config((216,) * 3, [2, 3, 3]), (36,) * 3),
        (config((216,) * 3, [2, 3, 3], upsample_factors=[2]), (68,) * 3),
        (config((288,) * 3, [2, 3, 3], upsample_factors=[2]), (212,) * 3),
        (
            config(
                (1, 132, 132),
                [(1, 4, 4)] * 2,
                kernel_size_down=flat(3),
                kernel_size_up=flat(2),
            ),
            (1, 16, 16),
        ),
        (config((132, 132), [4, 4]), (16, 16)),
        (config((92, 100), [2, 2]), (52, 60)),
        (config((44,) * 3, [2]), (28,) * 3),
        (config((30, 40), []), (26, 36)),
        (config((64, 64), [2, 2, 2], padding="same"), (64, 64)),
    ],
)
def test_output_shape(unet, output):
    assert unet.verify() == (True, "CNNectomeUNetConfig 'unet' is valid")
    assert unet.output_shape() == output


def test_numbers_and_lists_become_coordinates():
    unet = config([16, 32, 32], [2, [1, 2, 2]], kernel_size_up=[[3], [[1, 3, 3]]])
    assert unet.input_shape == Coordinate(16, 32, 32)
    assert unet.downsample_factors == [Coordinate(2, 2, 2), Coordinate(1, 2, 2)]
    assert unet.kernel_size_up == [[Coordinate(3, 3, 3)], [Coordinate(1, 3, 3)]]


def test_eval_shape_increase_has_the_public_name_as_keyword():
    unet = config((44, 44), [2], eval_shape_increase=(8, 4))
    assert unet.eval_shape_increase == (8, 4)
    assert config((44, 44), [2]).eval_shape_increase == (0, 0)


@pytest.mark.parametrize(
    ("unet", "complaint"),
    [
        (config((4, 20, 20, 20), []), r"input_shape: \(4.*has 4 axes; the U-Net takes"),
        (config((20.5, 20), [2]), r"input_shape: \(20.5, 20\) must be 2 whole numbers"),
        (config((20, 20), [(2, 2, 2)]), r"downsample_factors: \(2, 2, 2\) must be 2"),
        (config((20, 20), [(2, 0)]), r"downsample_factors: \(2, 0\) must be"),
        (config((20, 20), [2], upsample_factors=[0]), r"upsample_factors: \(0, 0\) mu"),
        (
            config((20, 20), [2], kernel_size_down=[[3, 3]]),
            r"kernel_size_down: there are 1 lists of kernels, but 2 levels",
        ),
        (
            config((20, 20), [2], kernel_size_up=[[]]),
            r"kernel_size_up: every level needs at least one kernel",
        ),
        (
            config((20, 20), [2], kernel_size_up=[[2]], padding="same"),
            r"kernel_size_up: \(2, 2\) must be odd .* use an odd size or padding",
        ),
        (
            config((20, 21), [2]),
            r"input_shape: shape \(20, 21\) does not fit along x: level 0 has 17 "
            r"voxels, which cannot be divided by the downsampling factor 2; the "
            r"nearest valid shape is \(20, 20\) or \(20, 22\)",
        ),
        (
            config((3, 20), [2]),
            r"along y: level 0 has 3 voxels, .* remove 4; .* shape is \(18, 20\)",
        ),
        (
            config((188, 188), [2, 3, 3], upsample_factors=[2]),
            r"does not fit along y: .*; the nearest valid shape is",
        ),
        (
            config((20, 20), [2], eval_shape_increase=(0, 1)),
            r"eval_shape_increase: input_shape \+ \(0, 1\): shape \(20, 21\) does not",
        ),
        (
            config((20, 20), [2], eval_shape_increase=(2, 2, 2)),
            r"eval_shape_increase: \(2, 2, 2\) must be 2 whole numbers",
        ),
    ],
)
def test_invalid(unet, complaint):
    assert not unet.verify()[0]
    with pytest.raises(ConfigError, match=complaint):
        unet.create_architecture()


@pytest.mark.parametrize("field", ["fmaps_in", "fmaps_out", "num_fmaps"])
def test_widths_are_at_least_one(field):
    with pytest.raises(ConfigError, match=f"{field}: 0 is out of range"):
        config((20, 20), [2], **{field: 0})


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("up", (48, 44, 48)), ("down", (44, 44, 44)), ("nearest", (44, 44, 48))],
)
def test_valid_input_shape(direction, expected):
    unet = config((44, 44, 44), [2, 2])
    assert valid_input_shape(unet, (45, 44, 47), direction) == expected


def test_valid_input_shape_finds_the_smallest_where_none_lies_below():
    unet = config((44, 44), [2, 2])
    for direction in ("up", "down", "nearest"):
        assert valid_input_shape(unet, (3, -5), direction) == (44, 44)


def test_every_valid_size_is_found():
    unet = config((44, 44), [2, 2])
    sizes = [n for n in range(60) if unet.shapes.axes[0].is_valid(n)]
    assert sizes == [44, 48, 52, 56]


def test_config_needs_no_torch():
    code = (
        "import sys; from napari_dacapo.architectures import CNNectomeUNetConfig as C;"
        "c = C('a', (44, 44), 1, 1, 4, 2, [2, 2]); assert c.verify()[0];"
        "print([m for m in ('torch', 'zarr', 'scipy') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"
