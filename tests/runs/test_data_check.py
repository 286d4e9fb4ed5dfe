"""The data check on small volumes with one thing wrong in each."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import blobs, small_run

from napari_dacapo.arrays import (
    ArrayConfig,
    BinarizeArrayConfig,
    CropArrayConfig,
    IntensitiesArrayConfig,
    LocalArrayIdentifier,
    ZarrArray,
    ZarrArrayConfig,
)
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.errors import DataError
from napari_dacapo.events import IterationDone, Warned
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.runs import (
    DataCheckError,
    Finding,
    RunControl,
    Severity,
    _check_scan,
    check_data,
    check_pair,
    train,
)
from napari_dacapo.runs._label_facts import LabelUse
from napari_dacapo.store import Project
from napari_dacapo.tasks import (
    AffinitiesTaskConfig,
    DistanceTaskConfig,
    OneHotTaskConfig,
)

VOXEL = {2: (4.6, 4.6), 3: (40, 8, 4)}
OFFSET = {2: (46, -23), 3: (400, -80, 12)}
SHAPE = {2: (80, 90), 3: (12, 24, 32)}

AFFINITIES = AffinitiesTaskConfig("objects", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
CLASSES = OneHotTaskConfig("classes", ["background", "one", "two"])
MASKS = DistanceTaskConfig("masks", ["blob"], clip_distance=80, tol_distance=8)


def write(container, name, values, voxel=None, offset=None):
    """Write a volume and return its config."""
    dims = len(values.shape)
    voxel = Coordinate(voxel or VOXEL[dims])
    array = ZarrArray.create_from_array_identifier(
        LocalArrayIdentifier(container, name),
        list("zyx"[-dims:]),
        Roi(offset or OFFSET[dims], voxel * values.shape),
        None,
        voxel,
        values.dtype,
        write_size=voxel * 8,
    )
    array[array.roi] = values
    return ZarrArrayConfig(name, container, name, mode="r")


@pytest.fixture
def store(tmp_path):
    """Return a function that writes a volume into a container."""
    return lambda name, values, **place: write(
        tmp_path / "data.zarr", name, values, **place
    )


@pytest.fixture(params=[2, 3])
def good(request, store):
    """Return arrays and configs of a pair with nothing wrong."""
    raw, labels = blobs(SHAPE[request.param], 0)
    return raw, labels, store("raw", raw), store("gt", labels)


def only(findings, severity):
    """Return the one finding of this severity, which is the worst."""
    findings = list(findings)
    assert all(isinstance(f, Finding) for f in findings)
    (found,) = [f for f in findings if f.severity is severity]
    assert severity is Severity.ERROR or all(
        f.severity is not Severity.ERROR for f in findings
    )
    assert "\n" not in str(found)
    assert str(found).startswith(found.where)
    return found


def test_nothing_is_wrong_with_good_data(good):
    _, labels, raw_config, gt_config = good
    findings = list(check_pair(raw_config, gt_config))
    assert [f.severity for f in findings] == [Severity.NOTE]
    assert f"{labels.max()} labels" in findings[0].what
    assert "look like objects" in findings[0].what


def test_nothing_is_wrong_with_a_good_run(tmp_path):
    for dims in (2, 3):
        run = small_run(tmp_path, dims)
        parts = (run.task_config, run.architecture_config, run.trainer_config)
        assert list(check_data(run.datasplit_config, *parts)) == []


class TestPlaces:
    def test_no_overlap(self, good, store):
        _, labels, raw, _ = good
        far = store("far", labels, offset=(9200,) * labels.ndim)
        error = only(check_pair(raw, far), Severity.ERROR)
        assert "they have nothing in common" in error.what
        assert error.roi == far.create_array().roi
        assert error.where.endswith("data.zarr/far")

    def test_partial_overlap(self, good, store):
        _, labels, raw, gt = good
        dims = labels.ndim
        shift = Coordinate((0,) * (dims - 1) + (6,)) * VOXEL[dims]
        moved = store("moved", labels, offset=shift + OFFSET[dims])
        warning = only(check_pair(raw, moved), Severity.WARNING)
        share = 6 / SHAPE[dims][-1]
        assert f"{share:.1%} of it lies outside of raw" in warning.what
        common = gt.create_array().roi.intersect(moved.create_array().roi)
        assert f"{common} nm" in warning.fix

    @pytest.mark.parametrize(
        ("factor", "severity", "text"),
        [
            (2, Severity.WARNING, "upsample [1, 2, 1], downsample [1, 1, 1]"),
            (0.5, Severity.WARNING, "upsample [1, 1, 1], downsample [1, 2, 1]"),
            (1.5, Severity.ERROR, "no whole multiples"),
        ],
    )
    def test_voxel_sizes(self, store, factor, severity, text):
        raw, labels = blobs((12, 24, 32), 0)
        gt = store("gt", labels[:, :12], voxel=(40, 8 * factor, 4))
        found = only(check_pair(store("raw", raw), gt), severity)
        assert f"(40, {8 * factor:g}, 4) nm" in found.what
        assert text in found.fix

    def test_grids(self, store):
        raw, labels = blobs((12, 24, 32), 0)
        gt = store("gt", labels[1:-1, 1:-1, 1:-1], offset=(450, -72, 17))
        error = only(check_pair(store("raw", raw), gt), Severity.ERROR)
        assert "by (0.25, 0, 0.25) voxels" in error.what
        assert "set its offset to (440, -72, 16) nm" in error.fix

    def test_dimensions(self, store):
        raw, labels = blobs((12, 24, 32), 0)
        gt = store("flat", labels[0])
        error = only(check_pair(store("raw", raw), gt), Severity.ERROR)
        assert "2 spatial axes (24 x 32 voxels), but raw has 3" in error.what

    def test_assumptions_are_told(self, tmp_path):
        import zarr

        raw, labels = blobs((12, 24, 32), 0)
        zarr.save(tmp_path / "data.zarr", raw=raw, gt=labels, zarr_format=2)
        configs = (
            ZarrArrayConfig(n, tmp_path / "data.zarr", n, mode="r")
            for n in ("raw", "gt")
        )
        warnings = [f for f in check_pair(*configs) if f.severity is Severity.WARNING]
        assert len(warnings) == 2
        assert all("says no voxel size" in w.what for w in warnings)


class TestNetwork:
    def split(self, tmp_path, dims=3, **validate):
        run = small_run(tmp_path, dims)
        split = run.datasplit_config
        split.validate_configs = [
            RawGTDatasetConfig("crop2", **self.parts(split.train_configs[0], validate))
        ]
        return run

    @staticmethod
    def parts(dataset, gt_part):
        labels = dataset.gt_config.source_array_config
        part = CropArrayConfig("part", labels, gt_part["roi"])
        gt = BinarizeArrayConfig("gt", part, groupings=[("blob", [])])
        return {"raw_config": dataset.raw_config, "gt_config": gt}

    def findings(self, run):
        return list(
            check_data(run.datasplit_config, run.task_config, run.architecture_config)
        )

    def test_validation_data_that_were_trained_on(self, tmp_path):
        roi = Roi((600, -80, 12), (360, 320, 176))
        run = self.split(tmp_path, roi=roi)
        warning = only(self.findings(run), Severity.WARNING)
        assert warning.where.startswith("validate 'crop2': gt ")
        assert "100.0% of it" in warning.what
        assert "'train3'" in warning.what
        assert warning.roi == roi
        assert warning.field == "validate_configs[0].gt_config"

    def test_context_that_reaches_into_training_data(self, tmp_path):
        run = self.split(tmp_path, roi=Roi((600, -80, 12), (160, 160, 80)))
        train_set = run.datasplit_config.train_configs[0]
        part = {"roi": Roi((400, -80, 12), (200, 320, 176))}
        train_set.gt_config = self.parts(train_set, part)["gt_config"]
        note = only(self.findings(run), Severity.NOTE)
        # two convolutions of 3 along z
        assert "(2, " in note.what
        assert note.roi.begin[0] == 600 - 2 * 40
        assert note.roi.end[0] == 600

    def test_volumes_smaller_than_the_input(self, tmp_path):
        run = small_run(tmp_path)
        run.architecture_config.input_shape = Coordinate(16, 28, 28)
        findings = self.findings(run)
        assert {f.severity for f in findings} == {Severity.WARNING}
        assert (
            "has (14, 40, 44) voxels, fewer than the (16, 28, 28)" in findings[0].what
        )
        assert "set input_shape of the architecture to (14, 28, 28)" in findings[0].fix
        assert findings[0].field == "architecture_config.input_shape"

    def test_a_section_is_no_volume(self, tmp_path, store):
        raw, labels = blobs((1, 40, 44), 0)
        dataset = RawGTDatasetConfig(
            "flat", raw_config=store("raw", raw), gt_config=store("gt", labels)
        )
        run = small_run(tmp_path)
        split = TrainValidateDataSplitConfig("flat", [dataset], [])
        finding = next(check_data(split, architecture=run.architecture_config))
        assert "the smallest input of this one has (5, 28, 28) voxels" in finding.fix
        assert "single sections" in finding.fix

    def test_an_invalid_network_is_a_finding(self, tmp_path):
        run = small_run(tmp_path)
        run.architecture_config.input_shape = Coordinate(3, 3, 3)
        error = only(self.findings(run), Severity.ERROR)
        assert error.where == "architecture 'tiny'"


def pair(store, labels=None, raw=None):
    good_raw, good_labels = blobs((12, 24, 32), 0)
    return (
        store("raw", good_raw if raw is None else raw),
        store("gt", good_labels if labels is None else labels),
    )


def small_labels(*values):
    """Return labels of a large enough block for each of `values`, on 0."""
    labels = np.zeros((12, 24, 32 * len(values)), dtype=np.array(values).dtype)
    for number, value in enumerate(values):
        labels[2:-2, 2:-2, 32 * number + 2 : 32 * number + 30] = value
    return labels


class TestLabels:
    @pytest.mark.parametrize(
        ("labels", "task", "severity", "text"),
        [
            (small_labels(0.5), None, Severity.ERROR, "are no whole numbers"),
            (small_labels(np.nan), None, Severity.ERROR, "values are no whole numbers"),
            (small_labels(np.float32(1)), MASKS, Severity.WARNING, "stored as float32"),
            (small_labels(-1, 5), AFFINITIES, Severity.WARNING, "labels -1 are negati"),
            (small_labels(0), AFFINITIES, Severity.ERROR, "nothing to tell apart"),
            (small_labels(0), CLASSES, Severity.ERROR, "nothing to tell apart"),
            (small_labels(0, 1), CLASSES, Severity.WARNING, "as 'two' (label 2)"),
            (small_labels(1, 2, 7), CLASSES, Severity.WARNING, "labels 7 ("),
            (
                np.ones((12, 24, 32), np.uint8),
                MASKS,
                Severity.WARNING,
                "every voxel is labelled as 'blob'",
            ),
            (
                small_labels(1, 1),
                AFFINITIES,
                Severity.WARNING,
                "a single label, 1, in 2 or more",
            ),
        ],
    )
    def test_values(self, store, labels, task, severity, text):
        shape = labels.shape
        raw, _ = blobs(shape, 0)
        found = only(check_pair(*pair(store, labels, raw), task=task), severity)
        assert text in found.what

    def test_large_ids_are_exact(self, store):
        labels = small_labels(np.uint64(2**53 + 1), np.uint64(2**64 - 1))
        raw, _ = blobs(labels.shape, 0)
        findings = check_pair(*pair(store, labels, raw), task=AFFINITIES)
        assert f"labels up to {2**64 - 1}" in only(findings, Severity.NOTE).what

    def test_classes_are_told_from_objects(self, store):
        rng = np.random.default_rng(0)
        classes = rng.integers(0, 4, (12, 24, 32)).astype(np.uint8)
        raw, gt = pair(store, classes)
        found = only(check_pair(raw, gt, task=AFFINITIES), Severity.WARNING)
        assert "look like classes, not like objects" in found.what
        objects = np.arange(1, 25, dtype=np.uint8)[None, :, None].repeat(12, 0)
        gt = store("objects", objects.repeat(32, 2))
        found = [
            f
            for f in check_pair(raw, gt, use=LabelUse.CLASSES)
            if f.severity is Severity.WARNING
        ]
        assert "look like objects, not like classes" in found[0].what

    def test_classes_of_groups_that_do_not_occur(self, store):
        raw, gt = pair(store, np.tile(small_labels(1, 2), (1, 1, 1))[:, :, :32])
        grouped = BinarizeArrayConfig("gt", gt, [("a", [1]), ("mito", [3, 4])])
        task = DistanceTaskConfig("t", ["a", "mito"], clip_distance=1, tol_distance=1)
        warning = only(check_pair(raw, grouped, task=task), Severity.WARNING)
        assert "no voxel is labelled as 'mito' (labels 3, 4)" in warning.what

    def test_few_voxels(self, store):
        labels = np.zeros((12, 24, 32), np.uint8)
        labels[3, 4:8, 5:10] = 1
        warning = only(check_pair(*pair(store, labels), task=MASKS), Severity.WARNING)
        assert "only 20 voxels are labelled as 'blob'" in warning.what

    def test_every_other_section(self, store):
        labels = small_labels(1)
        labels[1::2] = labels[4::4] = 0
        labels[10] = 1
        raw, gt = pair(store, labels)
        found = check_pair(raw, gt, use=LabelUse.MASKS)
        (gap,) = [f for f in found if "between labelled ones" in f.what]
        assert gap.severity is Severity.WARNING

    @pytest.mark.parametrize(
        ("part", "severity"),
        [(1, None), (0.5, Severity.NOTE), (0, Severity.ERROR)],
    )
    def test_masks(self, store, part, severity):
        raw, gt = pair(store)
        mask = np.zeros((12, 24, 32), np.uint8)
        mask[: round(12 * part)] = 1
        findings = check_pair(raw, gt, store("mask", mask), task=AFFINITIES)
        if severity is None:
            assert list(findings) == []
        else:
            found = only(findings, severity)
            assert f"{part:.1%} of the labels are used" in found.what


class TestRaw:
    def test_nan(self, store):
        raw = blobs((12, 24, 32), 0)[0].astype(np.float32) / 255
        raw[2:4, 5, 6:9], raw[5, 6, 7] = np.nan, np.inf
        error = only(check_pair(*pair(store, raw=raw), task=AFFINITIES), Severity.ERROR)
        assert "6 NaN and 1 infinite voxels" in error.what
        assert error.roi == Roi((480, -40, 36), (160, 16, 12))

    @pytest.mark.parametrize("dtype", [np.uint8, np.float32])
    def test_constant(self, store, dtype):
        raw = np.full((12, 24, 32), 127, dtype)
        found = only(
            check_pair(*pair(store, raw=raw), task=AFFINITIES), Severity.WARNING
        )
        assert "constant: every voxel is 127" in found.what

    def test_blank_sections(self, store):
        raw = blobs((12, 24, 32), 0)[0]
        raw[[3, 7]] = 0
        note = only(check_pair(*pair(store, raw=raw), task=AFFINITIES), Severity.NOTE)
        assert "2 of 12 sections are blank" in note.what
        assert "3, 7" in note.what

    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            (np.linspace(0, 4095, 9216).astype(np.uint16), "(min 3, max 4091)"),
            (np.linspace(0, 255, 9216).astype(np.float32), "max 254.7"),
            (np.linspace(-300, 300, 9216).astype(np.int16), "(min -299, max 299)"),
        ],
    )
    def test_scale(self, store, raw, text):
        configs = pair(store, raw=raw.reshape(12, 24, 32))
        note = only(check_pair(*configs, task=AFFINITIES), Severity.NOTE)
        assert text in note.fix
        scaled = IntensitiesArrayConfig("scaled", configs[0], raw.min(), raw.max())
        assert list(check_pair(scaled, configs[1], task=AFFINITIES)) == []

    def test_a_damaged_chunk(self, store, tmp_path):
        raw, gt = pair(store)
        chunk = next((tmp_path / "data.zarr" / "raw").glob("1/1/1"))
        chunk.write_bytes(chunk.read_bytes()[:20])
        error = only(check_pair(raw, gt, task=AFFINITIES), Severity.ERROR)
        assert "is damaged" in error.what
        assert error.fix.startswith("copy the file again")
        assert error.roi.intersects(raw.create_array().roi)


class TestReading:
    def test_what_cannot_be_opened_is_a_finding(self, store, tmp_path):
        raw, _ = pair(store)
        lost = ZarrArrayConfig("lost", tmp_path / "data.zarr", "lost")
        error = only(check_pair(raw, lost), Severity.ERROR)
        assert error.where == f"gt {tmp_path / 'data.zarr'}/lost"

    def test_large_volumes_are_sampled(self, store, monkeypatch):
        raw, gt = pair(store)
        for name, value in {"MAX_VOXELS": 4096, "LEAST_VOXELS": 2048}.items():
            monkeypatch.setattr(_check_scan, name, value)
        monkeypatch.setattr(_check_scan, "BLOCK_BYTES", 2048)
        note = next(check_pair(raw, gt))
        assert "of the volume looked at" in note.what

    def test_a_stop_ends_the_check(self, good):
        *_, raw, gt = good
        control = RunControl()
        control.stop()
        assert list(check_pair(raw, gt, control=control)) == []


class TestTraining:
    def bad_run(self, tmp_path, store):
        raw, labels = blobs((14, 40, 44), 0)
        raw = raw.astype(np.float32)
        raw[0, 0, 0] = np.nan
        run = small_run(tmp_path, num_iterations=1)
        dataset = run.datasplit_config.train_configs[0]
        dataset.raw_config = store("raw", raw)
        labels_config: ArrayConfig = store("gt", labels)
        dataset.gt_config = BinarizeArrayConfig("gt", labels_config, [("blob", [])])
        return run

    def test_errors_refuse_and_nothing_is_stored(self, tmp_path, store):
        run = self.bad_run(tmp_path, store)
        project = Project.open(tmp_path / "project")
        with pytest.raises(DataCheckError, match="1 NaN") as caught:
            list(train(run, project=project, device="cpu"))
        assert caught.value.findings[0].field == "train_configs[0].raw_config"
        assert project.configs.retrieve_run_config_names() == []
        with pytest.raises(DataError, match="NaN"):  # the trainer's own words
            list(train(run, project=project, device="cpu", check=False))

    def test_warnings_let_it_train(self, tmp_path):
        run = small_run(tmp_path, num_iterations=1, validation_interval=9)
        run.datasplit_config.validate_configs = run.datasplit_config.train_configs
        events = list(train(run, project=tmp_path / "project", device="cpu"))
        assert isinstance(events[0], Warned)
        assert "is trained on as well" in events[0].message
        assert any(isinstance(event, IterationDone) for event in events)
