"""A post-processor turns predictions into segmentations, one block at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._config import config_field
from napari_dacapo._registry import Registered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.blockwise import Progress


@attrs.frozen
class PostProcessorParameters(Registered):
    """Base of all parameter sets: frozen and hashable, told apart by `id`."""

    id: int = config_field(
        "Number of this parameter set within a sweep.", advanced=True
    )

    @property
    def parameter_names(self) -> list[str]:
        """Names of all fields."""
        return [field.name for field in attrs.fields(type(self))]

    def __str__(self) -> str:
        """Return the name under which results are stored.

        Advanced fields are left out while they have no effect, so that a field added
        later does not rename existing results.
        """
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in attrs.fields(type(self))
            if field.name == "id"
            or not field.metadata.get("advanced")
            or getattr(self, field.name) != field.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


class PostProcessor(ABC):
    """Computes a segmentation from a prediction.

    `set_prediction` is called once, then `process` once per parameter set.
    """

    @abstractmethod
    def enumerate_parameters(self) -> Iterable[PostProcessorParameters]:
        """Yield the parameter sets that validation tries."""

    @abstractmethod
    def set_prediction(self, prediction_array_identifier: LocalArrayIdentifier) -> None:
        """Open the stored prediction that the following calls of `process` use."""

    @abstractmethod
    def process(
        self,
        parameters: Any,
        output_array_identifier: LocalArrayIdentifier,
        num_workers: int = 16,
        block_size: Any = None,
        chunk_size: Any = None,
        progress: Progress | None = None,
    ) -> Array:
        """Post-process the prediction and store the result.

        Parameters
        ----------
        parameters : PostProcessorParameters
            What to compute.
        output_array_identifier : LocalArrayIdentifier
            Where the result is written (replaced if it exists).
        num_workers : int
            Upper limit for worker processes on volumes that do not fit in memory.
        block_size, chunk_size : Coordinate, optional
            Voxels per block (`chunk_size` is an older name). By default as much as
            fits comfortably in memory, in whole chunks of the prediction.
        progress : callable, optional
            Called after every block with (blocks done, blocks in total, block); an
            exception it raises ends the work.
        """
