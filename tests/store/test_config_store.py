from __future__ import annotations

import attrs
import pytest

from napari_dacapo.arrays import DummyArrayConfig, ZarrArrayConfig
from napari_dacapo.datasplits import DummyDataSplitConfig
from napari_dacapo.datasplits.datasets import DummyDatasetConfig
from napari_dacapo.errors import ConfigError, DataNotFoundError, DuplicateNameError
from napari_dacapo.store import ConfigStore
from napari_dacapo.store.config_store import KINDS
from napari_dacapo.store.conversion_hooks import (
    CNNectomeUNetConfig,
    DistanceTaskConfig,
    GunpowderTrainerConfig,
    StartConfig,
)


def _run():
    from napari_dacapo.runs import RunConfig

    return RunConfig(
        EXAMPLES["task"],
        EXAMPLES["architecture"],
        EXAMPLES["trainer"],
        EXAMPLES["datasplit"],
        "run 1",
        num_iterations=10,
        start_config=StartConfig("older", "voi"),
    )


EXAMPLES = {
    "task": DistanceTaskConfig("mito", ["mito"], 100, 20, scale_factor=40.5),
    "architecture": CNNectomeUNetConfig(
        "unet", (44, 44, 44), 4, 1, 4, 2, [(2, 2, 2)], eval_shape_increase=(4, 4, 4)
    ),
    "trainer": GunpowderTrainerConfig("trainer", 2, 1e-4),
    "datasplit": DummyDataSplitConfig("split"),
    "dataset": DummyDatasetConfig("dataset"),
    "array": ZarrArrayConfig("array", "/data/a.zarr", "raw", snap_to_grid=(4.6, 4)),
    "start": StartConfig("older run", "val0/f1_score"),
}


@pytest.fixture
def store(tmp_path):
    return ConfigStore(tmp_path / "project")


@pytest.mark.parametrize("kind", sorted(KINDS))
class TestEveryKind:
    def _methods(self, store, kind):
        names = f"store_{kind}_config", f"retrieve_{kind}_config"
        names += f"retrieve_{kind}_config_names", f"delete_{kind}_config"
        return [getattr(store, name) for name in names]

    def test_life_of_a_config(self, store, kind, tmp_path):
        config = _run() if kind == "run" else EXAMPLES[kind]
        put, get, names, delete = self._methods(store, kind)
        assert names() == []
        put(config)
        (name,) = names()
        assert get(name) == config
        path = tmp_path / "project" / "configs" / KINDS[kind][0] / f"{name}.yaml"
        assert path.is_file()
        changed = path.stat().st_mtime_ns
        put(config)
        assert path.stat().st_mtime_ns == changed
        discarded = delete(name)
        assert names() == []
        with pytest.raises(DataNotFoundError, match=f"no {kind} named '{name}'.*none"):
            get(name)
        store.trash.restore(discarded)
        assert get(name) == config

    def test_unknown_names_list_the_known_ones(self, store, kind):
        config = _run() if kind == "run" else EXAMPLES[kind]
        put, get, names, delete = self._methods(store, kind)
        put(config)
        for method in (get, delete):
            with pytest.raises(ValueError, match=f"known: {names()[0]}"):
                method("nothing")


def test_names_of_starts_say_where_weights_come_from(store):
    store.store_start_config(EXAMPLES["start"])
    assert store.retrieve_start_config_names() == ["older run_val0_f1_score"]


def test_a_different_config_needs_another_name(store):
    trainer = EXAMPLES["trainer"]
    store.store_trainer_config(trainer)
    other = attrs.evolve(trainer, batch_size=7, min_masked=0.5)
    with pytest.raises(
        DuplicateNameError, match=r"named 'trainer'.*differs in batch_size, min_masked"
    ):
        store.store_trainer_config(other)
    assert store.retrieve_trainer_config("trainer") == trainer


def test_ignored_fields_may_differ_and_are_updated(store):
    run = _run()
    store.store_run_config(run)
    longer = attrs.evolve(run, num_iterations=20)
    store.store_run_config(longer, ignore=["num_iterations"])
    assert store.retrieve_run_config("run 1") == longer
    with pytest.raises(DuplicateNameError, match=r"differs in repetition\)"):
        store.store_run_config(
            attrs.evolve(run, repetition=1), ignore=["num_iterations"]
        )


def test_names_that_some_computers_mix_up(store):
    store.store_array_config(DummyArrayConfig("Raw"))
    with pytest.raises(DuplicateNameError, match="'Raw' exists, which some computers"):
        store.store_array_config(DummyArrayConfig("raw"))


@pytest.mark.parametrize("name", ["../escape", "a/b", "CON", ".hidden", "a:b"])
def test_names_cannot_leave_the_folder(store, name, tmp_path):
    with pytest.raises(ConfigError, match="cannot be a file name"):
        store.store_array_config(DummyArrayConfig(name))
    for method in (store.retrieve_array_config, store.delete_array_config):
        with pytest.raises(ConfigError, match="cannot be a file name"):
            method(name)
    assert not list(tmp_path.rglob("*.yaml"))


def test_leftovers_and_other_files_are_not_listed(store, tmp_path):
    store.store_array_config(DummyArrayConfig("a"))
    folder = tmp_path / "project" / "configs" / "arrays"
    (folder / ".tmp123.yaml").touch()
    (folder / "notes.txt").touch()
    assert store.retrieve_array_config_names() == ["a"]


def test_a_config_of_another_kind(store, tmp_path):
    store.store_array_config(DummyArrayConfig("a"))
    folder = tmp_path / "project" / "configs"
    (folder / "tasks").mkdir()
    (folder / "arrays" / "a.yaml").rename(folder / "tasks" / "a.yaml")
    with pytest.raises(
        ConfigError, match=r"DummyArrayConfig is not a TaskConfig.*(\n.*)*a\.yaml"
    ):
        store.retrieve_task_config("a")


def test_the_project_can_be_moved(store, tmp_path):
    inside = tmp_path / "project" / "data" / "x.zarr"
    store.store_array_config(ZarrArrayConfig("a", inside, "raw"))
    (tmp_path / "project").rename(tmp_path / "moved")
    found = ConfigStore(tmp_path / "moved").retrieve_array_config("a")
    assert found.file_name == tmp_path / "moved" / "data" / "x.zarr"
