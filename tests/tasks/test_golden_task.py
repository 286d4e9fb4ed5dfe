"""The parts of every task, and the models it makes, agree with the original program."""

from collections import Counter

import numpy as np
import pytest
import torch

import golden_data
from napari_dacapo.architectures import ArchitectureConfig
from napari_dacapo.geometry import Coordinate
from napari_dacapo.store.converter import from_doc, to_doc
from napari_dacapo.tasks import TaskConfig

WEIGHTS = golden_data.load("unet")[1]


@pytest.mark.parametrize("case", golden_data.cases("predictors", "task"))
def test_parts_and_parameters(case):
    config, expect = from_doc(case["task"], TaskConfig), case["expect"]
    task = config.task_type(config)
    for part in ("predictor", "loss", "post_processor", "evaluator"):
        if part in expect:
            assert type(getattr(task, part)).__name__ == expect[part]
    if "parameters" in expect:
        found = [to_doc(parameters) for parameters in task.parameters]
        for parameters, golden in zip(found, expect["parameters"], strict=True):
            assert {key: parameters[key] for key in golden} == golden
        assert type(task.evaluation_scores).__name__ == expect["evaluation_scores"]
        assert task.evaluator.criteria == expect["evaluator_criteria"]
        assert task.evaluation_scores.criteria == expect["score_criteria"]


def variants():
    for parameter in golden_data.cases("unet", "model"):
        (case,) = parameter.values
        for variant in case["expect"]["variants"]:
            name = f"{case['id']}-kernel{variant['head_kernel']}"
            yield pytest.param(case, variant, id=name)


def create_model(case, kernel_size):
    config = from_doc(case["task"], TaskConfig)
    if hasattr(config, "kernel_size"):
        config.kernel_size = kernel_size
    architecture = from_doc(case["architecture"], ArchitectureConfig)
    return config.create_task().create_model(architecture.create_architecture())


def with_both_names(weights):
    """Return every tensor under its two names, as a state dict has them."""
    state = {}
    for name, key in weights.items():
        tensor = torch.from_numpy(WEIGHTS[key])
        state[name] = tensor
        other = name.replace("architecture.", "chain.0.", 1)
        state[other.replace("prediction_head.", "chain.1.", 1)] = tensor
    return state


@pytest.mark.parametrize(("case", "variant"), list(variants()))
def test_models(case, variant):
    model = create_model(case, variant["head_kernel"])
    shapes = [[name, list(t.shape)] for name, t in model.state_dict().items()]
    assert shapes == variant["state_dict"]
    for name in ("input_shape", "eval_input_shape", "output_shape"):
        assert list(getattr(model, name)) == variant[name]
    channels, shape = model.compute_output_shape(model.eval_input_shape)
    assert list(shape) == variant["eval_output_shape"]
    assert channels == model.num_out_channels == variant["num_out_channels"]
    assert model.num_in_channels == variant["num_in_channels"]
    scaled = model.scale(Coordinate(variant["scale"]["voxel_size"]))
    assert list(scaled) == variant["scale"]["result"]

    model.load_state_dict(with_both_names(variant["weights"]))
    forward = variant["forward"]
    inputs = torch.from_numpy(WEIGHTS[forward["input"]])
    for mode in ("train", "eval"):
        expected = forward[f"output_{mode}"]
        if expected is not None:
            model.train(mode == "train")
            with torch.no_grad():
                output = model(inputs).numpy()
            np.testing.assert_allclose(output, WEIGHTS[expected], **case["tol"])


@pytest.mark.parametrize(
    ("group", "tested"),
    [
        ("predictors", {"predictor": 33, "predictor_error": 1, "task": 6}),
        ("losses", {"loss": 14, "loss_error": 1}),
        (
            "postprocess",
            {"parameters": 4, "parameter_defaults": 1, "threshold": 8, "argmax": 3}
            | {"watershed": 15, "prediction_to_uint8": 1},
        ),
        (
            "evaluators",
            {"binary_evaluation": 20, "binary_evaluation_channels": 2, "criteria": 4}
            | {"instance_evaluation": 13, "best_scores": 3},
        ),
        ("unet", {"unet": 20, "model": 11}),
    ],
)
def test_no_case_is_left_out(group, tested):
    """The tests of these groups choose cases by kind: there are no other kinds."""
    kinds = [case["kind"] for case in golden_data.load(group)[0]["cases"]]
    assert Counter(kinds) == tested
