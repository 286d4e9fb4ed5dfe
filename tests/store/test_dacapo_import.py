"""Import of project folders that the original program wrote."""

from __future__ import annotations

import math
import pickle
import zipfile

import numpy as np
import pytest
import torch

from golden_data import FOLDER, cases, load, numbers
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.events import CheckpointSaved, Warned
from napari_dacapo.store import Project
from napari_dacapo.store._dacapo_files import read_statistics, read_weights
from napari_dacapo.store.converter import to_doc
from napari_dacapo.store.dacapo_import import import_project, iter_import

PROJECTS = [case for group in ("project_a", "project_b") for case in cases(group)]
KINDS = {
    "task": "tasks",
    "array": "arrays",
    "trainer": "trainers",
    "architecture": "architectures",
    "run": "runs",
    "datasplit": "datasplits",
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Unpack and import the project of a case, each once."""
    done = {}

    def get(case):
        if case["id"] not in done:
            folder = tmp_path_factory.mktemp(case["id"])
            with zipfile.ZipFile(FOLDER / case["archive"]) as archive:
                archive.extractall(folder)
            project = Project.open(folder / "ours")
            report = import_project(folder / case["base_dir"], project)
            arrays = load(case["id"].removesuffix("-001"))[1]
            done[case["id"]] = folder, project, report, arrays
        return done[case["id"]]

    return get


def _assert_holds(found, expected, folder):
    if isinstance(expected, dict):
        for key, value in expected.items():
            if key == "file_name":
                assert found[key] == str(folder / value)
            else:
                _assert_holds(found[key], value, folder)
    elif isinstance(expected, list):
        for a, b in zip(found, expected, strict=True):
            _assert_holds(a, b, folder)
    else:
        assert found == expected


@pytest.mark.parametrize("case", PROJECTS)
class TestProjectsOfTheOriginal:
    def test_configs(self, case, imported):
        folder, project, report, _ = imported(case)
        expected = case["expect"]["configs"]
        for kind, plural in KINDS.items():
            names = getattr(project.configs, f"retrieve_{kind}_config_names")()
            assert names == sorted(expected[plural])
            assert sorted(report.configs[kind]) == names
        run = project.configs.retrieve_run_config(case["expect"]["runs"][0])
        _assert_holds(to_doc(run), case["expect"]["run_config"], folder)
        assert run.verify() == (True, f"run {run.name!r} is valid")

    def test_training_statistics(self, case, imported):
        _, project, _, _ = imported(case)
        for run, expected in case["expect"]["training_stats"].items():
            found = project.stats.retrieve_training_stats(run).iteration_stats
            for a, b in zip(found, numbers(expected), strict=True):
                assert a.iteration == b["iteration"]
                assert a.loss == b["loss"]
                assert a.time == b["time"]

    def test_scores(self, case, imported):
        _, project, _, _ = imported(case)
        for run, expected in case["expect"]["validation_scores"].items():
            config = project.configs.retrieve_run_config(run)
            task = config.task_config.create_task()
            datasets = [c.name for c in config.datasplit_config.validate_configs]
            table = project.stats.retrieve_validation_scores(
                run, task.parameters, datasets, task.evaluation_scores
            )
            for found, wanted in zip(table.scores, numbers(expected), strict=True):
                assert found.iteration == wanted["iteration"]
                np.testing.assert_array_equal(found.scores, wanted["scores"])

    def test_weights(self, case, imported):
        _, project, report, arrays = imported(case)
        for run, iterations in case["expect"]["weights"].items():
            assert project.weights.iterations(run) == sorted(map(int, iterations))
            assert report.checkpoints[run] == project.weights.iterations(run)
            for iteration, tensors in iterations.items():
                state = project.weights.retrieve_weights(run, int(iteration))
                for name, key in tensors.items():
                    np.testing.assert_array_equal(state["model"][name], arrays[key])
                assert state["iteration"] == int(iteration)

    def test_a_run_can_be_built_and_continued(self, case, imported):
        from napari_dacapo.runs import Run

        _, project, _, arrays = imported(case)
        name = case["expect"]["runs"][0]
        run = Run(project.configs.retrieve_run_config(name))
        iteration = project.weights.latest_iteration(name)
        state = project.weights.retrieve_weights(name, iteration)
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
        run.trainer.load_state_dict(state["trainer"])
        assert run.trainer.iteration == iteration
        tensors = case["expect"]["weights"][name][str(iteration)]
        found = run.model.state_dict()
        for tensor, key in tensors.items():
            np.testing.assert_array_equal(found[tensor], arrays[key])

    def test_report_says_what_differs(self, case, imported):
        _, project, report, _ = imported(case)
        text = "\n".join(report.warnings)
        assert "kept the losses from iteration 3 on only" in text
        assert "validate again for right ones" in text
        assert "left out" not in text
        record = project.read_run_record(case["expect"]["runs"][0])
        assert record["imported_from"].endswith("project")

    def test_the_options_file_leads_there_too(self, case, imported, tmp_path):
        folder, _, report, _ = imported(case)
        for source in (folder / case["options_file"], folder):
            project = Project(tmp_path / source.name)
            assert import_project(source, project).configs == report.configs

    def test_importing_again_changes_nothing(self, case, imported):
        folder, project, _, _ = imported(case)
        before = project.weights.iterations(case["expect"]["runs"][0])
        events = list(iter_import(folder / case["base_dir"], project))
        assert all(isinstance(event, Warned) for event in events)
        assert f"{case['expect']['runs'][0]}.yaml was left out" in events[0].message
        assert "has results of a run named" in events[0].message
        assert project.weights.iterations(case["expect"]["runs"][0]) == before


class _Hostile:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


class TestHostileFiles:
    def test_statistics(self, tmp_path):
        path = tmp_path / "stats"
        path.write_bytes(pickle.dumps([_Hostile(tmp_path / "pwned")]))
        with pytest.raises(DataError, match=r"cannot be read safely: .*not allowed"):
            read_statistics(path)
        assert not (tmp_path / "pwned").exists()

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"garbage",
            pickle.dumps(3),
            pickle.dumps([1]),
            pickle.dumps([np.zeros(3)]),
            pickle.dumps([{"x": np.datetime64("2024")}]),
            b"cbuiltins\neval\n(S'1'\ntR.",
            b"(cnumpy\ndtype\nS'O'\ntR.",
        ],
    )
    def test_other_statistics(self, tmp_path, data):
        path = tmp_path / "stats"
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"statistics .*stats"):
            read_statistics(path)

    @pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?", ">f8"])
    def test_numbers_of_every_kind_are_plain(self, tmp_path, dtype):
        path = tmp_path / "stats"
        value = np.ones(1, dtype)[0]
        path.write_bytes(pickle.dumps([{"x": value, "y": float("nan")}]))
        (record,) = read_statistics(path)
        assert record["x"] == 1
        assert type(record["x"]) in (bool, int, float)
        assert math.isnan(record["y"])

    def test_weights(self, tmp_path):
        path = tmp_path / "10"
        torch.save({"model": _Hostile(tmp_path / "pwned")}, path)
        with pytest.raises(DataError, match="cannot be read safely"):
            read_weights(path)
        assert not (tmp_path / "pwned").exists()

    def test_what_cannot_be_read_is_left_out(self, tmp_path):
        with zipfile.ZipFile(FOLDER / "project_a.zip") as archive:
            archive.extractall(tmp_path)
        base = tmp_path / "project"
        (base / "configs" / "tasks" / "distance_task.yaml").write_text(
            "__type__: !!python/name:os.system\n"
        )
        (base / "configs" / "trainers" / "trainer.yaml").write_text("a: [")
        weights = base / "first_run" / "checkpoints" / "iterations" / "3"
        weights.write_bytes(weights.read_bytes()[:1000])
        (base / "stats" / "training_stats" / "first_run").write_bytes(b"x")
        project = Project(tmp_path / "ours")
        report = import_project(base, project)
        left_out = [w.split(" was left out: ")[0] for w in report.warnings[:4]]
        assert left_out == [
            "configs/tasks/distance_task.yaml",
            "configs/trainers/trainer.yaml",
            "first_run/checkpoints/iterations/3",
            "stats/training_stats/first_run",
        ]
        assert report.checkpoints == {"first_run": [6]}
        assert project.stats.validated_until("first_run") > 0


class TestOtherThings:
    def test_no_project(self, tmp_path):
        with pytest.raises(DataNotFoundError, match="is no DaCapo project"):
            import_project(tmp_path, Project(tmp_path / "ours"))

    def test_best_results_and_odd_names(self, tmp_path):
        with zipfile.ZipFile(FOLDER / "project_a.zip") as archive:
            archive.extractall(tmp_path)
        base = tmp_path / "project"
        best = base / "first_run" / "checkpoints" / "val0"
        best.mkdir()
        (best / "blob__voi.json").write_text('{"iteration": 6}')
        (best / "blob__dice.json").write_text("[]")
        arrays = base / "configs" / "arrays"
        text = (arrays / "train0_gt.yaml").read_text()
        (arrays / "odd").mkdir()
        (arrays / "odd" / "[a].yaml").write_text(
            text.replace("name: train0_gt\n", "name: odd/[a]?\n")
        )
        project = Project(tmp_path / "ours")
        events = list(iter_import(base, project))
        assert project.weights.retrieve_best("first_run", "val0", "blob__voi") == 6
        messages = [e.message for e in events if isinstance(e, Warned)]
        assert "does not name an iteration" in messages[0]
        assert sum(isinstance(e, CheckpointSaved) for e in events) == 2
        assert "odd_[a]_" in project.configs.retrieve_array_config_names()

    def test_old_heads_keep_their_kernel(self, tmp_path):
        folder = tmp_path / "project" / "configs" / "tasks"
        folder.mkdir(parents=True)
        (folder / "hot.yaml").write_text(
            "__type__: HotDistanceTaskConfig\nname: hot\nchannels: [a]\n"
            "clip_distance: 1\ntol_distance: 1\n"
        )
        project = Project(tmp_path / "ours")
        import_project(tmp_path / "project", project)
        assert project.configs.retrieve_task_config("hot").kernel_size == 3
