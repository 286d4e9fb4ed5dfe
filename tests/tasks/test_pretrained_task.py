"""A task that starts from the weights in a file."""

import pytest
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.store.converter import from_doc, to_doc
from napari_dacapo.tasks import DistanceTaskConfig, PretrainedTaskConfig, TaskConfig

SUB_TASK = DistanceTaskConfig("distance", ["mito"], clip_distance=50, tol_distance=10)


def create_architecture(num_fmaps=2):
    return CNNectomeUNetConfig(
        "unet",
        input_shape=(24, 24),
        fmaps_out=3,
        fmaps_in=1,
        num_fmaps=num_fmaps,
        fmap_inc_factor=2,
        downsample_factors=[(2, 2)],
    ).create_architecture()


@pytest.fixture
def trained():
    torch.manual_seed(0)
    return SUB_TASK.create_task().create_model(create_architecture())


@pytest.mark.parametrize("layout", ["ours", "plain", "network without head names"])
def test_the_model_starts_with_the_weights_of_the_file(tmp_path, trained, layout):
    path = tmp_path / "10"
    state = trained.state_dict()
    if layout == "network without head names":
        state = {k: v for k, v in state.items() if not k.startswith("chain.")}
    torch.save({"model": state} if layout == "ours" else state, path)
    task = PretrainedTaskConfig("task", SUB_TASK, path).create_task()
    model = task.create_model(create_architecture())
    for name, tensor in trained.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor)


def test_everything_else_is_that_of_the_sub_task(tmp_path, trained):
    torch.save(trained.state_dict(), tmp_path / "10")
    task = PretrainedTaskConfig("task", SUB_TASK, tmp_path / "10").create_task()
    expected = SUB_TASK.create_task()
    for part in ("predictor", "loss", "post_processor", "evaluator"):
        assert type(getattr(task, part)) is type(getattr(expected, part))
    assert task.parameters == expected.parameters


def test_weights_of_another_network_are_refused(tmp_path, trained):
    torch.save(trained.state_dict(), tmp_path / "10")
    task = PretrainedTaskConfig("task", SUB_TASK, tmp_path / "10").create_task()
    with pytest.raises(
        DataError, match=r"weights do not belong to this network: .*2x1"
    ):
        task.create_model(create_architecture(num_fmaps=3))


def test_a_missing_file_is_refused(tmp_path):
    config = PretrainedTaskConfig("task", SUB_TASK, tmp_path / "none.pt")
    with pytest.raises(ConfigError, match=r"weights: there is no file .*none\.pt"):
        config.create_task()


def test_an_invalid_sub_task_is_refused(tmp_path):
    (tmp_path / "10").touch()
    sub_task = DistanceTaskConfig("distance", [], clip_distance=50, tol_distance=10)
    valid, reason = PretrainedTaskConfig("task", sub_task, tmp_path / "10").verify()
    assert not valid
    assert reason.startswith("sub_task_config: channels: the list is empty")


def test_the_config_survives_storage(tmp_path):
    config = PretrainedTaskConfig("task", SUB_TASK, tmp_path / "10")
    assert from_doc(to_doc(config), TaskConfig) == config
