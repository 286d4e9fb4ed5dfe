from __future__ import annotations

from pathlib import Path

import pytest

from napari_dacapo.errors import ConfigError
from napari_dacapo.options import DaCapoConfig, Options, user_config_file


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for variable in ("DACAPO_OPTIONS_FILE", "OPTIONS_FILE"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path / "home"


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_a_file():
    assert Options.config_file() is None
    options = DaCapoConfig.load()
    assert options.type == "files"
    assert options.runs_base_dir.name == "napari-dacapo"
    assert options.compute_context == {"type": "LocalTorch", "config": {}}


def test_the_first_file_counts(home, tmp_path, monkeypatch):
    places = [
        home / ".config" / "dacapo" / "dacapo.yaml",
        home / "dacapo.yaml",
        user_config_file(),
        Path.cwd() / "dacapo.yaml",
        tmp_path / "by_old_variable.yaml",
        tmp_path / "by_variable.yaml",
    ]
    for number, place in enumerate(places):
        _write(place, f"runs_base_dir: /base{number}\n")
        if place.name == "by_old_variable.yaml":
            monkeypatch.setenv("OPTIONS_FILE", str(place))
        if place.name == "by_variable.yaml":
            monkeypatch.setenv("DACAPO_OPTIONS_FILE", str(place))
        assert Options.config_file() == place
        assert Options.instance().runs_base_dir == Path(f"/base{number}")


def test_overrides(tmp_path):
    _write(Path("dacapo.yaml"), "runs_base_dir: /a\n")
    found = Options.instance(runs_base_dir=tmp_path, compute_context={"type": "Bsub"})
    assert found.runs_base_dir == tmp_path
    assert found.compute_context == {"type": "Bsub"}


def test_folders_count_from_the_file(home):
    _write(home / "dacapo.yaml", "runs_base_dir: projects/a\n")
    assert DaCapoConfig.load().runs_base_dir == home / "projects" / "a"
    _write(home / "dacapo.yaml", "runs_base_dir: ~/b\n")
    assert DaCapoConfig.load().runs_base_dir == home / "b"


def test_files_of_the_original_are_read():
    text = "type: files\nruns_base_dir: /x\nmongo_db_host: null\nmongo_db_name: n\n"
    _write(Path("dacapo.yaml"), text)
    assert DaCapoConfig.load().runs_base_dir == Path("/x")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("runs_base_dir: [", "not readable as YAML"),
        ("- 1\n", "holds no mapping"),
        ("type: mongo\n", "databases are not supported"),
        ("type: cloud\n", "'cloud' is not one of 'files'"),
        ("colour: red\n", "colour"),
        ("x: !!python/object/apply:os.getcwd []\n", "not readable as YAML"),
    ],
)
def test_bad_files_are_named(text, complaint):
    _write(Path("dacapo.yaml"), text)
    with pytest.raises(ConfigError, match=r"dacapo\.yaml") as caught:
        DaCapoConfig.load()
    assert complaint in str(caught.value)


def test_a_variable_that_names_no_file(monkeypatch):
    monkeypatch.setenv("DACAPO_OPTIONS_FILE", "/nowhere.yaml")
    with pytest.raises(ConfigError, match="DACAPO_OPTIONS_FILE: there is no file"):
        DaCapoConfig.load()
