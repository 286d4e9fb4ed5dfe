"""The data check as the beginning of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.events import Warned

from ._data_check import check_data
from ._findings import DataCheckError, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .control import RunControl
    from .run import RunConfig


def warn_or_refuse(config: RunConfig, control: RunControl | None) -> Iterator[Warned]:
    """Check the data of a run.

    Yields
    ------
    Warned
        For every warning; notes are left out.

    Raises
    ------
    DataCheckError
        At the end, with all errors, if there are any.
    """
    errors = []
    for finding in check_data(
        config.datasplit_config,
        config.task_config,
        config.architecture_config,
        config.trainer_config,
        control,
    ):
        if finding.severity is Severity.ERROR:
            errors.append(finding)
        elif finding.severity is Severity.WARNING:
            yield Warned(str(finding))
    if errors:
        raise DataCheckError(errors)
