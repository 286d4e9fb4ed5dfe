"""Where a project keeps arrays: snapshots, validation results, predictions."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.errors import DataError

from .names import check_file_name, safe_file_name

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.tasks.post_processors import PostProcessorParameters

logger = logging.getLogger(__name__)


class ArrayStore:
    """Places of arrays in a project; nothing is created by asking for one.

    Every place of an array is level 0 (``s0``) of an OME-Zarr image.

    Parameters
    ----------
    folder : Path
        The project folder.
    """

    def __init__(self, folder: Path) -> None:
        self._base = folder

    def snapshot_container(self, run_name: str) -> Path:
        """Return the container of what the network saw during training."""
        return self._run(run_name) / "snapshots.zarr"

    def validation_container(self, run_name: str) -> Path:
        """Return the container of all validation results of a run."""
        return self._run(run_name) / "validation.zarr"

    def validation_input_arrays(
        self, run_name: str, dataset: str
    ) -> tuple[LocalArrayIdentifier, LocalArrayIdentifier]:
        """Return the places of the copies of raw and ground truth of `dataset`."""
        inputs = f"inputs/{safe_file_name(dataset)}"
        raw, gt = (f"{inputs}/{kind}" for kind in ("raw", "gt"))
        return self._validation(run_name, raw), self._validation(run_name, gt)

    def validation_prediction_array(
        self, run_name: str, iteration: int, dataset: str
    ) -> LocalArrayIdentifier:
        """Return the place of the prediction after `iteration` iterations."""
        group = f"{iteration}/{safe_file_name(dataset)}/prediction"
        return self._validation(run_name, group)

    def validation_output_array(
        self,
        run_name: str,
        iteration: int,
        dataset: str,
        parameters: PostProcessorParameters,
    ) -> LocalArrayIdentifier:
        """Return the place of the result of post-processing with `parameters`."""
        group = f"{iteration}/{safe_file_name(dataset)}/output/{parameters.id}"
        return self._validation(run_name, group)

    def best_validation_array(
        self, run_name: str, dataset: str, criterion: str
    ) -> LocalArrayIdentifier:
        """Return the place of the result that is best by `criterion`."""
        group = f"best/{safe_file_name(dataset)}/{safe_file_name(criterion)}"
        return self._validation(run_name, group)

    def prediction_container(self, name: str) -> Path:
        """Return the container of the prediction of a whole volume called `name`."""
        return self._base / "predictions" / f"{check_file_name(name)}.zarr"

    def remove(self, identifier: LocalArrayIdentifier) -> None:
        """Delete an array; if it does not exist, only a warning is logged.

        Raises
        ------
        DataError
            If it is not below a ``.zarr`` container of this project.
        """
        container = identifier.container.absolute()
        path = container / identifier.dataset
        inside = path.resolve().is_relative_to(container.resolve())
        ours = container.is_relative_to(self._base) and container.suffix == ".zarr"
        if not (ours and inside) or path.resolve() == container.resolve():
            raise DataError(
                f"{path} is not an array in a .zarr container of the project "
                f"{self._base}; only those are deleted"
            )
        if path.exists():
            shutil.rmtree(path)
        else:
            logger.warning("%s does not exist; there is nothing to delete", path)

    def _run(self, run_name: str) -> Path:
        return self._base / "runs" / check_file_name(run_name)

    def _validation(self, run_name: str, group: str) -> LocalArrayIdentifier:
        return LocalArrayIdentifier(self.validation_container(run_name), f"{group}/s0")
