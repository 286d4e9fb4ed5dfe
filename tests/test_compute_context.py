from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

from napari_dacapo.compute_context import (
    Bsub,
    LocalTorch,
    Slurm,
    create_compute_context,
)
from napari_dacapo.errors import ConfigError

COMMAND = ["python", "-m", "worker", '{"a b": "c\'d"}']
LOG = Path("logs") / "job.txt"


@pytest.fixture
def options(tmp_path, monkeypatch):
    """Sets the option ``compute_context``."""
    path = tmp_path / "dacapo.yaml"
    monkeypatch.setenv("DACAPO_OPTIONS_FILE", str(path))

    def write(context):
        path.write_text(yaml.safe_dump({"compute_context": context}))

    return write


def test_here():
    assert LocalTorch().wrap(COMMAND, "name", LOG) == COMMAND
    assert LocalTorch(device="cpu").device == "cpu"
    assert LocalTorch().is_local


def test_lsf():
    wrapped = Bsub(queue="gpu", num_gpus=2, billing="lab").wrap(COMMAND, "name", LOG)
    assert wrapped[:2] == ["bsub", "-K"]
    assert shlex.split(wrapped[-1]) == COMMAND
    text = shlex.join(wrapped[:-1])
    for part in ("-J name", "-q gpu", "-n 5", "-gpu num=2", "-P lab", f"-o {LOG}"):
        assert part in text
    without = Bsub(num_gpus=0)
    assert "-gpu" not in without.wrap(COMMAND, "name", LOG)
    assert (without.device, Bsub().device) == ("cpu", "cuda")
    assert without.cancel("name") == ["bkill", "-J", "name"]


def test_slurm():
    context = Slurm(partition="short", num_gpus=1, num_cpus=3, time_limit="1:00:00")
    wrapped = context.wrap(COMMAND, "name", LOG)
    assert wrapped[0] == "srun"
    assert wrapped[-len(COMMAND) :] == COMMAND
    assert set(wrapped[1 : -len(COMMAND)]) == {
        "--job-name=name",
        "--ntasks=1",
        "--cpus-per-task=3",
        "--gpus=1",
        "--partition=short",
        "--time=1:00:00",
    }
    assert context.cancel("name") == ["scancel", "--name=name"]


def test_the_option_chooses(options):
    options({"type": "Bsub", "config": {"queue": "gpu", "num_gpus": 0}})
    assert create_compute_context() == Bsub(queue="gpu", num_gpus=0)
    options({"type": "LocalTorch", "config": {"device": "cuda:1", "oom_limit": 8}})
    assert create_compute_context() == LocalTorch(device="cuda:1", oom_limit=8)
    options({"type": "Slurm"})
    assert create_compute_context() == Slurm()


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({"type": "Sge"}, "no type 'Sge'; choose one of LocalTorch, Bsub, Slurm"),
        ({"type": "Slurm", "config": {"queue": "a"}}, "Slurm has no setting 'queue'"),
        ({"type": "Bsub", "config": {"num_cpus": 0}}, "num_cpus: 0 is out of range"),
    ],
)
def test_wrong_options_are_refused(options, context, words):
    options(context)
    with pytest.raises(ConfigError, match=words):
        create_compute_context()
