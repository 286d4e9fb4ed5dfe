"""Broken and awkward containers, as the command line meets them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays import ZarrArrayConfig
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.runs import RunConfig
from napari_dacapo.store.converter import dump_yaml
from napari_dacapo.tasks import AffinitiesTaskConfig
from napari_dacapo.trainers import GunpowderTrainerConfig

FOLDER = Path("/work/shared/data/bad")
MANIFEST = FOLDER / "manifest.json"
CASES = json.loads(MANIFEST.read_text())["cases"] if MANIFEST.exists() else []

pytestmark = pytest.mark.skipif(not CASES, reason="the containers are not here")


def tiny_run(container, raw, gt, dims, channels):
    """Return a run of one iteration on a container."""
    kernel = (3,) * dims
    dataset = RawGTDatasetConfig(
        "bad",
        raw_config=ZarrArrayConfig("raw", container, raw, mode="r"),
        gt_config=ZarrArrayConfig("gt", container, gt, mode="r"),
    )
    return RunConfig(
        AffinitiesTaskConfig(
            "objects",
            [tuple(int(axis == d) for axis in range(dims)) for d in range(dims)],
        ),
        CNNectomeUNetConfig(
            "tiny",
            input_shape=(12,) * dims,
            fmaps_out=2,
            fmaps_in=channels,
            num_fmaps=2,
            fmap_inc_factor=2,
            downsample_factors=[(2,) * dims],
            kernel_size_down=[[kernel], [kernel]],
            kernel_size_up=[[kernel]],
            padding="same",
        ),
        GunpowderTrainerConfig(
            "quick", batch_size=1, learning_rate=1e-3, num_data_fetchers=0
        ),
        TrainValidateDataSplitConfig("bad", [dataset], []),
        "tiny",
        num_iterations=1,
    )


def commands(case, folder):
    """Yield the commands of a case by the stage at which they look at it."""
    container = FOLDER / case["path"]
    yield "open", ["inspect", container]
    if case["gt"] is None:
        return
    raws = [case["raw"]] if isinstance(case["raw"], str) else case["raw"]
    for raw in raws:
        yield "pair", ["inspect", container, "--raw", raw, "--gt", case["gt"]]
    dims = 2 if case["id"] == "image_2d" else 3
    channels = 2 if case["id"] == "channel_last" else 1
    config = folder / "tiny.yaml"
    run = tiny_run(container, raws[0], case["gt"], dims, channels)
    config.write_text(dump_yaml(run), encoding="utf-8")
    project = folder / "project"
    yield "train", ["train", config, "--project", project, "--device", "cpu"]


def mentions(case, text):
    text = text.lower()
    return all(
        any(word.lower() in text for word in words)
        for words in case["message_should_mention"]
    )


def fingerprint(folder):
    """Return a hash of all names and contents below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(str(path).encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


#: the command that reads what a stage of the manifest is about
STAGE = {"open": "open", "pair": "pair", "read": "pair", "train": "train"}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_container_behaves_as_its_manifest_says(case, command, tmp_path):
    before = fingerprint(FOLDER / case["id"])
    for stage, arguments in commands(case, tmp_path):
        outcome = command(*arguments)
        assert "Traceback" not in outcome.text
        assert outcome.code in (0, 2)
        if outcome.code == 2:
            assert case["expect"] in ("reject", "either")
            assert mentions(case, outcome.refused())
        elif stage == STAGE[case["stage"]]:
            assert case["expect"] != "reject"
            told = "warning: " in outcome.text or "note: bad" in outcome.text
            assert mentions(case, outcome.text) or (
                case["expect"] == "either" and not told
            )
    assert fingerprint(FOLDER / case["id"]) == before


@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        ("json_garbage/data.zarr", [], "JSON"),
        ("truncated_chunk/data.zarr", ["--raw", "raw", "--gt", "gt"], "0.0.0"),
    ],
)
def test_a_process_ends_with_one_line(name, keys, words):
    arguments = [sys.executable, "-m", "napari_dacapo.cli", "inspect", FOLDER / name]
    done = subprocess.run(
        [*map(str, arguments), *keys], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr
