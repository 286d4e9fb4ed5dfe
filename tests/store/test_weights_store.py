from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.store import WeightsStore
from napari_dacapo.store.weights_store import read_checkpoint
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters


@pytest.fixture
def store(tmp_path):
    return WeightsStore(tmp_path)


@pytest.fixture
def state():
    model = torch.nn.Conv2d(2, 3, 3)
    optimizer = torch.optim.RAdam(model.parameters(), lr=1e-3)
    model(torch.ones(1, 2, 5, 5)).sum().backward()
    optimizer.step()
    return {
        "schema_version": 1,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
        "counts": [[1.5, 2], None, "text", (True, b"bytes")],
    }


def _assert_equal(a, b):
    if isinstance(a, torch.Tensor):
        assert torch.equal(a, b)
        assert a.dtype == b.dtype
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            _assert_equal(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            _assert_equal(x, y)
    else:
        assert a == b


class TestCheckpoints:
    def test_round_trip(self, store, state, tmp_path):
        path = store.store_weights("run", 100, state)
        assert path == tmp_path / "runs" / "run" / "checkpoints" / "100.pt"
        _assert_equal(store.retrieve_weights("run", 100), state)
        _assert_equal(torch.load(path, weights_only=True), state)

    def test_iterations(self, store, state, tmp_path):
        assert store.latest_iteration("run") is None
        for iteration in (1000, 30, 200):
            store.store_weights("run", iteration, state)
        (tmp_path / "runs" / "run" / "checkpoints" / "best.pt").touch()
        (tmp_path / "runs" / "run" / "checkpoints" / ".5.tmp").touch()
        assert store.iterations("run") == [30, 200, 1000]
        assert store.latest_iteration("run") == 1000
        assert store.prune("run", keep={200, 7}) == [30, 1000]
        store.remove("run", 30)
        assert store.iterations("run") == [200]

    def test_missing(self, store, state):
        store.store_weights("run", 5, state)
        with pytest.raises(
            DataNotFoundError, match="no checkpoint of iteration 7; stored: 5"
        ):
            store.retrieve_weights("run", 7)
        with pytest.raises(FileNotFoundError, match="stored: none"):
            store.retrieve_weights("other", 7)

    @pytest.mark.parametrize(
        ("value", "what"),
        [
            (np.float64(3), r"state\['x'\]\[0\] is a float64"),
            (np.zeros(3), r"state\['x'\]\[0\] is a ndarray"),
            (Path("a"), r"state\['x'\]\[0\] is a \w*Path"),
            ({Path("a"): 1}, r"a key of state\['x'\]\[0\] is a \w*Path"),
        ],
    )
    def test_only_plain_data_is_written(self, store, value, what):
        with pytest.raises(TypeError, match=what):
            store.store_weights("run", 1, {"x": [value]})
        assert store.iterations("run") == []

    def test_ordered_state_dicts_are_plain_enough(self, store):
        state = {"model": OrderedDict(a=torch.zeros(2))}
        store.store_weights("run", 1, state)
        _assert_equal(store.retrieve_weights("run", 1), state)


class TestDamage:
    def test_any_changed_byte_of_the_data_is_noticed(self, store, state):
        path = store.store_weights("run", 1, state)
        data = path.read_bytes()
        weights = state["model"]["weight"].numpy().tobytes()
        position = data.index(weights) + len(weights) // 2
        broken = bytearray(data)
        broken[position] ^= 1
        path.write_bytes(broken)
        with pytest.raises(DataError, match=r"1\.pt is damaged"):
            store.retrieve_weights("run", 1)

    @pytest.mark.parametrize("keep", [0, 10, 0.3, 0.9, 0.999])
    def test_cut_files(self, store, state, keep):
        path = store.store_weights("run", 1, state)
        data = path.read_bytes()
        path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
        with pytest.raises(DataError, match=r"1\.pt is damaged .*use an earlier one"):
            store.retrieve_weights("run", 1)

    def test_nothing_of_a_file_is_run(self, tmp_path, monkeypatch):
        class Hostile:
            def __reduce__(self):
                return Path.touch, (tmp_path / "pwned",)

        for name, kind in (("zip", True), ("old", False)):
            path = tmp_path / f"{name}.pt"
            torch.save(Hostile(), path, _use_new_zipfile_serialization=kind)
            with pytest.raises(DataError, match=r"cannot be read safely|is damaged"):
                read_checkpoint(path)
        path.write_bytes(pickle.dumps(Hostile()))
        with pytest.raises(DataError, match="is damaged"):
            read_checkpoint(path)
        assert not (tmp_path / "pwned").exists()

    def test_no_dictionary(self, store, state):
        torch.save([1, 2], store.store_weights("run", 1, state))
        with pytest.raises(DataError, match="holds no dictionary"):
            store.retrieve_weights("run", 1)


class TestBest:
    def test_round_trip(self, store, tmp_path):
        assert store.best("run") == {}
        parameters = ThresholdPostProcessorParameters(1, 127)
        store.store_best("run", 100, "val0", "mito__f1_score", parameters, 0.5)
        store.store_best("run", 200, "val0", "mito__f1_score", parameters, 0.75)
        store.store_best("run", 100, "val1", "voi")
        assert store.best("run") == {
            "val0": {
                "mito__f1_score": {
                    "iteration": 200,
                    "parameters": parameters,
                    "value": 0.75,
                }
            },
            "val1": {"voi": {"iteration": 100, "parameters": None, "value": None}},
        }
        assert store.retrieve_best("run", "val0", "mito__f1_score") == 200
        text = (tmp_path / "runs" / "run" / "best.yaml").read_text()
        assert text.startswith("schema_version: 1\n")

    def test_unknown(self, store):
        store.store_best("run", 100, "val0", "voi")
        for dataset, criterion in (("val1", "voi"), ("val0", "dice")):
            with pytest.raises(DataNotFoundError, match="recorded: val0/voi"):
                store.retrieve_best("run", dataset, criterion)
        with pytest.raises(DataNotFoundError, match="recorded: none"):
            store.retrieve_best("other", "val0", "voi")

    def test_damaged(self, store, tmp_path):
        store.store_best("run", 100, "val0", "voi")
        (tmp_path / "runs" / "run" / "best.yaml").write_text("best: [")
        with pytest.raises(ConfigError, match=r"best\.yaml, line 1"):
            store.best("run")
