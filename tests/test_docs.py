"""The documentation names what exists: links, commands, options, configs, code."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from napari_dacapo.cli._app import app
from napari_dacapo.runs import RunConfig
from napari_dacapo.store.converter import from_doc

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
#: made by running the demo and the measurements, not part of every checkout
MADE_LATER = {DOCS / "results.md"}
PROGRAM = "napari-dacapo"
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def blocks(page, language):
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )


def headings(page):
    """Anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists():
            assert linked in MADE_LATER or linked.parent == DOCS / "images", target
        elif anchor:
            assert anchor in headings(linked), target


def shown_commands():
    for page in PAGES:
        text = page.read_text("utf-8")
        fenced = "\n".join(blocks(page, "sh")).replace("\\\n", " ")
        inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
        for line in [*fenced.splitlines(), *inline]:
            words = shlex.split(line, comments=True) if PROGRAM in line else []
            if words and words[0] == PROGRAM:
                yield pytest.param(words[1:], id=f"{page.stem}: {line.strip()[:60]}")


@pytest.mark.parametrize("words", list(shown_commands()))
def test_shown_commands_parse(words):
    program = typer.main.get_command(app)
    if not words:  # the program itself is meant
        return
    command = program.commands[words[0]]
    # parses and checks everything, runs nothing
    command.make_context(words[0], words[1:])


def shown_options():
    """Options named in running text or tables, as ``--name`` or ``--name value``."""
    for page in (DOCS / "install.md", DOCS / "tutorial.md", DOCS / "files.md"):
        found = re.findall(r"`(--[a-z-]+)", page.read_text("utf-8"))
        yield from (
            pytest.param(name, id=f"{page.stem}: {name}") for name in sorted(set(found))
        )


@pytest.mark.parametrize("option", list(shown_options()))
def test_options_in_the_text_exist(option):
    program = typer.main.get_command(app)
    parameters = [p for c in program.commands.values() for p in c.params]
    assert option in {o for p in parameters for o in (*p.opts, *p.secondary_opts)}


def run_python(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_config_reference_is_up_to_date():
    # in a process of its own: other tests register classes
    script = (
        f"import sys; sys.path.insert(0, {str(DOCS)!r})\n"
        "import make_config_reference as made\n"
        "sys.exit(made.page() != made.PAGE.read_text(encoding='utf-8'))"
    )
    result = run_python("-c", script)
    assert result.returncode == 0, (
        f"run: python docs/make_config_reference.py\n{result.stderr}"
    )


def test_examples_of_extending_run(tmp_path):
    # in a process of its own: the examples register classes
    script = tmp_path / "examples.py"
    script.write_text("\n".join(blocks(DOCS / "extending.md", "python")), "utf-8")
    result = run_python(script)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_imports_of_examples_exist(page):
    for block in blocks(page, "python"):
        compile(block, str(page), "exec")
        names = re.findall(
            r"^from (napari_dacapo\S*) import (?!\()(.*)$", block, re.MULTILINE
        )
        for module, imported in names:
            exec(f"from {module} import {imported}", {})


def test_yaml_example_is_a_run_config():
    docs = [yaml.safe_load(block) for block in blocks(DOCS / "files.md", "yaml")]
    run = next(doc for doc in docs if doc.pop("schema_version", None))
    config = from_doc(run, RunConfig)
    for part in (config.task_config, config.architecture_config, config.trainer_config):
        assert part.verify()[0], part.verify()[1]
