import subprocess
import sys

import attrs
import pytest

import napari_dacapo.trainers.augments as augments
import napari_dacapo.trainers.gp_augments as gp_augments
from napari_dacapo import trainers
from napari_dacapo._registry import concrete_classes

CONFIGS = [
    *concrete_classes(trainers.TrainerConfig),
    *concrete_classes(augments.AugmentConfig),
]


def test_both_import_paths_give_the_same_classes():
    assert gp_augments.__all__ == augments.__all__
    for name in augments.__all__:
        assert getattr(gp_augments, name) is getattr(augments, name)


def test_all_are_registered():
    names = {config.__name__ for config in CONFIGS}
    assert names >= {n for n in augments.__all__ if n.endswith("tConfig")} - {
        "AugmentConfig"
    }
    assert {"GunpowderTrainerConfig", "DummyTrainerConfig"} <= names


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_every_field_is_explained(config):
    for field in attrs.fields(config):
        assert len(field.metadata["help_text"]) > 20, field.name


def test_importing_needs_no_heavy_package():
    program = (
        "import sys, napari_dacapo.trainers, napari_dacapo.trainers.gp_augments;"
        "print([m for m in ('torch', 'zarr', 'scipy', 'napari') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
