"""Networks against those of the original: names, shapes, values."""

import numpy as np
import pytest
import torch

from golden_data import cases, load
from napari_dacapo import architectures
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate


@pytest.fixture(scope="module")
def arrays():
    return load("unet")[1]


def build(doc, device="cpu"):
    doc = {key.removeprefix("_eval"): value for key, value in doc.items()}
    fields = {key.replace("_shape_inc", "eval_shape_inc"): v for key, v in doc.items()}
    config = getattr(architectures, fields.pop("__type__"))(**fields)
    with torch.device(device):
        return config.architecture_type(config)


@pytest.mark.parametrize("case", cases("unet", "unet"))
def test_properties_and_shapes(case):
    expect = case["expect"]
    network = build(case["config"], "meta")
    for name in ("dims", "num_in_channels", "num_out_channels"):
        assert getattr(network, name) == expect[name]
    for name in ("input_shape", "eval_shape_increase"):
        assert getattr(network, name) == tuple(expect[name])
    state = network.state_dict()
    found = [[name, list(tensor.shape)] for name, tensor in state.items()]
    assert found == expect["parameters"]
    for scale in expect["scale"]:
        assert network.scale(Coordinate(scale["voxel_size"])) == tuple(scale["result"])
    for shape in expect["shapes"]:
        if shape["output"] is None:
            with pytest.raises(ConfigError, match="fit"):
                network.compute_output_shape(shape["input"])
        else:
            output = network.compute_output_shape(shape["input"])
            assert output == tuple(shape["output"])


@pytest.mark.parametrize(
    "case", [case for case in cases("unet", "unet") if "weights" in case.values[0]]
)
def test_forward(case, arrays):
    network = build(case["config"]).eval()
    network.load_state_dict(
        {name: torch.from_numpy(arrays[key]) for name, key in case["weights"].items()}
    )
    for forward in case["expect"]["forward"]:
        with torch.inference_mode():
            output = network(torch.from_numpy(arrays[forward["input"]]))
        np.testing.assert_allclose(output, arrays[forward["output"]], **case["tol"])
