from __future__ import annotations

import logging

import pytest

import napari_dacapo
from napari_dacapo.arrays import DummyArrayConfig
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.errors import (
    ConfigError,
    DataError,
    DataNotFoundError,
    DuplicateNameError,
)
from napari_dacapo.stats import TrainingIterationStats
from napari_dacapo.store import Project, Trash
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


class TestProject:
    def test_is_public(self):
        assert napari_dacapo.Project is Project

    def test_making_one_touches_nothing(self, project):
        assert not project.folder.exists()
        assert project.run_names == []

    def test_opening_marks_the_folder(self, tmp_path):
        project = Project.open(tmp_path / "new")
        text = (project.folder / "project.yaml").read_text()
        assert text == "schema_version: 1\n"
        assert Project.open(str(project.folder)).folder == project.folder
        assert repr(project) == f"Project({str(project.folder)!r})"

    def test_the_default_folder_is_an_option(self, tmp_path, monkeypatch):
        options = tmp_path / "options.yaml"
        options.write_text("runs_base_dir: here\n")
        monkeypatch.setenv("DACAPO_OPTIONS_FILE", str(options))
        assert Project.open().folder == tmp_path / "here"

    def test_opening_what_is_none(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(ConfigError, match="is a file; a project is a folder"):
            Project.open(tmp_path / "file")
        (tmp_path / "project.yaml").write_text("schema_version: 7\n")
        with pytest.raises(ConfigError, match="7 is newer than 1"):
            Project.open(tmp_path)

    def test_opening_where_one_cannot_write(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(ConfigError, match=r"cannot be written .*another project"):
            Project.open(tmp_path / "file" / "project")

    def test_run_records(self, project):
        assert project.read_run_record("run") is None
        record = {"seed": 3, "config": {"name": "run"}, "versions": {"torch": "2.4"}}
        project.write_run_record("run", record)
        assert project.read_run_record("run") == record
        assert (project.run_folder("run") / "run.yaml").is_file()

    def test_run_folders_stay_inside(self, project):
        assert project.run_folder("a b").parent == project.folder / "runs"
        with pytest.raises(ConfigError, match="cannot be a file name"):
            project.run_folder("../x")

    def test_runs_can_be_deleted_and_come_back(self, project):
        stats = [TrainingIterationStats(0, 1.0, 1.0)]
        project.stats.append_training_stats("run", stats)
        assert project.run_names == ["run"]
        (discarded,) = project.delete_run("run")
        assert project.run_names == []
        assert project.delete_run("run") == []
        project.trash.restore(discarded)
        assert project.stats.retrieve_training_stats("run").iteration_stats == stats


class TestTrash:
    def test_the_same_name_can_be_deleted_twice(self, project):
        for _ in range(2):
            project.configs.store_array_config(DummyArrayConfig("a"))
            project.configs.delete_array_config("a")
        old, new = project.trash.contents()
        assert old.name == new.name == "a.yaml"
        project.trash.restore(new)
        with pytest.raises(DuplicateNameError, match="exists again"):
            project.trash.restore(old)
        project.trash.empty()
        assert project.trash.contents() == []
        with pytest.raises(DataNotFoundError, match="not in the trash any more"):
            project.trash.restore(old)

    def test_only_what_exists_below_the_folder(self, tmp_path):
        trash = Trash(tmp_path / "base")
        with pytest.raises(DataNotFoundError, match="nothing to delete"):
            trash.discard(tmp_path / "base" / "x")
        with pytest.raises(ValueError, match="not in the subpath"):
            trash.discard(tmp_path / "x")
        assert trash.contents() == []


class TestArrayStore:
    def test_places(self, project):
        runs = project.folder / "runs"
        store, parameters = project.arrays, ThresholdPostProcessorParameters(2, 150)
        assert store.snapshot_container("run") == runs / "run" / "snapshots.zarr"
        container = runs / "run" / "validation.zarr"
        assert store.validation_container("run") == container
        assert store.validation_prediction_array(
            "run", 100, "val/0"
        ) == LocalArrayIdentifier(container, "100/val_0/prediction/s0")
        assert store.validation_output_array(
            "run", 100, "val", parameters
        ) == LocalArrayIdentifier(container, "100/val/output/2/s0")
        assert [i.dataset for i in store.validation_input_arrays("run", "val")] == [
            "inputs/val/raw/s0",
            "inputs/val/gt/s0",
        ]
        assert store.best_validation_array("run", "val", "voi") == LocalArrayIdentifier(
            container, "best/val/voi/s0"
        )
        assert (
            store.prediction_container("big")
            == project.folder / "predictions" / "big.zarr"
        )
        assert not project.folder.exists()

    def test_removing(self, project, caplog):
        place = project.arrays.validation_prediction_array("run", 1, "val")
        folder = place.container / place.dataset
        folder.mkdir(parents=True)
        project.arrays.remove(place)
        assert not folder.exists()
        with caplog.at_level(logging.WARNING):
            project.arrays.remove(place)
        assert "does not exist; there is nothing to delete" in caplog.text

    @pytest.mark.parametrize("dataset", ["", ".", "..", "../..", "../other"])
    def test_only_arrays_in_our_containers_are_removed(self, project, dataset):
        container = project.arrays.validation_container("run")
        (container.parent / "other").mkdir(parents=True)
        (container / "a").mkdir(parents=True)
        with pytest.raises(DataError, match="only those are deleted"):
            project.arrays.remove(LocalArrayIdentifier(container, dataset))
        foreign = LocalArrayIdentifier(project.folder.parent / "x.zarr", "a")
        with pytest.raises(DataError, match="only those are deleted"):
            project.arrays.remove(foreign)
        assert (container / "a").is_dir()
