"""What the data check says: one line each, with the place and the remedy."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import DataError
from napari_dacapo.events import Event
from napari_dacapo.geometry import Roi

if TYPE_CHECKING:
    from collections.abc import Sequence


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """Training refuses such data."""
    WARNING = "warning"
    """Training goes on, but the result may not be what was meant."""
    NOTE = "note"
    """Good to know."""


@attrs.frozen
class Finding(Event):
    """One line of the data check.

    Attributes
    ----------
    severity : Severity
        How much it matters.
    where : str
        Dataset and array with its path, as in ``validate 'crop2': gt /x/y.zarr/mito``.
    what : str
        What was found, with the values.
    fix : str
        What to do about it.
    roi : Roi or None
        The place in the world (nm) to look at.
    field : str or None
        Path of the field in the data split (or of a part of the run) to change, such as
        ``train_configs[0].gt_config``.
    remedy : ArrayConfig or None
        What to put in the place of the config at `field`, where that alone mends it.
    """

    severity: Severity
    where: str
    what: str
    fix: str
    roi: Roi | None = None
    field: str | None = None
    remedy: Any = attrs.field(default=None, repr=False)

    def __str__(self) -> str:
        return " ".join(f"{self.where}: {self.what}; {self.fix}".split())


class DataCheckError(DataError):
    """Data that training refuses.

    Parameters
    ----------
    findings : sequence of Finding
        The errors, at least one.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}")
        self.findings = tuple(findings)


def finding_of(
    error: Exception, where: str, field: str | None = None, roi: Roi | None = None
) -> Finding:
    """Return the ERROR finding that says what `error` says.

    The texts of our errors end with the remedy, after a semicolon.
    """
    what, _, fix = str(error).rpartition("; ")
    if not what:
        what, fix = fix, "choose another array, or mend this one"
    return Finding(Severity.ERROR, where, what, fix, roi, field)
