import pytest
import torch
from training_parts import Net, SmallTask

from napari_dacapo.errors import ConfigError
from napari_dacapo.trainers import DummyTrainer, DummyTrainerConfig


def test_pretends_to_learn():
    net, trainer = Net(), DummyTrainer(DummyTrainerConfig("d", 2, 1e-2, False))
    optimizer = trainer.create_optimizer(net)
    assert trainer.can_train([])
    before = net.conv.weight.clone()
    with trainer:
        trainer.build_batch_provider([], net, SmallTask())
        stats = list(trainer.iterate(4, net, optimizer, torch.device("cpu")))
    assert [s.loss for s in stats] == [1, 1 / 2, 1 / 3, 1 / 4]
    assert [s.iteration for s in stats] == [0, 1, 2, 3]
    assert {s.time for s in stats} == {0.1}
    assert not torch.equal(net.conv.weight, before)
    assert trainer.state_dict() == {"iteration": 4}


def test_is_never_valid():
    config = DummyTrainerConfig("d", 2, 1e-2, True)
    valid, reason = config.verify()
    assert not valid
    assert reason.endswith("is never valid")
    with pytest.raises(ConfigError, match="never valid"):
        config.create_trainer()
