"""The errors a user of napari-dacapo may meet, each naming value, rule and remedy."""

from __future__ import annotations


class DaCapoError(Exception):
    """Base of all errors raised on purpose; its text is fit to be shown to a user."""


class ConfigError(DaCapoError, ValueError):
    """A config is invalid; the text starts with the path of the offending field."""


class DataError(DaCapoError, ValueError):
    """Data on disk or in a layer cannot be used as asked."""


class DataNotFoundError(DataError, FileNotFoundError):
    """A file, container or dataset inside a container does not exist."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class RoiError(DataError):
    """A region lies outside an array or off its voxel grid."""


class UnknownTypeError(DaCapoError, NameError):
    """No class of this name is registered."""


class DuplicateNameError(DaCapoError, ValueError):
    """Something different is already stored under this name."""


class RunError(DaCapoError):
    """A run could not go on; what was trained until then is kept.

    Not a ``RuntimeError``: Qt worker helpers are known to swallow those.
    """


class DivergedError(RunError):
    """Loss, gradients or weights are no longer finite; nothing bad was stored."""


class MissingDependencyError(DaCapoError, ImportError):
    """An optional package is needed; the text says how to install it."""
