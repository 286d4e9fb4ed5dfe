"""The command line: parses, calls the engine, prints."""

from ._app import main

__all__ = ["main"]
