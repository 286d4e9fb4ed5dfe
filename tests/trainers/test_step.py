"""Steps in every number format, layout and number of portions."""

from __future__ import annotations

import pytest
import torch
from test_gunpowder_trainer import CPU, Training, equal
from training_parts import Net

from napari_dacapo.errors import DivergedError
from napari_dacapo.nn.precision import choose_precision
from napari_dacapo.trainers._step import Stepper, is_out_of_memory


def losses(training, number=6):
    return [stats.loss for stats in training.run(number)]


def test_all_formats_learn_the_same_up_to_rounding():
    exact = losses(Training(precision="float32", memory_format="contiguous"))
    for precision, rounding in (("float32", 1e-4), ("bfloat16", 0.1), ("float16", 0.1)):
        found = losses(Training(precision=precision, memory_format="channels_last"))
        assert found == pytest.approx(exact, rel=rounding), precision


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_two_halves_make_a_whole(precision):
    options = {"precision": precision, "gradient_accumulation": 2}
    whole, first = Training(**options), Training(**options)
    expected = losses(whole)
    before = losses(first, 3)
    second = Training(first.checkpoint(), **options)
    assert before + losses(second, 3) == expected
    assert equal(whole, second)


def test_the_scale_of_float16_is_in_the_checkpoint():
    training = Training(precision="float16")
    training.run(2)
    state = training.trainer.state_dict()["stepper"]
    assert state["scaler"]["scale"] > 1
    assert Training(precision="float32").trainer.state_dict()["stepper"] is None


def test_weights_lie_as_asked_for_and_stay_float32():
    training = Training(precision="bfloat16", memory_format="channels_last")
    training.run(1)
    weight = training.net.conv.weight
    assert weight.dtype is torch.float32
    # with one channel, both layouts are the same in memory
    assert weight.is_contiguous(memory_format=torch.channels_last_3d)


def test_random_layers_do_not_depend_on_what_happened_before():
    class Random(Net):
        def forward(self, x):
            return torch.nn.functional.dropout(super().forward(x), 0.5)

    def run(number, checkpoint=None):
        training = Training(**options)
        training.net = Random()
        training.net.load_state_dict(Training().net.state_dict())
        training.optimizer = training.trainer.create_optimizer(training.net)
        if checkpoint is not None:
            training.load(checkpoint)
        torch.rand(number)  # somebody else draws, too
        return training, losses(training, number)

    options = {"precision": "float32"}
    _, whole = run(4)
    first, before = run(2)
    _, after = run(2, first.checkpoint())
    assert before + after == whole


def test_gradients_that_are_not_finite_change_nothing():
    training = Training(precision="float32")
    training.run(1)
    before = {n: p.clone() for n, p in training.net.named_parameters()}
    training.net.conv.weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(DivergedError, match="gradients are not finite"):
        training.run(1)
    for name, parameter in training.net.named_parameters():
        assert torch.equal(parameter, before[name])


def test_what_counts_as_lack_of_memory():
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated"))
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_a_continued_run_keeps_the_portions_it_needed():
    stepper = Stepper(
        Net(), CPU, choose_precision("float32", "auto", CPU), portions=1, warn=print
    )
    stepper.load_state_dict({"portions": 4, "scaler": {}})
    assert stepper.state_dict()["portions"] == 4
