import pytest
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig, DummyArchitectureConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate
from napari_dacapo.nn import Model


def unet(**fields):
    config = CNNectomeUNetConfig(
        "unet", (20, 24, 28), 5, 2, 4, 2, [2], **{"padding": "valid", **fields}
    )
    return config.create_architecture()


def test_shapes_and_channels():
    model = Model(
        unet(eval_shape_increase=(2, 4, 6), upsample_factors=[(2, 1, 1)]),
        torch.nn.Conv3d(5, 3, (1, 3, 3)),
    )
    assert model.input_shape == (20, 24, 28)
    assert model.eval_input_shape == (22, 28, 34)
    assert (model.num_in_channels, model.num_out_channels) == (2, 3)
    assert model.output_shape == (4, 2, 6)
    assert model.compute_output_shape((22, 28, 34)) == (3, Coordinate(8, 6, 12))
    assert model.scale(Coordinate(9.2, 4, 4)) == Coordinate(4.6, 4, 4)
    assert model(torch.zeros(1, 2, 20, 24, 28)).shape == (1, 3, *model.output_shape)


def test_architectures_without_arithmetic_are_measured_without_memory():
    config = DummyArchitectureConfig("dummy", 1, 2)
    model = Model(config.architecture_type(config), torch.nn.Conv3d(2, 4, 3))
    huge = model.compute_output_shape((10**5,) * 3)
    assert huge == (4, Coordinate((10**5 - 4,) * 3))
    with pytest.raises(ConfigError, match="does not fit through DummyArchitecture"):
        model.compute_output_shape((2, 4, 4))
    with pytest.raises(ConfigError, match="does not fit through Conv3d"):
        model.compute_output_shape((4, 4, 4))


def test_unfit_input_shape_is_found_when_the_model_is_made():
    config = CNNectomeUNetConfig("unet", (21, 20), 5, 1, 4, 2, [2])
    with pytest.raises(ConfigError, match="nearest valid shape"):
        Model(config.architecture_type(config), torch.nn.Conv2d(5, 1, 1))


def test_activation_applies_to_evaluation_only():
    torch.manual_seed(0)
    model = Model(unet(), torch.nn.Conv3d(5, 3, 1), torch.nn.Sigmoid())
    x = torch.randn(1, 2, 20, 24, 28)
    logits = model.train()(x)
    torch.testing.assert_close(model.eval()(x), logits.sigmoid())


def test_state_dict_has_every_tensor_under_two_names():
    model = Model(unet(), torch.nn.Conv3d(5, 3, 1), torch.nn.Sigmoid())
    state = model.state_dict()
    single = [n for n in state if not n.startswith("chain.")]
    doubled = [
        n.replace("architecture.", "chain.0.", 1).replace(
            "prediction_head.", "chain.1.", 1
        )
        for n in single
    ]
    assert list(state) == [*single, *doubled]
    for one, two in zip(single, doubled, strict=True):
        assert state[one].data_ptr() == state[two].data_ptr()
    assert sum(1 for _ in model.parameters()) == len(single)


@pytest.mark.parametrize("constant_upsample", [True, False])
def test_weights_start_kaiming_normal(constant_upsample):
    torch.manual_seed(0)
    config = CNNectomeUNetConfig(
        "u", (44, 44), 64, 1, 64, 2, [2, 2], constant_upsample=constant_upsample
    )
    model = Model(config.create_architecture(), torch.nn.Conv2d(64, 64, 1))
    checked = 0
    for name, parameter in model.named_parameters():
        if name.endswith("weight") and parameter.numel() > 4000:
            fan_in = parameter[0].numel()
            expected = (2 / fan_in) ** 0.5
            assert float(parameter.detach().std()) == pytest.approx(expected, rel=0.1)
            assert abs(float(parameter.detach().mean())) < 0.1 * expected
            checked += 1
    assert checked > 8


def test_same_seed_gives_same_weights():
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(Model(unet(), torch.nn.Conv3d(5, 3, 1)).state_dict())
    assert all(torch.equal(a, states[1][n]) for n, a in states[0].items())
