"""Published networks, as files; nothing here touches the internet."""

import hashlib
import logging

import pytest
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.nn import Model
from napari_dacapo.starts import CosemStart, CosemStartConfig
from napari_dacapo.starts.cosem_start import COSEM_CHANNELS, COSEM_URL
from napari_dacapo.store import Project


def model(num_channels, seed=0, activation_on_upsample=False):
    torch.manual_seed(seed)
    config = CNNectomeUNetConfig(
        "unet",
        (20, 20, 20),
        3,
        1,
        2,
        2,
        [2],
        upsample_factors=[2],
        activation_on_upsample=activation_on_upsample,
    )
    return Model(config.create_architecture(), torch.nn.Conv3d(3, num_channels, 1))


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "downloads" / "775000"
    path.parent.mkdir()
    torch.save({"model": model(2, seed=1).state_dict(), "optimizer": {}}, path)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    import platformdirs

    folder = tmp_path / "cache"
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(folder))
    return folder


def start(run="setup28", criterion="775000", **fields):
    config = CosemStartConfig(run, criterion, **fields)
    return config.start_type(config)


def test_head_is_matched_with_the_published_channels(checkpoint, tmp_path):
    started = start(file=checkpoint)
    new = model(3, seed=2)
    found = started.initialize_weights(
        new, ["mito", "er_mem", "er"], project=Project(tmp_path)
    )
    assert found is new
    assert started.name == "setup28/775000"
    assert started.channels == ["er", "er_mem"]
    old = model(2, seed=1).prediction_head.weight
    assert torch.equal(new.prediction_head.weight[1], old[1])
    assert torch.equal(new.prediction_head.weight[2], old[0])
    assert started.report.channels == ("er_mem", "er")


def test_unknown_setup_goes_without_head_matching(checkpoint, tmp_path, caplog):
    started = start("setup99", file=checkpoint)
    with caplog.at_level(logging.WARNING):
        started.initialize_weights(model(2), ["a", "b"], project=Project(tmp_path))
    assert started.report.complete
    assert "channels of setup99 are not known" in caplog.text


def test_activation_that_the_published_networks_lack(checkpoint, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        start(file=checkpoint).initialize_weights(
            model(2, activation_on_upsample=True), project=Project(tmp_path)
        )
    assert "set activation_on_upsample of the architecture to false" in caplog.text


def test_nothing_is_downloaded_unasked(tmp_path):
    with pytest.raises(DataNotFoundError, match=f"download {COSEM_URL}/setup28/775000"):
        start().check()
    with pytest.raises(DataNotFoundError, match="there is no checkpoint"):
        start(file=tmp_path / "none", allow_download=True).check()


def test_download_records_the_checksum(checkpoint, cache, monkeypatch):
    url = checkpoint.as_uri()
    monkeypatch.setattr(CosemStartConfig, "url", url)
    started = start(allow_download=True)
    path = started.check()
    assert path == cache / "cosem" / "setup28" / "775000"
    assert path.read_bytes() == checkpoint.read_bytes()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_name("775000.sha256").read_text() == f"{digest}  775000\n"

    checkpoint.unlink()
    assert start().check() == path  # found without downloading
    path.write_bytes(b"damaged")
    with pytest.raises(DataError, match="damaged or another file"):
        start().check()


def test_failed_download(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(CosemStartConfig, "url", (tmp_path / "none").as_uri())
    with pytest.raises(DataError, match="could not be downloaded"):
        start(allow_download=True).check()
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_checksum_can_be_asked_for(checkpoint):
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert start(file=checkpoint, sha256=digest.upper()).check() == checkpoint
    with pytest.raises(DataError, match=f"SHA-256 {digest} instead of 00"):
        start(file=checkpoint, sha256="00").check()


def test_verify(checkpoint):
    assert CosemStartConfig.start_type is CosemStart
    assert CosemStartConfig("setup28", "775000", file=checkpoint).verify()[0]
    assert CosemStartConfig("setup28", "775000", allow_download=True).verify()[0]
    for config, complaint in (
        (CosemStartConfig("setup28", "775000"), "file: there is no checkpoint"),
        (
            CosemStartConfig("setup28", "best"),
            "criterion: setup28/best is no published",
        ),
        (CosemStartConfig("../up", "1"), "criterion: ../up/1 is no published network"),
        (CosemStartConfig("", "1"), "run: say which weights"),
    ):
        valid, reason = config.verify()
        assert not valid
        assert reason.startswith(complaint)


def test_architecture_of_the_published_networks():
    architecture = CosemStartConfig("setup04", "1820500").architecture_config("cosem")
    assert architecture.verify()[0]
    assert architecture.output_shape() == (68, 68, 68)
    assert not architecture.activation_on_upsample
    assert len(COSEM_CHANNELS["setup04"]) == 14
    with pytest.raises(ConfigError, match="architecture of 'setup45' is not known"):
        CosemStartConfig("setup45", "625000").architecture_config("cosem")


def test_import_needs_no_torch():
    import subprocess
    import sys

    code = (
        "import sys, napari_dacapo.starts;"
        "print([m for m in ('torch', 'zarr', 'scipy') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"
