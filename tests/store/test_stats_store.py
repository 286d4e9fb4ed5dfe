from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.errors import ConfigError
from napari_dacapo.stats import TrainingIterationStats
from napari_dacapo.store import StatsStore
from napari_dacapo.store.csv_table import CsvTable
from napari_dacapo.tasks.evaluators import BinarySegmentationEvaluationScores
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters

LOW, HIGH = (ThresholdPostProcessorParameters(i, t) for i, t in ((0, 100), (1, 127.5)))


@pytest.fixture
def store(tmp_path):
    return StatsStore(tmp_path)


def _stats(start, stop):
    return [TrainingIterationStats(i, 1 / (i + 3), 0.25) for i in range(start, stop)]


class TestTraining:
    def test_nothing_is_stored_yet(self, store, tmp_path):
        assert store.retrieve_training_stats("run").iteration_stats == []
        store.append_training_stats("run", [])
        store.delete_training_after("run", 5)
        assert not list(tmp_path.iterdir())

    def test_stretches_follow_on_one_another(self, store, tmp_path):
        store.append_training_stats("run", _stats(0, 3))
        store.append_training_stats("run", _stats(3, 5))
        found = store.retrieve_training_stats("run")
        assert found.iteration_stats == _stats(0, 5)
        assert found.trained_until == 5
        text = (tmp_path / "runs" / "run" / "training.csv").read_text()
        assert text.startswith("iteration,loss,seconds\n0,0.3333333333333333,0.25\n")

    def test_what_is_trained_again_is_replaced(self, store):
        store.append_training_stats("run", _stats(0, 10))
        again = [TrainingIterationStats(i, 9.0, 1.0) for i in (6, 7)]
        store.append_training_stats("run", again)
        found = store.retrieve_training_stats("run").iteration_stats
        assert found == [*_stats(0, 6), *again]

    def test_cutting(self, store):
        store.append_training_stats("run", _stats(0, 10))
        store.delete_training_after("run", 4)
        assert store.retrieve_training_stats("run").iteration_stats == _stats(0, 4)

    def test_undefined_losses(self, store):
        stats = [
            TrainingIterationStats(0, math.inf, 1.0),
            TrainingIterationStats(1, math.nan, 1),
        ]
        store.append_training_stats("run", stats)
        found = store.retrieve_training_stats("run").iteration_stats
        assert found[0].loss == math.inf
        assert math.isnan(found[1].loss)

    @pytest.mark.parametrize("cut", range(1, 45))
    def test_a_file_that_ends_anywhere(self, store, tmp_path, cut):
        store.append_training_stats("run", _stats(0, 3))
        path = tmp_path / "runs" / "run" / "training.csv"
        path.write_bytes(path.read_bytes()[:-cut])
        complete = store.retrieve_training_stats("run").iteration_stats
        assert complete == _stats(0, len(complete))
        store.append_training_stats("run", _stats(len(complete), 5))
        assert store.retrieve_training_stats("run").iteration_stats == _stats(0, 5)
        assert path.read_text().count("iteration") == 1

    def test_zeros_after_a_power_failure(self, store, tmp_path):
        store.append_training_stats("run", _stats(0, 3))
        path = tmp_path / "runs" / "run" / "training.csv"
        with path.open("ab") as file:
            file.write(b"\0" * 100)
        store.append_training_stats("run", _stats(3, 4))
        assert store.retrieve_training_stats("run").iteration_stats == _stats(0, 4)

    def test_run_names_cannot_leave_the_folder(self, store):
        with pytest.raises(ConfigError, match="cannot be a file name"):
            store.append_training_stats("../run", _stats(0, 1))


class TestValidation:
    def _fill(self, store):
        for iteration in (100, 200):
            for dataset in ("a", "b, 'c'"):
                for p in (LOW, HIGH):
                    values = {"voi": iteration / 1000 + p.id, "dice": math.nan}
                    store.append_validation_scores("run", iteration, dataset, p, values)

    def test_rows(self, store):
        self._fill(store)
        rows = store.validation_rows("run")
        assert len(rows) == 8
        assert (rows[5].iteration, rows[5].dataset) == (200, "a")
        assert rows[5].parameters == HIGH
        assert rows[5].scores["voi"] == 1.2
        assert math.isnan(rows[5].scores["dice"])
        assert rows[2].dataset == "b, 'c'"
        assert store.validated_until("run") == 201

    def test_nothing_is_stored_yet(self, store):
        assert store.validation_rows("run") == []
        assert store.validated_until("run") == 0

    def test_scoring_again_replaces(self, store):
        self._fill(store)
        store.append_validation_scores("run", 100, "a", LOW, {"voi": 0.0, "dice": 0.5})
        rows = store.validation_rows("run")
        assert len(rows) == 8
        assert rows[0].scores == {"voi": 0.0, "dice": 0.5}

    def test_scores_at_the_checkpoint_are_kept(self, store):
        self._fill(store)
        store.delete_validation_after("run", 200)
        assert store.validated_until("run") == 201
        store.delete_validation_after("run", 199)
        assert store.validated_until("run") == 101

    def test_more_criteria_later(self, store):
        self._fill(store)
        store.append_validation_scores("run", 300, "a", LOW, {"jaccard": 0.75})
        rows = store.validation_rows("run")
        assert rows[-1].scores == {"jaccard": 0.75}
        assert set(rows[0].scores) == {"voi", "dice"}

    def test_table(self, store):
        self._fill(store)
        table = store.retrieve_validation_scores(
            "run", [LOW, HIGH], ["b, 'c'"], BinarySegmentationEvaluationScores()
        )
        assert [s.iteration for s in table.scores] == [100, 200]
        assert list(table.series("b, 'c'", HIGH, "voi")) == [(100, 1.1), (200, 1.2)]
        ((_, missing), _) = table.series("b, 'c'", HIGH, "jaccard")
        assert math.isnan(missing)

    def test_names_of_several_lines(self, store):
        with pytest.raises(ValueError, match="texts of several lines"):
            store.append_validation_scores("run", 1, "a\nb", LOW, {"voi": 1.0})


class TestCsvTable:
    texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")))

    @given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
    def test_round_trip(self, tmp_path_factory, rows):
        path = tmp_path_factory.mktemp("table") / "t.csv"
        CsvTable(path, ("a", "b")).append(rows)
        CsvTable(path, ("a", "b")).append(rows)
        table = CsvTable(path, ("a", "b"))
        expected = [{"a": a, "b": b} for a, b in (*rows, *rows)]
        assert list(table.rows()) == expected
        assert table.last_row() == expected[-1]

    def test_last_row_of_a_long_file(self, tmp_path):
        table = CsvTable(tmp_path / "t.csv", ("n", "text"))
        table.append([(n, "x" * 50) for n in range(5000)])
        assert table.last_row()["n"] == "4999"

    def test_no_rows(self, tmp_path):
        table = CsvTable(tmp_path / "t.csv", ("n",))
        assert table.last_row() is None
        assert list(table.rows()) == []
