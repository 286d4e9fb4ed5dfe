"""The command line called in this process: quick, with its real ending."""

from __future__ import annotations

import sys

from napari_dacapo.cli import main


class Outcome:
    """Exit code and output of a command."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def text(self):
        """Everything that a user sees."""
        return self.out + self.err

    def refused(self):
        """Return the one line with which the command was refused."""
        assert self.code == 2, self.text
        assert "Traceback" not in self.text
        (line,) = self.err.strip().splitlines()
        assert line.startswith("error: ")
        return line


class CommandLine:
    """Calls commands; made by the fixture `command` of the tests."""

    def __init__(self, monkeypatch, capsys):
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments):
        argv = ["napari-dacapo", *map(str, arguments)]
        self._monkeypatch.setattr(sys, "argv", argv)
        self._monkeypatch.setenv("COLUMNS", "500")
        self._capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        return Outcome(code, *self._capsys.readouterr())
