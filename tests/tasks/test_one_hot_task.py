"""The one-hot task and its config."""

import pytest

from napari_dacapo.tasks import OneHotTaskConfig


def test_a_valid_config_makes_a_task():
    config = OneHotTaskConfig("task", ["background", "mito", "er"])
    task = config.create_task()
    assert task.predictor.classes == ["background", "mito", "er"]
    assert task.predictor.kernel_size == 1
    assert len(task.parameters) == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"classes": []}, "classes: the list is empty"),
        ({"classes": ["a", "a"]}, "classes: a occurs more than once"),
        ({"classes": ["a"]}, "classes: there is nothing to tell apart with one class"),
        ({"classes": ["a", "b"], "kernel_size": 4}, "kernel_size: 4 is even"),
    ],
)
def test_what_is_refused(options, complaint):
    valid, reason = OneHotTaskConfig("task", **options).verify()
    assert not valid
    assert complaint in reason
