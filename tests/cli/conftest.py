"""Fixtures of the command line tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "runs"))


@pytest.fixture
def command(monkeypatch, capsys):
    """Return a callable that runs a command in this process."""
    from in_process import CommandLine

    return CommandLine(monkeypatch, capsys)
