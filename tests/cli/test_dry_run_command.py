"""`train --dry-run` tells the cost and begins nothing."""

from small_runs import small_run

from napari_dacapo.store.converter import dump_yaml


def test_the_cost_is_one_line_and_no_project_is_made(command, tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(dump_yaml(small_run(tmp_path, 2)))
    project = tmp_path / "project"
    done = command("train", path, "--dry-run", "--project", project, "--device", "cpu")
    assert done.code == 0, done.text
    *_, line = done.out.strip().splitlines()
    assert "it/s · about " in line
    assert line.endswith("measured over 10 iterations on cpu")
    assert not project.exists()
