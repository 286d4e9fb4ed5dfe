"""The affinities task and its config."""

import pytest

from napari_dacapo.architectures import DummyArchitectureConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate
from napari_dacapo.tasks import AffinitiesTaskConfig

DIRECT = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_a_valid_config_makes_a_task():
    config = AffinitiesTaskConfig("task", DIRECT, lsds=True, affs_weight_clipmin=0.2)
    assert config.neighborhood == [Coordinate(offset) for offset in DIRECT]
    task = config.create_task()
    assert task.predictor.num_channels == 13
    assert task.predictor.affs_clip == (0.2, 0.95)
    assert task.loss.num_affinities == 3


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"neighborhood": []}, "neighborhood: there is no offset"),
        ({"neighborhood": [[1, 0], [0, 0]]}, "(0, 0) compares voxels with themselves"),
        ({"neighborhood": [[1, 0], [1, 0, 0]]}, "(1, 0, 0) has 3 components; all"),
        ({"neighborhood": [[1]]}, "neighborhood: (1) has 1 components"),
        ({"neighborhood": [[0.5, 1]]}, "(0.5, 1) is not in whole voxels"),
        ({"neighborhood": [[1, 0], [1, 0]]}, "(1, 0) occurs more than once"),
        (
            {"neighborhood": DIRECT, "biases": [0.5, 1.5]},
            "biases: 1.5 is out of range; it must be at least 0 and at most 1",
        ),
        (
            {"neighborhood": DIRECT, "lsd_weight_clipmin": 0.95},
            "lsd_weight_clipmin: 0.95 must be less than lsd_weight_clipmax (0.95)",
        ),
        (
            {"neighborhood": DIRECT, "affs_weight_clipmax": 0.01},
            "affs_weight_clipmin: 0.05 must be less than affs_weight_clipmax (0.01)",
        ),
    ],
)
def test_what_is_refused(options, complaint):
    valid, reason = AffinitiesTaskConfig("task", **options).verify()
    assert not valid
    assert complaint in reason


def test_the_ratio_of_the_losses_is_not_negative():
    with pytest.raises(ConfigError, match="lsds_to_affs_weight_ratio: -1 is out of"):
        AffinitiesTaskConfig("task", DIRECT, lsds_to_affs_weight_ratio=-1)


def test_offsets_and_network_need_the_same_axes():
    task = AffinitiesTaskConfig("task", [[1, 0], [0, 1]]).create_task()
    config = DummyArchitectureConfig("dummy", num_in_channels=1, num_out_channels=2)
    architecture = config.architecture_type(config)
    with pytest.raises(ConfigError, match="have 2 components, but the network has 3"):
        task.create_model(architecture)


def test_sweep_and_scores_can_be_chosen():
    usual = AffinitiesTaskConfig("task", DIRECT).create_task()
    assert usual.evaluation_scores.criteria == ["voi_split", "voi_merge", "voi"]
    assert [p.bias for p in usual.parameters] == [0.1, 0.25, 0.5, 0.75, 0.9]
    config = AffinitiesTaskConfig("task", DIRECT, biases=[0.4], detailed_scores=True)
    task = config.create_task()
    assert "mean_f1_score" in task.evaluation_scores.criteria
    assert [(p.id, p.bias) for p in task.parameters] == [(0, 0.4)]
