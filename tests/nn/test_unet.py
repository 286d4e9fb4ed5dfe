"""What the golden data do not cover: errors, options, equivariance, defects."""

import math

import pytest
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
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


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("unet", "expected"),
    [
        (config((44, 44), [2, 2]), 6919),
        (config((44, 44), [2, 2], constant_upsample=False), 7495),
        (config((44, 44), [2, 2], use_attention=True), 7354),
        (config((44, 44, 44), [2]), 4449),
        (config((44, 44), [2], use_attention=True), 1623),
    ],
)
def test_number_of_parameters(unet, expected):
    assert count(unet.create_architecture()) == expected


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("batch", [1, 2])
def test_computed_shape_is_that_of_the_output(constant, attention, padding, batch):
    unet = config(
        (20, 44, 44),
        [(1, 2, 2), (2, 2, 2)],
        kernel_size_down=[[(1, 3, 3)] * 2, [3], [(3, 1, 1)]],
        constant_upsample=constant,
        use_attention=attention,
        padding=padding,
        upsample_factors=[(2, 1, 1)],
        kernel_size_upsample=[[(1, 3, 3)]],
    )
    network = unet.create_architecture()
    output = network(torch.zeros(batch, 1, *unet.input_shape))
    assert output.shape == (batch, 3, *unet.output_shape())


def test_same_padding_keeps_the_shape_of_deep_networks():
    network = config((64, 64), [2, 2, 2], padding="same").create_architecture()
    assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 3, 64, 64)


def test_single_level_makes_the_output_channels():
    network = config((8, 10, 10), []).create_architecture()
    assert network(torch.zeros(1, 1, 8, 10, 10)).shape == (1, 3, 4, 6, 6)


def test_input_that_does_not_fit_is_refused_with_valid_shapes():
    network = config((44, 44), [2, 2]).create_architecture()
    with pytest.raises(ConfigError, match=r"nearest valid shape is \(44, 44\) or \(48"):
        network(torch.zeros(1, 1, 46, 44))


def test_layers_that_do_not_fit_are_refused():
    unet = config((4, 20, 20, 20), [])
    with pytest.raises(ConfigError, match="has 4 axes"):
        unet.architecture_type(unet)


def test_input_shape_need_not_fit_to_build():
    unet = config((60, 60), [(2, 3), 2])
    assert unet.architecture_type(unet).input_shape == (60, 60)


@pytest.mark.parametrize("upsample_factors", [None, [2]])
def test_activation_on_upsample(upsample_factors):
    unet = config((20, 20), [2], upsample_factors=upsample_factors)
    plain = config(
        (20, 20), [2], upsample_factors=upsample_factors, activation_on_upsample=False
    )
    with_activation, without = unet.create_architecture(), plain.create_architecture()
    without.load_state_dict(with_activation.state_dict())
    num_fewer = 1 if upsample_factors is None else 2
    count_relu = [
        sum(isinstance(m, torch.nn.ReLU) for m in network.modules())
        for network in (with_activation, without)
    ]
    assert count_relu[0] - count_relu[1] == num_fewer
    x = torch.rand(1, 1, 20, 20)
    assert not torch.equal(with_activation(x), without(x))


@pytest.mark.parametrize("begin", [0, 4, 12])
def test_blocks_fit_together_seamlessly(begin):
    """Blocks whose offset is a multiple of the coarsest level's factor agree."""
    network = config((44, 44), [2, 2]).create_architecture()
    image = torch.rand(1, 1, 44, 60)
    part = network(image[..., begin : begin + 48])
    whole = network(image)[..., begin : begin + part.shape[-1]]
    torch.testing.assert_close(part, whole)


@pytest.mark.parametrize(
    ("factors", "fields", "margin"),
    [
        ([2], {}, 8),
        ([2, 2], {}, 24),
        ([3, 2], {}, 36),
        ([2, 2], {"upsample_factors": [2]}, 24),
        ([2, 2], {"kernel_size_down": [[5], [3], [1]]}, 12),
        ([], {}, 2),
    ],
)
def test_margin_is_how_far_padding_reaches(factors, fields, margin):
    """Positive weights let the gradient show which voxels count."""
    torch.manual_seed(0)
    unet = config((96, 96), factors, padding="same", fmaps_out=1, **fields)
    network = unet.create_architecture()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, 0.1, 0.2)
    image = torch.rand(1, 1, 96, 96, requires_grad=True)
    output, coarsest = network(image), math.prod(factors)
    scale = output.shape[-1] // 96
    begin = 48 // coarsest * coarsest
    block = output[0, 0, 48 * scale, begin * scale : (begin + coarsest) * scale]
    (gradient,) = torch.autograd.grad(block.sum(), image)
    used = gradient[0, 0].abs().sum(0).nonzero()
    reach = max(begin - int(used.min()), int(used.max()) + 1 - begin - coarsest)
    assert -(-reach // coarsest) * coarsest == margin
    assert network.margin == (margin, margin)


def test_networks_without_padding_have_no_margin():
    assert config((44, 44), [2, 2]).create_architecture().margin == (0, 0)


def test_scale_is_exact():
    network = config((20, 20), [2], upsample_factors=[2, (1, 3)], padding="same")
    scaled = network.create_architecture().scale(Coordinate(4.6, 8.25))
    assert scaled == Coordinate(2.3, 1.375)


def test_gradients_reach_every_parameter():
    unet = config((20, 20), [2], use_attention=True, upsample_factors=[2])
    network = unet.create_architecture()
    network(torch.rand(2, 1, 20, 20)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())
