import io
import logging
import math
import threading

import attrs
import numpy as np
import pytest
import torch
from training_parts import InMemoryDataset, Net, SmallTask, array, volumes

from napari_dacapo.errors import ConfigError, DataError, RunError
from napari_dacapo.geometry import Coordinate
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers.augments import (
    ElasticAugmentConfig,
    GammaAugmentConfig,
    IntensityAugmentConfig,
    NoiseAugmentConfig,
    SimpleAugmentConfig,
)

CPU = torch.device("cpu")


def every_augment():
    return [
        SimpleAugmentConfig(),
        ElasticAugmentConfig([6, 6, 6], [1, 1, 1], (0, 6.28)),
        GammaAugmentConfig((0.5, 2)),
        IntensityAugmentConfig((0.9, 1.1), (-0.1, 0.1)),
        NoiseAugmentConfig(),
    ]


def datasets(seed=0):
    raw, gt = volumes((32, 32, 32), seed=seed)
    mask = array((np.indices((32, 32, 32)).sum(0) > 20).astype(np.uint8))
    other_raw, other_gt = volumes((20, 24, 28), seed=seed + 1)
    return [
        InMemoryDataset("a", raw, gt, mask),
        InMemoryDataset("b", other_raw, other_gt, weight=2.5),
    ]


class Training:
    """A trainer with its model, optimizer and data."""

    def __init__(self, checkpoint=None, *, seed=3, data=None, task=None, **options):
        torch.manual_seed(0)
        self.net, self.task = Net(), task or SmallTask(grow=1)
        self.data = data or datasets()
        config = GunpowderTrainerConfig("t", 2, 1e-2, **options)
        self.trainer = config.create_trainer()
        self.trainer.seed = seed
        self.optimizer = self.trainer.create_optimizer(self.net)
        if checkpoint is not None:
            self.load(checkpoint)

    def load(self, checkpoint):
        state = torch.load(io.BytesIO(checkpoint), weights_only=True)
        self.net.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.trainer.load_state_dict(state["trainer"])

    def checkpoint(self):
        file = io.BytesIO()
        state = {
            "model": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "trainer": self.trainer.state_dict(),
        }
        torch.save(state, file)
        return file.getvalue()

    def run(self, number, container=None):
        with self.trainer as trainer:
            trainer.build_batch_provider(self.data, self.net, self.task, container)
            return list(trainer.iterate(number, self.net, self.optimizer, CPU))

    def batches(self, number):
        """Return the arrays of the next batches."""
        with self.trainer as trainer:
            trainer.build_batch_provider(self.data, self.net, self.task)
            return [[part.data for part in trainer.next()] for _ in range(number)]


def equal(one, other):
    weights = zip(one.net.parameters(), other.net.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in weights)


def same(one, other):
    return all(
        np.array_equal(a, b)
        for parts in zip(one, other, strict=True)
        for a, b in zip(*parts, strict=True)
    )


def loader_threads():
    return [t for t in threading.enumerate() if t.name.startswith("napari-dacapo")]


class TestBatches:
    def test_parts_and_shapes(self):
        training = Training(augments=every_augment())
        with training.trainer as trainer:
            trainer.build_batch_provider(training.data, training.net, training.task)
            parts = trainer.next()
        raw, gt, target, weight, mask = parts
        assert all(part.axes == ["b", "c", "z", "y", "x"] for part in parts)
        assert raw.data.shape == (2, 1, 12, 12, 12)
        for part in parts[1:]:
            assert part.data.shape == (2, 1, 8, 8, 8)
            assert part.roi == gt.roi
        assert (raw.dtype, gt.dtype, mask.dtype) == (np.float32, np.int64, np.uint8)
        assert np.array_equal(target.data, gt.data > 0)
        assert not weight.data[mask.data == 0].any()
        assert raw.roi.center == gt.roi.center

    @pytest.mark.parametrize("workers", [1, 2, 5])
    def test_do_not_depend_on_the_number_of_workers(self, workers):
        alone = Training(num_data_fetchers=0, augments=every_augment()).batches(8)
        together = Training(num_data_fetchers=workers, augments=every_augment())
        assert same(alone, together.batches(8))

    def test_do_not_depend_on_the_memory_for_samples(self, monkeypatch):
        monkeypatch.setattr("napari_dacapo.trainers._batches._BYTES_AHEAD", 1)
        training = Training()
        with training.trainer as trainer:
            trainer.build_batch_provider(training.data, training.net, training.task)
            little = [[part.data for part in trainer.next()] for _ in range(6)]
            assert len(loader_threads()) == 2  # one makes samples, one batches
        monkeypatch.undo()
        assert same(little, Training().batches(6))

    def test_depend_on_the_seed(self):
        one, other = Training(seed=1).batches(2), Training(seed=2).batches(2)
        assert not same(one, other)
        assert same(one, Training(seed=1).batches(2))

    def test_augments_do_not_change_where_crops_are_taken(self):
        plain, noisy = (
            Training(),
            Training(augments=[NoiseAugmentConfig(augmentation_probability=1)]),
        )
        for one, other in zip(plain.batches(4), noisy.batches(4), strict=True):
            assert np.array_equal(one[1], other[1])
        assert not np.array_equal(one[0], other[0])

    def test_datasets_are_drawn_by_weight(self):
        def flat(name, value, weight):
            raw = array(np.full((16, 16, 16), value, np.float32))
            labels = array(np.full((16, 16, 16), 1, np.uint8))
            return InMemoryDataset(name, raw, labels, weight=weight)

        data = [flat("rare", 0.25, 0.5), flat("often", 0.75, 1.5)]
        batches = Training(data=data).batches(300)
        often = [np.any(sample == 0.75) for b in batches for sample in b[0]]
        assert 0.7 < np.mean(often) < 0.8

    def test_every_dataset_is_seen_at_its_own_voxel_size(self):
        """Crops of a dataset alone are those that it adds to a mixture."""

        def data(voxel_size, name):
            raw, gt = volumes((24, 24, 24), voxel_size, seed=9)
            return InMemoryDataset(name, raw, gt)

        options = {"augments": [ElasticAugmentConfig([6, 6, 6], [0, 0, 0], (1, 1))]}
        mixed = [data((1, 1, 1), "fine"), data((40, 8, 4.6), "coarse")]
        training = Training(data=mixed, **options)
        batches = training.batches(20)
        shapes = {part.shape for batch in batches for part in batch}
        assert shapes == {(2, 1, 12, 12, 12), (2, 1, 8, 8, 8)}
        (said,) = training.trainer.warnings
        assert "'coarse': raw has voxel size (40, 8, 4.6), dataset 'fine'" in said
        # about half of the crops turn in a plane of square voxels, half do not
        coarse = Training(data=mixed[1:], **options)
        turned = {part.tobytes() for b in batches for part in b[0]}
        alone = {part.tobytes() for b in coarse.batches(20) for part in b[0]}
        assert turned & alone
        assert turned - alone

    def test_nearly_equal_voxel_sizes_need_no_words(self):
        raw, gt = volumes((24, 24, 24), (1.1, 1, 1))
        training = Training(data=[*datasets(), InMemoryDataset("c", raw, gt)])
        training.batches(1)
        assert not training.trainer.warnings

    def test_two_axes_and_super_resolution(self):
        raw, _ = volumes((40, 48), (9.2, 8))
        _, gt = volumes((80, 96), (4.6, 4))
        task = SmallTask(grow=2)
        net = Net((12, 12), 2, upsample=2)
        config = GunpowderTrainerConfig("t", 3, 1e-3, augments=[SimpleAugmentConfig()])
        with config.create_trainer() as trainer:
            optimizer = trainer.create_optimizer(net)
            data = [InMemoryDataset("a", raw, gt)]
            trainer.build_batch_provider(data, net, task)
            assert len(list(trainer.iterate(2, net, optimizer, CPU))) == 2
            target = trainer.next()[2]
        assert target.data.shape == (3, 1, 20, 20)
        assert target.voxel_size == Coordinate(4.6, 4)

    def test_targets_may_cover_only_what_is_needed(self):
        whole = Training(task=SmallTask(grow=2)).batches(1)[0]
        part = Training(task=SmallTask(grow=2, partial=True)).batches(1)[0]
        assert part[3].shape == (2, 1, 8, 8, 8)
        assert same([whole[:3]], [part[:3]])

    def test_unfit_augments_are_refused_at_once(self):
        training = Training(augments=[ElasticAugmentConfig([8, 8], [1, 1], (0, 1))])
        parts = training.data, training.net, training.task
        with pytest.raises(ConfigError, match="for 2 axes, the data has 3"):
            training.trainer.build_batch_provider(*parts)

    def test_no_datasets(self):
        with pytest.raises(DataError, match="no dataset to train on"):
            Training().trainer.build_batch_provider([], Net(), SmallTask())


class TestResume:
    @pytest.mark.parametrize("workers", [0, 1, 5])
    def test_two_halves_make_a_whole(self, workers):
        options = {"num_data_fetchers": workers, "augments": every_augment()}
        whole = Training(warmup_iterations=10, **options)
        losses = [stats.loss for stats in whole.run(16)]
        first = Training(warmup_iterations=10, **options)
        before = first.run(8)
        second = Training(first.checkpoint(), warmup_iterations=10, **options)
        after = second.run(8)
        assert [s.iteration for s in (*before, *after)] == list(range(16))
        assert [s.loss for s in (*before, *after)] == losses
        assert equal(whole, second)
        assert second.trainer.state_dict() == whole.trainer.state_dict()

    def test_class_counts_are_those_of_the_last_batch_trained_on(self):
        training = Training(num_data_fetchers=5)
        with training.trainer as trainer:
            trainer.build_batch_provider(training.data, training.net, training.task)
            steps = trainer.iterate(50, training.net, training.optimizer, CPU)
            for _ in range(3):
                next(steps)
            steps.close()
            counts = trainer.state_dict()["class_counts"]
        alone = Training(num_data_fetchers=0)
        alone.run(3)
        assert counts == alone.trainer.state_dict()["class_counts"]

    def test_iterating_in_chunks_is_the_same(self):
        whole, parts = Training(), Training()
        whole.run(9)
        with parts.trainer as trainer:
            trainer.build_batch_provider(parts.data, parts.net, parts.task)
            for number in (4, 5):
                list(trainer.iterate(number, parts.net, parts.optimizer, CPU))
        assert equal(whole, parts)

    def test_iteration_alone_will_do(self):
        training = Training(warmup_iterations=100)
        training.trainer.load_state_dict({"iteration": 50})
        stats = training.run(1)
        assert stats[0].iteration == 50
        assert training.trainer.learning_rate_now == pytest.approx(1e-2 * 0.505)


class TestIterate:
    def test_learns(self):
        training = Training(warmup_iterations=5)
        raw = array((training.data[0].gt.data > 0).astype(np.float32))
        training.data = [InMemoryDataset("a", raw, training.data[0].gt)]
        losses = [stats.loss for stats in training.run(60)]
        assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])

    def test_warm_up(self):
        training = Training(warmup_iterations=10)
        with training.trainer as trainer:
            trainer.build_batch_provider(training.data, training.net, training.task)
            steps = trainer.iterate(13, training.net, training.optimizer, CPU)
            rates = [trainer.learning_rate_now for _ in steps]
        expected = [1e-2 * min(1, 0.01 + 0.099 * n) for n in range(13)]
        assert rates == pytest.approx(expected)

    def test_optimizers(self):
        radam = Training().optimizer
        assert isinstance(radam, torch.optim.RAdam)
        group = radam.param_groups[0]
        assert (group["weight_decay"], group["decoupled_weight_decay"]) == (0, True)
        adamw = Training(optimizer="adamw")
        assert isinstance(adamw.optimizer, torch.optim.AdamW)
        assert len(adamw.run(2)) == 2

    def test_training_mode_is_restored(self):
        training = Training()
        with training.trainer as trainer:
            trainer.build_batch_provider(training.data, training.net, training.task)
            steps = trainer.iterate(2, training.net, training.optimizer, CPU)
            next(steps)
            training.net.eval()  # as validation does, between two iterations
            next(steps)
            assert training.net.training

    def test_times(self):
        training = Training(num_data_fetchers=0)
        stats = training.run(2)
        assert all(0 < s.time < 10 for s in stats)
        assert training.trainer.last_waited > 0

    def test_gradients_are_clipped(self):
        plain, clipped = Training(), Training(max_gradient_norm=1e-3)
        plain.run(1)
        clipped.run(1)
        norms = [
            math.sqrt(sum(float((p.grad**2).sum()) for p in t.net.parameters()))
            for t in (plain, clipped)
        ]
        assert norms[0] > 1e-2
        assert norms[1] == pytest.approx(1e-3, rel=1e-3)

    def test_loss_that_is_not_finite_stops_before_the_weights_change(self):
        training = Training()
        training.run(2)
        with torch.no_grad():
            training.net.conv.bias.fill_(math.inf)
        before = {n: p.clone() for n, p in training.net.named_parameters()}
        with pytest.raises(RunError, match=r"iteration 2.*learning_rate") as caught:
            training.run(1)
        assert "max_gradient_norm" in str(caught.value)
        assert training.trainer.iteration == 2
        for name, parameter in training.net.named_parameters():
            assert torch.equal(parameter, before[name])
        assert loader_threads() == []

    def test_weights_that_stay_zero_end_it(self):
        training = Training()
        predictor = training.task.predictor
        weigh = predictor.create_weight

        def nothing(*args):
            weight, counts = weigh(*args)
            weight.data[:] = 0
            return weight, counts

        predictor.create_weight = nothing
        with pytest.raises(RunError, match="weight was 0 everywhere in the last 100"):
            training.run(200)
        assert training.trainer.iteration == 99

    def test_without_batches(self):
        training = Training()
        steps = training.trainer.iterate(1, training.net, training.optimizer, CPU)
        with pytest.raises(RunError, match="build_batch_provider first"):
            next(steps)

    def test_profile_is_logged(self, caplog):
        training = Training()
        training.trainer.print_profiling = 2
        with caplog.at_level(logging.INFO, "napari_dacapo"):
            training.run(4)
        assert sum("waiting for data" in m for m in caplog.messages) == 2


class TestThreads:
    @pytest.mark.parametrize("workers", [0, 1, 5])
    def test_none_is_left(self, workers):
        Training(num_data_fetchers=workers).run(2)
        assert loader_threads() == []

    def test_none_is_left_if_training_stops_early(self):
        training = Training(num_data_fetchers=5)
        with training.trainer as trainer:
            trainer.build_batch_provider(training.data, training.net, training.task)
            steps = trainer.iterate(50, training.net, training.optimizer, CPU)
            next(steps)
            steps.close()
        trainer.close()
        assert loader_threads() == []

    @pytest.mark.parametrize("workers", [0, 5])
    def test_failure_while_loading_surfaces(self, workers):
        class Failing(SmallTask):
            def __init__(self):
                super().__init__()
                self.predictor.create_target = self.fail

            def fail(self, gt, roi):
                raise DataError("labels are damaged")

        training = Training(num_data_fetchers=workers, task=Failing())
        with pytest.raises(DataError, match="labels are damaged"):
            training.run(1)
        assert loader_threads() == []

    def test_building_again_replaces_the_loaders(self):
        training = Training(num_data_fetchers=2)
        with training.trainer as trainer:
            for _ in range(2):
                trainer.build_batch_provider(training.data, training.net, training.task)
            assert len(list(trainer.iterate(1, training.net, training.optimizer, CPU)))
        assert loader_threads() == []


class TestPreview:
    def test_is_what_training_sees(self):
        training = Training(augments=every_augment())
        batches = Training(augments=every_augment()).batches(2)
        for index in range(4):
            shown = training.trainer.preview(
                training.data, training.net, training.task, index
            )
            seen = [part[index % 2] for part in batches[index // 2]]
            for name, part in zip(shown, seen, strict=True):
                if name != "weight":
                    assert np.array_equal(shown[name].data, part), name
        assert list(shown) == ["raw", "gt", "target", "weight", "mask"]
        assert shown["raw"].roi.contains(shown["target"].roi)
        assert not loader_threads()

    def test_does_not_disturb_training(self):
        plain, previewed = Training(), Training()
        plain.run(4)
        with previewed.trainer as trainer:
            parts = (previewed.data, previewed.net, previewed.task)
            trainer.build_batch_provider(*parts)
            for _ in trainer.iterate(4, previewed.net, previewed.optimizer, CPU):
                trainer.preview(*parts, 7)
        assert equal(plain, previewed)

    def test_follows_other_data(self):
        training = Training()
        parts = training.net, training.task
        one = training.trainer.preview(training.data, *parts)["raw"].data
        other = training.trainer.preview(datasets(seed=5), *parts)["raw"].data
        assert not np.array_equal(one, other)

    @pytest.mark.parametrize("options", [{}, {"clip_raw": True}, {"min_masked": 0.0}])
    def test_is_the_same_with_what_another_trainer_opened(self, options):
        before = Training()
        parts = before.data, before.net, before.task
        before.trainer.preview(*parts, 1)
        config = GunpowderTrainerConfig("t", 2, 1e-2, augments=every_augment())
        config = attrs.evolve(config, **options)
        alone, after = config.create_trainer(), config.create_trainer()
        for trainer in (alone, after):
            trainer.seed = 3
        shown = after.preview(*parts, 1, before=before.trainer)
        for name, part in alone.preview(*parts, 1).items():
            assert np.array_equal(part.data, shown[name].data), name


class TestConfig:
    def test_defaults(self):
        config = GunpowderTrainerConfig("t", 2, 1e-4)
        assert config.num_data_fetchers == 5
        assert config.augments == []
        assert config.snapshot_interval is None
        assert config.min_masked == 0.15
        assert config.clip_raw is False
        assert config.warmup_iterations == 1000
        assert config.verify()[0]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"batch_size": 0}, "batch_size"),
            ({"learning_rate": 0}, "learning_rate.*greater than 0"),
            ({"num_data_fetchers": -1}, "num_data_fetchers"),
            ({"min_masked": 1.5}, "min_masked"),
            ({"snapshot_interval": 0}, "snapshot_interval"),
            ({"optimizer": "sgd"}, "not one of 'radam', 'adamw'"),
        ],
    )
    def test_bad_values(self, options, message):
        with pytest.raises(ConfigError, match=message):
            GunpowderTrainerConfig(
                **{"name": "t", "batch_size": 2, "learning_rate": 1e-4, **options}
            )

    def test_augments_are_verified(self):
        config = GunpowderTrainerConfig(
            "t", 2, 1e-4, augments=[ElasticAugmentConfig([8, 8], [1, 1, 1], (0, 1))]
        )
        with pytest.raises(ConfigError, match=r"augments\[0\]: control_point"):
            config.create_trainer()

    def test_can_train(self):
        trainer = Training().trainer
        assert trainer.can_train(datasets())
        assert not trainer.can_train([])
        raw, _ = volumes((8, 8, 8))
        assert not trainer.can_train([*datasets(), InMemoryDataset("c", raw, None)])


def test_warnings_are_kept_and_logged(caplog):
    raw, gt = volumes((9, 9, 9))
    training = Training(data=[InMemoryDataset("small", raw, gt)])
    training.batches(1)
    assert len(training.trainer.warnings) == 1
    assert "'small': raw has (9, 9, 9) voxels" in training.trainer.warnings[0]
    assert training.trainer.warnings[0] in caplog.messages
