"""A cluster of one machine: a program called srun that runs the command here."""

from __future__ import annotations

import os
import stat
import sys

import yaml

_PROGRAM = """#!{python}
import os, sys
with open({jobs!r}, "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
command = sys.argv[sys.argv.index({python!r}):]
os.execv(command[0], command)
"""


def install(folder, monkeypatch, **settings):
    """Make Slurm the compute context; return the file with a line per job."""
    folder.mkdir()
    jobs = folder / "jobs"
    program = folder / "srun"
    program.write_text(_PROGRAM.format(python=sys.executable, jobs=str(jobs)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    options = folder / "dacapo.yaml"
    context = {"type": "Slurm", "config": settings}
    options.write_text(yaml.safe_dump({"compute_context": context}))
    monkeypatch.setenv("DACAPO_OPTIONS_FILE", str(options))
    return jobs
