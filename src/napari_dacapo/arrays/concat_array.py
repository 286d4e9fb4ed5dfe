"""Several arrays as the channels of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError

from ._derived import CombinedArray, DerivedArrayConfig, open_source
from .base import CHANNEL_AXIS, Array, ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


#: field of the source that fills channels without one of their own
_DEFAULT = "default_config"


class ConcatArray(CombinedArray):
    """Named channels stacked in the order given; axes ``c`` + spatial.

    Channels without a source come from the default source or are zero. The region is
    the one that all sources cover, the type the one that holds the values of all.

    Parameters
    ----------
    array_config : ConcatArrayConfig
        Channels and their sources.

    Raises
    ------
    ConfigError
        If the sources do not fit together, a source has several channels, or one
        belongs to no channel while a channel has none.
    """

    def __init__(self, array_config: ConcatArrayConfig) -> None:
        self._channels = array_config.channels
        sources = _open_sources(array_config)
        for path, source in sources.items():
            if source.num_channels not in (None, 1):
                raise ConfigError(
                    f"{path}: the source has {source.num_channels} channels; choose an "
                    "array with one"
                )
        super().__init__(sources, array_config.name)
        self._dtype = _common_dtype(sources)

    @property
    def source_arrays(self) -> dict[str, Array]:
        """The sources by the name of their channel, without those filled up."""
        by_channel = {c: self._sources.get(_path(c)) for c in self._channels}
        return {c: source for c, source in by_channel.items() if source is not None}

    @property
    def default_array(self) -> Array | None:
        """What fills channels that have no source; `None` for zeros."""
        return self._sources.get(_DEFAULT)

    @property
    def axes(self) -> list[str]:
        return [CHANNEL_AXIS, *(a for a in self._source.axes if a != CHANNEL_AXIS)]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def num_channels(self) -> int | None:
        return len(self._channels)

    @property
    def channels(self) -> list[str] | None:
        return list(self._channels)

    def _read(self, roi: Roi) -> NDArray[Any]:
        read = {path: self._read_source(s, roi) for path, s in self._sources.items()}
        zeros = np.zeros_like(next(iter(read.values())))
        default = read.get(_DEFAULT, zeros)
        stacked = [read.get(_path(channel), default) for channel in self._channels]
        return np.stack(stacked).astype(self.dtype, copy=False)

    def _read_source(self, source: Array, roi: Roi) -> NDArray[Any]:
        values = source[roi]
        if source.num_channels is None:
            return values
        return values.squeeze(source.axes.index(CHANNEL_AXIS))


def _path(channel: str) -> str:
    return f"source_array_configs[{channel!r}]"


def _common_dtype(sources: dict[str, Array]) -> np.dtype[Any]:
    """Return the type that holds the values of all sources exactly."""
    dtypes = [source.dtype for source in sources.values()]
    common = np.result_type(*dtypes)
    if common.kind == "f" and all(dtype.kind in "bui" for dtype in dtypes):
        names = ", ".join(f"{path} {s.dtype}" for path, s in sources.items())
        raise ConfigError(
            f"no type holds the values of all sources exactly: {names}; store them "
            "with types that are all signed or all unsigned"
        )
    return common


def _open_sources(config: ConcatArrayConfig) -> dict[str, Array]:
    """Return the sources by the path of their field."""
    sources = config.source_array_configs
    unused = set(sources) - set(config.channels)
    missing = set(config.channels) - set(sources)
    # a choice among the sources is fine, but both together are a misspelt name
    if unused and missing:
        raise ConfigError(
            f"source_array_configs: {', '.join(sorted(unused))} is not among the "
            f"channels, while {', '.join(sorted(missing))} has no source"
        )
    configs = {_path(c): sources[c] for c in config.channels if c in sources}
    if config.default_config is not None and missing:
        configs[_DEFAULT] = config.default_config
    return {path: open_source(source, path) for path, source in configs.items()}


@attrs.define
class ConcatArrayConfig(DerivedArrayConfig):
    """Several arrays as the channels of one."""

    array_type = ConcatArray

    channels: list[str] = config_field(
        "The names of the channels, in their order.", converter=list
    )
    source_array_configs: dict[str, ArrayConfig] = config_field(
        "The array of each channel, by the name of the channel."
    )
    default_config: ArrayConfig | None = config_field(
        "The array for channels that have none of their own; without it such channels "
        "are zero.",
        default=None,
    )
