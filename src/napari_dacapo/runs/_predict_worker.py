"""``python -m napari_dacapo.runs._predict_worker TASK``: predicts a share of a volume.

TASK is JSON, written by `_predict_workers`. Failures are one line and exit code 2.
"""

from __future__ import annotations

import json
import sys

from napari_dacapo.errors import DaCapoError
from napari_dacapo.runs import RunControl, StopRequestedError, predict

from ._predict_workers import stop_with_parent


def main(task: str) -> int:
    """Do what `task` says and return the exit code."""
    wanted = json.loads(task)
    control = RunControl()
    if wanted["ends_with_its_parent"]:
        stop_with_parent(control)
    try:
        for _ in predict(**wanted["arguments"], control=control):
            pass
    except StopRequestedError:
        return 0
    except (DaCapoError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
