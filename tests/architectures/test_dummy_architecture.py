import pytest

from napari_dacapo.architectures import (
    ArchitectureConfig,
    DummyArchitecture,
    DummyArchitectureConfig,
)
from napari_dacapo.errors import ConfigError


def test_dummy_is_never_valid():
    config = DummyArchitectureConfig("dummy", 1, 2)
    assert config.verify() == (False, "a DummyArchitectureConfig is never valid")
    with pytest.raises(ConfigError, match="is never valid"):
        config.create_architecture()


def test_dummy_can_be_built_on_purpose():
    config = DummyArchitectureConfig("dummy", 1, 2)
    assert isinstance(config.architecture_type(config), DummyArchitecture)


def test_base_config():
    assert ArchitectureConfig("base").verify()[0]


def test_unknown_name():
    import napari_dacapo.architectures as package

    assert "CNNectomeUNet" in dir(package)
    with pytest.raises(AttributeError, match="no attribute 'Foo'"):
        _ = package.Foo
