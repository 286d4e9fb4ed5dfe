"""What holds for every loss, and the one-hot loss by hand."""

import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.tasks.losses import (
    AffinitiesLoss,
    HotDistanceLoss,
    MSELoss,
    OneHotLoss,
)

LOSSES = [
    MSELoss(),
    HotDistanceLoss(),
    OneHotLoss(),
    AffinitiesLoss(2, 0.5),
    AffinitiesLoss(4, 1),
]
SHAPE = (2, 4, 3, 5)
values = hnp.arrays(np.float32, SHAPE, elements=st.floats(-8, 8, width=32))
voxel_masks = hnp.arrays(np.float32, (2, 1, 3, 5), elements=st.sampled_from([0, 2.5]))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@given(prediction=values, used=voxel_masks, classes=hnp.arrays(np.int64, (2, 3, 5)))
def test_there_is_no_gradient_where_the_weight_is_zero(loss, prediction, used, classes):
    tensor = torch.from_numpy(prediction).requires_grad_()
    labels = torch.from_numpy(classes % 4)
    target = torch.nn.functional.one_hot(labels, 4).movedim(-1, 1).float()
    weight = torch.from_numpy(used).expand(*SHAPE)
    value = loss.compute(tensor, target, weight)
    value.backward()
    assert value.shape == ()
    assert math.isfinite(value.item())
    assert value.item() >= 0
    assert not tensor.grad[weight == 0].any()


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("space", [(6, 5), (3, 4, 5)])
def test_a_better_prediction_has_a_smaller_loss(loss, space):
    torch.manual_seed(0)
    labels = torch.randint(0, 4, (1, *space))
    target = torch.nn.functional.one_hot(labels, 4).movedim(-1, 1).float()
    weight = torch.ones_like(target)
    good, bad = 0.9 * target, 0.9 * (1 - target)
    assert loss.compute(good, target, weight) < loss.compute(bad, target, weight)


def test_one_hot_loss_is_the_weighted_cross_entropy():
    torch.manual_seed(0)
    prediction = torch.randn(2, 3, 4, 5)
    labels = torch.randint(0, 3, (2, 4, 5))
    target = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).to(torch.uint8)
    weight = torch.rand(2, 1, 4, 5)
    expected = torch.nn.functional.cross_entropy(prediction, labels, reduction="none")
    torch.testing.assert_close(
        OneHotLoss().compute(prediction, target, weight.expand(-1, 3, -1, -1)),
        (expected * weight[:, 0]).mean(),
    )


def test_one_hot_loss_ignores_labels_that_are_no_class():
    prediction = torch.randn(1, 3, 4).requires_grad_()
    target, weight = torch.zeros(1, 3, 4), torch.ones(1, 3, 4)
    target[0, 1, 0] = 1
    OneHotLoss().compute(prediction, target, weight).backward()
    assert prediction.grad[..., 0].any()
    assert not prediction.grad[..., 1:].any()


def test_descriptors_count_by_their_ratio():
    torch.manual_seed(0)
    prediction, target = torch.randn(1, 5, 4, 4), torch.rand(1, 5, 4, 4)
    weight = torch.rand(1, 5, 4, 4)
    losses = [
        AffinitiesLoss(2, ratio).compute(prediction, target, weight)
        for ratio in (0, 1, 3)
    ]
    torch.testing.assert_close(losses[2] - losses[0], 3 * (losses[1] - losses[0]))
    alone = AffinitiesLoss(2, 1).compute(
        prediction[:, :2], target[:, :2], weight[:, :2]
    )
    torch.testing.assert_close(losses[0], alone)
