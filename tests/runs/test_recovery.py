"""Trainings that meet faults: divergence, too little memory or disk, bad loaders."""

from __future__ import annotations

import errno

import numpy as np
import pytest
import torch
from small_runs import small_run

from napari_dacapo import events
from napari_dacapo.errors import RunError
from napari_dacapo.runs import Run, train
from napari_dacapo.store import Project


@pytest.fixture
def project(tmp_path):
    return Project.open(tmp_path / "project")


def quick_run(folder, **changes):
    """Return a run that is not validated."""
    config = small_run(folder, 2, **changes)
    config.datasplit_config.validate_configs = []
    return config


def told(run, project):
    return list(train(run, project=project, device="cpu"))


def warnings_of(found):
    return [e.message for e in found if isinstance(e, events.Warned)]


def weights_of(project, name, iteration):
    return project.weights.retrieve_weights(name, iteration)["model"]


def same(one, other):
    return all(torch.equal(one[key], other[key]) for key in one)


class Faulty:
    """A loss that goes wrong at its `when`-th computations, counted from 0."""

    def __init__(self, run, when, fault):
        self.loss, self.when, self.fault = run.task.loss, set(when), fault
        self.count = 0
        run.task.loss = self

    def compute(self, prediction, target, weight):
        number, self.count = self.count, self.count + 1
        if number in self.when:
            return self.fault(prediction)
        return self.loss.compute(prediction, target, weight)


def not_a_number(prediction):
    return prediction.sum() * float("nan")


class TestDivergence:
    def test_goes_back_once_and_on_with_a_smaller_rate(self, tmp_path, project):
        run = Run(quick_run(tmp_path))
        Faulty(run, [6], not_a_number)

        found = told(run, project)

        (back,) = [e for e in found if isinstance(e, events.RolledBack)]
        assert (back.iteration, back.diverged_at) == (4, 6)
        assert back.learning_rate_factor == pytest.approx(0.1)
        done = [e for e in found if isinstance(e, events.IterationDone)]
        assert [e.iteration for e in done] == [*range(6), *range(4, 8)]
        assert done[6].learning_rate == pytest.approx(0.1 * done[4].learning_rate)
        assert any("went back to iteration 4" in m for m in warnings_of(found))
        assert found[-1] == events.RunFinished(
            "small", 8, events.FinishReason.COMPLETED
        )
        stats = project.stats.retrieve_training_stats("small").iteration_stats
        assert [s.iteration for s in stats] == list(range(8))
        assert np.isfinite([s.loss for s in stats]).all()

    def test_before_the_first_checkpoint_it_begins_anew(self, tmp_path, project):
        run = Run(quick_run(tmp_path))
        fresh = {k: v.clone() for k, v in run.model.state_dict().items()}
        Faulty(run, [2], not_a_number)

        training = train(run, project=project, device="cpu")
        for event in training:
            if isinstance(event, events.RolledBack):
                assert event.iteration == 0
                assert same(fresh, run.model.state_dict())
        assert project.weights.latest_iteration("small") == 8

    def test_the_second_time_it_stops_with_good_weights(self, tmp_path, project):
        run = Run(quick_run(tmp_path))
        Faulty(run, range(6, 20), not_a_number)

        with pytest.raises(RunError, match=r"again with 0\.1 of the learning rate"):
            told(run, project)

        assert project.weights.iterations("small") == [4]
        state = weights_of(project, "small", 4)
        assert all(torch.isfinite(t).all() for t in state.values())
        # the memory of having gone back once survives the end of the process
        again = Run(quick_run(tmp_path))
        Faulty(again, [0], not_a_number)
        with pytest.raises(RunError, match="happened again"):
            told(again, project)

    def test_weights_that_are_not_finite_are_never_stored(self, tmp_path, project):
        run, found = Run(quick_run(tmp_path)), []
        for event in train(run, project=project, device="cpu"):
            last = isinstance(event, events.IterationDone) and event.iteration == 7
            if last and not found:
                with torch.no_grad():  # as a defect of memory or optimizer might
                    next(run.model.parameters()).fill_(float("nan"))
            found += [event] if isinstance(event, events.RolledBack) else []
        assert len(found) == 1
        for iteration in project.weights.iterations("small"):
            state = weights_of(project, "small", iteration)
            assert all(torch.isfinite(t).all() for t in state.values())

    def test_an_exploding_loss_counts_as_divergence(self):
        from napari_dacapo.errors import DivergedError
        from napari_dacapo.trainers._guard import LossGuard

        guard = LossGuard()
        for _ in range(60):
            guard.check(1e-3)
        for _ in range(5):  # a few bad crops are no divergence
            guard.check(10.0)
        with pytest.raises(DivergedError, match=r"loss grew to .* from 0\.001"):
            guard.check(10.0)


class TestMemory:
    @pytest.mark.parametrize(
        "error",
        [
            torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate"),
            MemoryError("no"),
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
        ],
    )
    def test_the_batch_is_split_and_the_iteration_made_again(
        self, tmp_path, project, error
    ):
        def fail(prediction):
            raise error

        run = Run(quick_run(tmp_path))
        run.trainer.batch_size = 4
        Faulty(run, [2, 3], fail)

        found = told(run, project)

        said = [m for m in warnings_of(found) if "out of memory" in m]
        assert ["in 2 portions" in said[0], "in 4 portions" in said[1]] == [True] * 2
        done = [e.iteration for e in found if isinstance(e, events.IterationDone)]
        assert done == list(range(8))
        state = project.weights.retrieve_weights("small", 8)["trainer"]["stepper"]
        assert state["portions"] == 4

    def test_not_even_one_sample(self, tmp_path, project):
        def fail(prediction):
            raise MemoryError

        run = Run(quick_run(tmp_path))
        Faulty(run, range(1, 99), fail)
        with pytest.raises(RunError, match="not even one sample fits into memory"):
            told(run, project)

    def test_portions_give_the_gradients_of_the_batch(self, tmp_path, project):
        for name, portions in (("whole", 1), ("parts", 2)):
            config = quick_run(tmp_path, name=name)
            config.trainer_config.gradient_accumulation = portions
            config.trainer_config.precision = "float32"
            told(config, project)
        losses = [
            [s.loss for s in project.stats.retrieve_training_stats(n).iteration_stats]
            for n in ("whole", "parts")
        ]
        assert losses[0] == pytest.approx(losses[1], rel=1e-3)


class TestLoaders:
    @pytest.mark.parametrize("fetchers", [0, 2])
    def test_a_failure_is_tried_again_and_changes_nothing(
        self, tmp_path, project, fetchers
    ):
        told(quick_run(tmp_path, name="whole", fetchers=fetchers), project)
        run = Run(quick_run(tmp_path, name="faulty", fetchers=fetchers))
        predictor = run.task.predictor
        make, calls = predictor.create_target, []

        def create_target(*args):
            calls.append(1)
            if len(calls) == 5:
                raise OSError("the network drive did not answer")
            return make(*args)

        predictor.create_target = create_target
        found = told(run, project)

        (said,) = [m for m in warnings_of(found) if "second attempt" in m]
        assert "OSError: the network drive did not answer" in said
        whole, faulty = (weights_of(project, n, 8) for n in ("whole", "faulty"))
        assert same(whole, faulty)

    def test_what_fails_twice_ends_it_with_one_message(self, tmp_path, project, caplog):
        run = Run(quick_run(tmp_path))

        def create_target(*args):
            raise ZeroDivisionError("of a user's own task")

        run.task.predictor.create_target = create_target
        with pytest.raises(RunError, match=r"two attempts \(ZeroDivisionError: of a"):
            told(run, project)
        assert "create_target" in caplog.text  # the traceback

    def test_threads_that_cannot_be_started(self, monkeypatch):
        from napari_dacapo.trainers._loading import Prefetcher

        said = []
        prefetcher = Prefetcher(lambda n: n, workers=2, warn=said.append)

        def submit(*args):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(prefetcher._pool, "submit", submit)
        assert [prefetcher.take() for _ in range(3)] == [0, 1, 2]
        assert len(said) == 1
        assert "without them" in said[0]
        prefetcher.close()


class TestDisk:
    def test_a_full_disk_ends_it_and_damages_nothing(
        self, tmp_path, project, monkeypatch
    ):
        told(quick_run(tmp_path, name="whole"), project)
        save = torch.save

        def full(state, file):
            if state["iteration"] == 8:
                file.write(b"half")
                raise OSError(errno.ENOSPC, "No space left on device")
            save(state, file)

        monkeypatch.setattr(torch, "save", full)
        with pytest.raises(RunError, match=r"8 iterations: .*No space left"):
            told(quick_run(tmp_path), project)
        folder = project.run_folder("small") / "checkpoints"
        assert [path.name for path in folder.iterdir()] == ["4.pt"]

        monkeypatch.undo()
        told("small", project)
        assert same(weights_of(project, "whole", 8), weights_of(project, "small", 8))

    def test_a_snapshot_that_cannot_be_written_is_left_out(self, tmp_path, project):
        config = quick_run(tmp_path)
        config.trainer_config.snapshot_interval = 4
        project.run_folder("small").mkdir(parents=True)
        (project.run_folder("small") / "snapshots.zarr").write_text("in the way")
        found = told(config, project)
        assert any("snapshot of iteration 0" in m for m in warnings_of(found))
        assert isinstance(found[-1], events.RunFinished)


class TestDamage:
    @pytest.mark.parametrize("how", ["cut", "bit", "nan"])
    def test_the_one_before_is_taken_with_a_message(self, tmp_path, project, how):
        told(small_run(tmp_path, 2, name="whole"), project)
        told(small_run(tmp_path, 2), project)
        latest = project.run_folder("small") / "checkpoints" / "8.pt"
        data = bytearray(latest.read_bytes())
        if how == "nan":
            state = project.weights.retrieve_weights("small", 8)
            next(iter(state["model"].values())).fill_(float("nan"))
            project.weights.store_weights("small", 8, state)
        else:
            data[len(data) // 2] ^= 1
            latest.write_bytes(data if how == "bit" else data[:-500])

        found = told("small", project)

        (said,) = [m for m in warnings_of(found) if "cannot be used" in m]
        assert "checkpoint 8" in said
        assert "going on from the one before, 4" in said
        assert latest.with_name("8.pt.damaged").exists()
        assert same(weights_of(project, "whole", 8), weights_of(project, "small", 8))
        best = project.weights.best("small")
        assert best == project.weights.best("whole")

    def test_without_any_good_one_nothing_is_lost(self, tmp_path, project):
        told(quick_run(tmp_path), project)
        for path in (project.run_folder("small") / "checkpoints").iterdir():
            path.write_bytes(b"")
        with pytest.raises(RunError, match="none of the checkpoints"):
            told("small", project)
        assert project.stats.retrieve_training_stats("small").trained_until == 8
