"""What was done in the window, as a command and as Python, to be done again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@attrs.frozen
class Recipe:
    """One action; `command` is a shell's line, `python` a program."""

    command: str
    python: str


def training_recipe(folder: Path, run: str, num_iterations: int) -> Recipe:
    """Return how to train the stored `run` of the project in `folder`."""
    arguments = ["train", run, "--iterations", str(num_iterations)]
    return Recipe(
        command_line([*arguments, "--project", str(folder)]),
        "from napari_dacapo import Project, train\n\n"
        f"project = Project({str(folder)!r})\n"
        f"run = project.configs.retrieve_run_config({run!r})\n"
        f"run.num_iterations = {num_iterations}\n"
        "for event in train(run, project=project):\n"
        "    print(event)\n",
    )


def command_line(arguments: Sequence[str]) -> str:
    """Return the call of our command as one line of this system's shell."""
    words = ["napari-dacapo", *arguments]
    if sys.platform == "win32":
        return subprocess.list2cmdline(words)
    return shlex.join(words)
