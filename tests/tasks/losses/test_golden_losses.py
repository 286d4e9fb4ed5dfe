"""Values and gradients of all losses agree with the original program."""

import pytest
import torch

import golden_data
from napari_dacapo.errors import DataError
from napari_dacapo.store.converter import from_doc
from napari_dacapo.tasks import TaskConfig

ARRAYS = golden_data.load("losses")[1]


def create_loss(case):
    config = from_doc(case["task"], TaskConfig)
    return config.task_type(config).loss


@pytest.mark.parametrize("case", golden_data.cases("losses", "loss"))
def test_value_and_gradient(case):
    prediction, target, weight = (
        torch.from_numpy(ARRAYS[case[name]])
        for name in ("prediction", "target", "weight")
    )
    prediction.requires_grad_()
    value = create_loss(case).compute(prediction, target, weight)
    value.backward()
    expect = case["expect"]
    assert value.item() == pytest.approx(
        expect["value"], rel=case["tol"]["rtol"], abs=case["tol"]["atol"]
    )
    gradient = torch.from_numpy(ARRAYS[expect["gradient"]])
    torch.testing.assert_close(prediction.grad, gradient, **case["tol"])


@pytest.mark.parametrize("case", golden_data.cases("losses", "loss_error"))
def test_what_is_refused(case):
    tensor = torch.zeros(case["shape"])
    with pytest.raises(DataError, match="3 channels; there must be a mask and a dis"):
        create_loss(case).compute(tensor, tensor, tensor)
