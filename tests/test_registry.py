from __future__ import annotations

from importlib.metadata import EntryPoint

import attrs
import pytest

from napari_dacapo import _registry
from napari_dacapo._config import config_field
from napari_dacapo._registry import Registered, concrete_classes, lookup
from napari_dacapo.arrays import ArrayConfig, DummyArray
from napari_dacapo.tasks import TaskConfig


@pytest.fixture(autouse=True)
def _forget_test_classes():
    _registry.load_components()
    known = dict(_registry._CLASSES)
    yield
    _registry._CLASSES.clear()
    _registry._CLASSES.update(known)


def test_subclassing_registers():
    @attrs.define
    class FreshArrayConfig(ArrayConfig):
        array_type = DummyArray
        size: int = config_field("Size.", default=1)

    assert lookup("FreshArrayConfig") is FreshArrayConfig
    assert FreshArrayConfig in concrete_classes(ArrayConfig)
    assert FreshArrayConfig not in concrete_classes(TaskConfig)


def test_roots_and_abstract_classes_are_found_but_not_offered():
    assert lookup("ArrayConfig") is ArrayConfig
    assert ArrayConfig not in concrete_classes(ArrayConfig)
    names = [cls.__name__ for cls in concrete_classes(ArrayConfig)]
    assert names == sorted(names)
    assert "ZarrArrayConfig" in names


def test_only_what_can_be_built_is_offered():
    @attrs.define
    class HalfDoneArrayConfig(ArrayConfig):
        """Does not say what is built from it."""

    assert HalfDoneArrayConfig not in concrete_classes(ArrayConfig)
    assert lookup("AugmentConfig") not in concrete_classes(lookup("AugmentConfig"))
    # a root from which something is built
    assert lookup("StartConfig") in concrete_classes(lookup("StartConfig"))


def test_a_name_belongs_to_one_module():
    # the same class again, as when a notebook cell is run twice, is fine
    for module in ("first", "first"):
        attrs.define(type("TwinConfig", (ArrayConfig,), {"__module__": module}))
    with pytest.raises(
        TypeError, match=r"'TwinConfig' is already registered by .*first"
    ):
        attrs.define(type("TwinConfig", (ArrayConfig,), {"__module__": "second"}))


def test_unknown_names_list_near_ones():
    with pytest.raises(NameError, match="did you mean ZarrArrayConfig"):
        lookup("ZarArrayConfig")


@pytest.mark.parametrize(
    "name",
    [
        "__import__('os')",
        "os.system",
        "",
        "\0",
        ["ZarrArrayConfig"],
        {},
        None,
        "x" * 10**6,
    ],
)
def test_nothing_but_names_is_looked_up(name):
    with pytest.raises(NameError, match="no config class is named"):
        lookup(name)


def test_packages_add_classes_by_entry_point(monkeypatch, tmp_path):
    (tmp_path / "their_package.py").write_text(
        "import attrs\n"
        "from napari_dacapo.arrays import ArrayConfig\n"
        "@attrs.define\n"
        "class TheirArrayConfig(ArrayConfig):\n"
        "    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("theirs", "their_package", _registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(_registry, "entry_points", lambda group: [point])
    assert lookup("TheirArrayConfig").__module__ == "their_package"


def test_every_class_is_loaded_on_the_first_miss():
    with pytest.raises(NameError):
        lookup("Nothing")
    roots = [c for c in _registry._CLASSES.values() if Registered in c.__bases__]
    assert len(roots) >= 10
