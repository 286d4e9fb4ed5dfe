import attrs
import pytest
from experiment_data import SHAPE, add_layers, write_container

from napari_dacapo.arrays import ZarrArrayConfig
from napari_dacapo.errors import ConfigError, DuplicateNameError
from napari_dacapo.gui import _experiment_work as work
from napari_dacapo.gui._experiment_sources import planned_config
from napari_dacapo.gui._experiment_splits import configs_in
from napari_dacapo.gui._layer_content import layer_content
from napari_dacapo.store.converter import dump_yaml


@pytest.fixture
def pairs(tmp_path):
    container = write_container(tmp_path / "vol.zarr")
    raw = ZarrArrayConfig("raw", container, "raw/s0")
    return [(raw, ZarrArrayConfig("labels", container, "labels/s0"))], []


@pytest.fixture
def proposal(pairs, project_folder):
    return work.propose(
        pairs, [], project_folder, task="distance", name="r", classes=[("mito", [])]
    )


def test_proposal_uses_name_and_classes(proposal):
    run_config = proposal.suggestion.run_config
    assert run_config.name == "r"
    assert run_config.task_config.channels == ["mito"]
    assert work.verify_run(run_config, []) == {}


def test_preparing_stores_layers_and_verifies(viewer, pairs, proposal, project_folder):
    raw, _ = add_layers(viewer)
    planned = planned_config("em", project_folder)
    run_config = proposal.suggestion.run_config
    run_config = work.replaced(run_config, [(pairs[0][0][0], planned)])
    assert work.verify_run(run_config, [planned]) == {}, "data do not exist yet"
    assert work.verify_run(run_config, []) != {}
    contents = [(planned, layer_content(raw))]
    prepared = work.prepare(run_config, contents, project_folder)
    [(before, now)] = prepared.stored
    assert before == planned
    assert now in configs_in(prepared.run_config)
    assert now.create_array().shape == SHAPE
    # the layer begins at 0, the labels at the offset of the file
    assert prepared.complaints == {}


def test_a_name_belongs_to_one_run(proposal, project_folder):
    run_config = proposal.suggestion.run_config
    work.save_config(project_folder, "run", run_config, [])
    longer = attrs.evolve(run_config, num_iterations=9999)
    assert work.prepare(longer, [], project_folder).complaints == {}
    other = attrs.evolve(run_config, repetition=1)
    assert work.prepare(other, [], project_folder).complaints == {
        ("name",): "a run with other settings is called 'r'; give this one another name"
    }


def test_other_parts_are_verified_while_data_are_planned(proposal, project_folder):
    run_config = proposal.suggestion.run_config
    planned = next(c for c in configs_in(run_config) if isinstance(c, ZarrArrayConfig))
    architecture = attrs.evolve(run_config.architecture_config, input_shape=(1, 7, 7))
    broken = attrs.evolve(run_config, architecture_config=architecture)
    [(path, text)] = work.verify_run(broken, [planned]).items()
    assert path == ("architecture_config",)
    assert "shape (1, 7, 7)" in text


def test_configs_are_saved_listed_and_loaded(proposal, project_folder):
    run_config = proposal.suggestion.run_config
    assert not any(work.list_configs(project_folder).values())
    saved = work.save_config(project_folder, "task", run_config.task_config, [])
    assert saved.text == f"Saved task 'r_task' in {project_folder}"
    work.save_config(project_folder, "run", run_config, [])
    names = work.list_configs(project_folder)
    assert names["task"] == ["r_task"]
    assert names["run"] == ["r"]
    assert work.load_config(project_folder, "run", "r") == run_config
    changed = attrs.evolve(run_config.task_config, channels=["er"])
    with pytest.raises(DuplicateNameError, match="r_task"):
        work.save_config(project_folder, "task", changed, [])


def test_yaml_files_say_what_they_are(proposal, tmp_path, project_folder):
    run_config = proposal.suggestion.run_config
    for kind, name in work.KINDS.items():
        config = getattr(run_config, name) if name else run_config
        if config is None:
            continue
        path = tmp_path / f"{kind}.yaml"
        path.write_text(dump_yaml(config))
        assert work.read_config(path, project_folder) == (kind, config)


def test_paths_of_a_yaml_file_are_beside_it(proposal, tmp_path, project_folder):
    path = tmp_path / "elsewhere" / "split.yaml"
    path.parent.mkdir()
    datasplit = proposal.suggestion.run_config.datasplit_config
    path.write_text(dump_yaml(datasplit, tmp_path / "elsewhere"))
    text = path.read_text().replace(str(tmp_path / "vol.zarr"), "vol.zarr")
    path.write_text(text)
    _, read = work.read_config(path, project_folder)
    stored = [c for c in configs_in(read) if isinstance(c, ZarrArrayConfig)]
    assert {c.file_name for c in stored} == {path.parent / "vol.zarr"}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[1, 2]", "holds no config"),
        ("a: 1", "no config class is named ''"),
        ("__type__: ZarrArrayConfig\nname: x", "describes a ZarrArrayConfig; choose"),
        ("__type__: os.system", "no config class is named 'os.system'"),
    ],
)
def test_other_yaml_files_are_refused(tmp_path, project_folder, text, match):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=match):
        work.read_config(path, project_folder)
