import os

import pytest
import torch

import napari_dacapo.nn
from napari_dacapo.errors import ConfigError
from napari_dacapo.nn import choose_device, default_threads


def test_auto_says_why():
    choice = choose_device()
    assert choice.reason
    if not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        assert choice.device == torch.device("cpu")
        assert choice.reason == "no supported graphics card was found"


def test_cpu_can_be_asked_for():
    assert choose_device("cpu").device == torch.device("cpu")


@pytest.mark.parametrize(
    ("preference", "message"),
    [
        ("toaster", "device: 'toaster' is no device; use 'auto'"),
        ("meta", "only cpu, cuda and mps are supported"),
        ("cuda:99", "device: 'cuda:99' cannot be used: "),
    ],
)
def test_missing_devices_are_refused(preference, message):
    with pytest.raises(ConfigError, match=message):
        choose_device(preference)


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is one")
def test_mps_is_refused_elsewhere():
    with pytest.raises(ConfigError, match="needs an Apple graphics processor"):
        choose_device("mps")


def test_one_core_is_spared():
    assert 1 <= default_threads() <= max(1, (os.cpu_count() or 1) - 1)


def test_unknown_name():
    assert "Model" in dir(napari_dacapo.nn)
    with pytest.raises(AttributeError, match="attribute Foo"):
        _ = napari_dacapo.nn.Foo
