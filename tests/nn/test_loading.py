"""Loading weights wholly, partly, by names of other programs, and by channel."""

import pickle

import pytest
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.nn import Model
from napari_dacapo.nn.loading import load_weights, read_weights_file


def model(num_channels=2, seed=0, **fields):
    torch.manual_seed(seed)
    defaults = {"fmaps_in": 1, "num_fmaps": 4, "padding": "same"}
    config = CNNectomeUNetConfig(
        "unet",
        input_shape=(16, 16),
        fmaps_out=3,
        fmap_inc_factor=2,
        downsample_factors=[2],
        **{**defaults, **fields},
    )
    return Model(config.create_architecture(), torch.nn.Conv2d(3, num_channels, 1))


def own(state):
    return {n: t for n, t in state.items() if not n.startswith("chain.")}


def same(a, b):
    return all(torch.equal(t, b.state_dict()[n]) for n, t in a.state_dict().items())


@pytest.mark.parametrize(
    "view",
    [
        lambda state: state,
        lambda state: {"model": state, "optimizer": {}, "iteration": 3},
        own,
        lambda state: {n: t for n, t in state.items() if n.startswith("chain.")},
        lambda state: {f"module.{n}": t for n, t in state.items()},
    ],
    ids=["state dict", "checkpoint", "single names", "chain names", "data parallel"],
)
def test_everything_fits(view):
    source, target = model(seed=1), model(seed=2)
    report = load_weights(target, view(source.state_dict()))
    assert same(source, target)
    assert report.complete
    report.require()
    assert str(report) == f"loaded {len(report.loaded)} of {len(report.loaded)} tensors"


def test_architecture_alone():
    source, target = model(seed=1), model(seed=2)
    head = target.prediction_head.weight.detach().clone()
    report = load_weights(target, source.architecture.state_dict())
    assert same(source.architecture, target.architecture)
    assert torch.equal(target.prediction_head.weight, head)
    assert report.missing == ("prediction_head.weight", "prediction_head.bias")
    report.require(encoder_only=True)
    with pytest.raises(DataError, match=r"do not belong .* left fresh: prediction_hea"):
        report.require()


def test_what_differs_in_name_or_shape_stays_fresh():
    source = model(seed=1).state_dict()
    source["architecture.extra.weight"] = torch.ones(1)
    target = model(num_channels=5, seed=2)
    bias = target.prediction_head.bias.detach().clone()
    report = load_weights(target, source)
    assert torch.equal(target.prediction_head.bias, bias)
    assert report.skipped == {
        "architecture.extra.weight": "not in this network",
        "prediction_head.weight": "2x3x1x1 instead of 5x3x1x1",
        "prediction_head.bias": "2 instead of 5",
    }
    assert "not used: architecture.extra.weight (not in this network)" in str(report)
    report.require(encoder_only=True)


def test_first_layer_may_differ_because_the_raw_data_do():
    report = load_weights(model(fmaps_in=3), model().state_dict())
    assert "architecture.unet.l_conv.0.conv_pass.0.weight" in report.missing
    report.require(encoder_only=True)


def test_encoder_that_does_not_fit_is_refused():
    report = load_weights(model(num_fmaps=5), model().state_dict())
    with pytest.raises(DataError, match=r"not even its encoder .*l_conv.0.conv_pass.2"):
        report.require(encoder_only=True)


def test_head_is_taken_over_by_channel():
    source, target = model(num_channels=3, seed=1), model(num_channels=2, seed=2)
    fresh = target.prediction_head.weight.detach().clone()
    report = load_weights(
        target, source.state_dict(), old_head=["a", "b", "c"], new_head=["c", "new"]
    )
    assert report.channels == ("c",)
    weight = target.prediction_head.weight
    assert torch.equal(weight[0], source.prediction_head.weight[2])
    assert torch.equal(target.prediction_head.bias[0], source.prediction_head.bias[2])
    assert torch.equal(weight[1], fresh[1])
    assert report.missing == ("prediction_head.weight", "prediction_head.bias")
    assert "head channels taken over: c" in str(report)


def test_all_channels_in_another_order_are_complete():
    source, target = model(seed=1), model(seed=2)
    report = load_weights(
        target, source.state_dict(), old_head=["a", "b"], new_head=["b", "a"]
    )
    assert report.complete
    flipped = source.prediction_head.weight.flip(0)
    assert torch.equal(target.prediction_head.weight, flipped)


def test_heads_with_two_rows_per_channel():
    source, target = model(num_channels=4, seed=1), model(num_channels=6, seed=2)
    load_weights(
        target, source.state_dict(), old_head=["a", "b"], new_head=["x", "b", "y"]
    )
    for new, old in ((1, 1), (4, 3)):
        assert torch.equal(
            target.prediction_head.weight[new], source.prediction_head.weight[old]
        )


@pytest.mark.parametrize("new_head", [["x", "y"], ["a"]])
def test_head_without_counterpart_stays_fresh(new_head):
    """No channel in common, or another number of rows per channel."""
    source, target = model(seed=1), model(seed=2)
    fresh = target.prediction_head.weight.detach().clone()
    report = load_weights(
        target, source.state_dict(), old_head=["a", "b"], new_head=new_head
    )
    assert torch.equal(target.prediction_head.weight, fresh)
    assert report.channels == ()
    assert report.skipped["prediction_head.weight"] == "no channel in common"


def test_no_weights_at_all():
    with pytest.raises(DataError, match="there are no weights here"):
        load_weights(model(), {"model": {}, "iteration": 3})


@pytest.mark.parametrize("new_format", [True, False])
def test_files_are_read(tmp_path, new_format):
    path = tmp_path / "1820500"
    state = {"model": own(model().state_dict()), "optimizer": {"state": {}}}
    torch.save(state, path, _use_new_zipfile_serialization=new_format)
    found = read_weights_file(path)
    assert found["model"].keys() == state["model"].keys()
    load_weights(model(seed=1), found).require()


class Harmful:
    def __reduce__(self):
        return (print, ("executed",))


def test_files_with_code_are_refused(tmp_path, capsys):
    path = tmp_path / "harmful.pt"
    torch.save({"model": Harmful()}, path)
    with pytest.raises(DataError, match="holds more than tensors and plain data"):
        read_weights_file(path)
    path.write_bytes(pickle.dumps(Harmful(), protocol=2))
    with pytest.raises(DataError, match="is damaged"):
        read_weights_file(path)
    assert capsys.readouterr().out == ""


def test_missing_damaged_and_useless_files(tmp_path):
    with pytest.raises(DataNotFoundError, match="there is no file"):
        read_weights_file(tmp_path / "none")
    (tmp_path / "empty").touch()
    with pytest.raises(DataError, match="is damaged"):
        read_weights_file(tmp_path / "empty")
    torch.save([1, 2], tmp_path / "list")
    with pytest.raises(DataError, match="holds a list, no weights"):
        read_weights_file(tmp_path / "list")
