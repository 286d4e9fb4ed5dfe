"""The arrays that a data check looks at, opened and named for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import Array, ArrayConfig
from napari_dacapo.errors import DaCapoError

from ._findings import Finding, finding_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from napari_dacapo.datasplits import DataSplitConfig
    from napari_dacapo.datasplits.datasets import DatasetConfig

#: what opening and reading arrays may raise
READ_ERRORS = (DaCapoError, OSError)


@attrs.frozen(eq=False)
class Part:
    """One array of a pair: its config, itself, and how lines name it.

    Attributes
    ----------
    where : str
        Dataset, part and path.
    field : str or None
        Path of its field in the data split.
    config : ArrayConfig
        What it was made of.
    array : Array
        The array, opened.
    """

    where: str
    field: str | None
    config: ArrayConfig
    array: Array


@attrs.frozen(eq=False)
class Pair:
    """Raw data with labels and mask as far as there are; role is train or validate."""

    name: str
    role: str
    raw: Part
    gt: Part | None = None
    mask: Part | None = None


@attrs.frozen(eq=False)
class PairSpec:
    """Configs of a pair that is to be opened.

    Attributes
    ----------
    name : str
        Of the dataset; empty for a pair that belongs to none.
    role : str
        ``"train"``, ``"validate"``, or empty.
    field : str or None
        Path of the dataset in the data split.
    parts : mapping
        Configs by ``"raw"``, ``"gt"``, ``"mask"``.
    """

    name: str
    role: str
    field: str | None
    parts: Mapping[str, ArrayConfig]

    def open(self) -> Generator[Finding, None, Pair | None]:
        """Open the arrays; an ERROR for each that cannot be opened.

        Returns
        -------
        Pair or None
            `None` if there is no raw data.
        """
        opened: dict[str, Part] = {}
        for kind, config in self.parts.items():
            where, field = self._where(kind, config), self._field(kind)
            try:
                array = config.create_array()
            except READ_ERRORS as error:
                yield finding_of(error, where, field)
            else:
                opened[kind] = Part(where, field, config, array)
        if "raw" not in opened or ("gt" in self.parts and "gt" not in opened):
            return None
        return Pair(self.name, self.role, **opened)

    def _where(self, kind: str, config: ArrayConfig) -> str:
        dataset = f"{self.role} {self.name!r}: " if self.name else ""
        return f"{dataset}{kind} {path_of(config)}"

    def _field(self, kind: str) -> str | None:
        return None if self.field is None else f"{self.field}.{kind}_config"


def pair_specs(datasplit: DataSplitConfig) -> Iterator[PairSpec]:
    """Yield the pairs of a data split, those to train on first."""
    for role in ("train", "validate"):
        field = f"{role}_configs"
        configs: list[DatasetConfig] = getattr(datasplit, field, [])
        for number, config in enumerate(configs):
            yield PairSpec(config.name, role, f"{field}[{number}]", _parts(config))


def _parts(config: DatasetConfig) -> dict[str, ArrayConfig]:
    found = {kind: getattr(config, f"{kind}_config", None) for kind in _KINDS}
    return {kind: part for kind, part in found.items() if part is not None}


_KINDS = ("raw", "gt", "mask")


def path_of(config: ArrayConfig) -> str:
    """Return where the voxels come from: path of the first stored source, or name."""
    for source in iter_sources(config):
        file_name = getattr(source, "file_name", None)
        if file_name is not None:
            dataset = getattr(source, "dataset", "")
            return f"{file_name}/{dataset}" if dataset else str(file_name)
    return repr(config.name)


def iter_sources(config: ArrayConfig) -> Iterator[ArrayConfig]:
    """Yield `config` and all configs that it is made of."""
    yield config
    for attribute in attrs.fields(type(config)):
        for value in _configs_in(getattr(config, attribute.name)):
            yield from iter_sources(value)


def _configs_in(value: Any) -> list[ArrayConfig]:
    if isinstance(value, dict):
        value = list(value.values())
    found = value if isinstance(value, list) else [value]
    return [item for item in found if isinstance(item, ArrayConfig)]
