import pytest
import torch

from napari_dacapo.nn import convolution
from napari_dacapo.nn.convolution import Conv3d, ConvPass, Upsample


@pytest.mark.parametrize("kernel", [(3, 3, 3), (1, 3, 3), (3, 1, 1), (2, 3, 4)])
@pytest.mark.parametrize("shape", [(5, 9, 8), (4, 4, 9), (3, 3, 4)])
@pytest.mark.parametrize("padding", [(0, 0, 0), (1, 0, 2)])
def test_single_sample_gives_what_torch_gives(kernel, shape, padding):
    check_against_torch(kernel, shape, padding, bias=True)


@pytest.mark.parametrize("padding", [(0, 0, 0), (0, 1, 2), (1, 0, 0)])
@pytest.mark.parametrize("bias", [True, False])
def test_single_section_gives_what_torch_gives(padding, bias):
    check_against_torch((1, 3, 3), (1, 7, 8), padding, bias)


def check_against_torch(kernel, shape, padding, bias):
    ours = Conv3d(3, 5, kernel, padding=padding, bias=bias)
    theirs = torch.nn.Conv3d(3, 5, kernel, padding=padding, bias=bias)
    theirs.load_state_dict(ours.state_dict())
    x = torch.rand(1, 3, *shape, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    ours(x).square().sum().backward()
    theirs(y).square().sum().backward()
    torch.testing.assert_close(ours(x), theirs(y))
    torch.testing.assert_close(x.grad, y.grad)
    torch.testing.assert_close(ours.weight.grad, theirs.weight.grad)


def test_input_smaller_than_the_kernel_is_refused():
    with pytest.raises(RuntimeError):
        Conv3d(2, 2, 3)(torch.rand(1, 2, 2, 2, 2))


@pytest.mark.parametrize(
    ("shape", "slow"),
    [
        ((1, 8, 16, 48, 48), True),
        ((2, 8, 16, 48, 48), False),  # a batch
        ((1, 1, 16, 48, 48), False),  # one channel
        ((1, 8, 64, 64, 64), False),  # large
    ],
)
def test_only_small_single_samples_are_cut(shape, slow):
    weight = torch.empty(4, shape[1], 3, 3, 3)
    assert convolution._takes_slow_kernel(torch.empty(shape), weight) is slow
    meta = torch.empty(shape, device="meta")
    assert not convolution._takes_slow_kernel(meta, weight)
    assert not convolution._takes_slow_kernel(torch.empty(shape).double(), weight)


def test_pointwise_layers_act_before_repeating():
    up = Upsample(2, 3, (1, 2, 3))
    x = torch.rand(2, 2, 3, 4, 5)
    assert up(x).shape == (2, 3, 3, 8, 15)
    torch.testing.assert_close(up(x), up.up(x))


def test_same_padding_keeps_the_size():
    conv_pass = ConvPass(1, 2, [(1, 5), (3, 1)], same=True)
    assert conv_pass(torch.rand(1, 1, 6, 7)).shape == (1, 2, 6, 7)
