"""Label volumes shown with one channel per group of labels."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Protocol

from napari_dacapo.errors import ConfigError

from ._derived import DerivedArray, open_source
from .base import CHANNEL_AXIS, ArrayConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

Groupings = list[tuple[str, list[int]]]


class _GroupsConfig(Protocol):
    name: str
    source_array_config: ArrayConfig
    groupings: Groupings


def to_groupings(value: Iterable[Any]) -> Groupings:
    """Return groups of labels, ``[(name, [label, ...]), ...]``, as plain types.

    Raises
    ------
    ConfigError
        If `value` is something else.
    """
    try:
        groups = [(name, [index(label) for label in labels]) for name, labels in value]
    except (TypeError, ValueError):
        groups = [(None, [])]
    if not all(isinstance(name, str) for name, _ in groups):
        raise ConfigError(
            f"groupings: {value!r} must be a list of pairs, a name and a list of whole "
            "numbers, such as [('mito', [3, 4, 5])]"
        )
    return groups


class LabelGroupsArray(DerivedArray):
    """Labels with a channel ``c`` per group in front of the axes of the source.

    Parameters
    ----------
    array_config : config with ``source_array_config`` and ``groupings``
        Source and groups.

    Raises
    ------
    ConfigError
        If the source has channels or the groups are not usable.
    """

    def __init__(self, array_config: _GroupsConfig) -> None:
        source = open_source(array_config.source_array_config)
        super().__init__(source, array_config.name)
        if source.num_channels is not None:
            raise ConfigError(
                "source_array_config: labels without a channel axis are needed, but "
                f"{source} has {source.num_channels} channels; choose a label volume"
            )
        _check_groupings(array_config.groupings)
        #: the groups: name and labels of each channel
        self.groupings = array_config.groupings

    @property
    def axes(self) -> list[str]:
        return [CHANNEL_AXIS, *self._source.axes]

    @property
    def num_channels(self) -> int | None:
        return len(self.groupings)

    @property
    def channels(self) -> list[str] | None:
        return [name for name, _ in self.groupings]


def _check_groupings(groupings: Groupings) -> None:
    names = [name for name, _ in groupings]
    if not names:
        raise ConfigError("groupings: at least one group of labels is needed")
    if not all(name.strip() for name in names):
        raise ConfigError(f"groupings: every group needs a name, got {names}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"groupings: the name {twice[0]!r} is used twice; give each group its own"
        )
