"""Root of all architecture configs; the torch side lives in `napari_dacapo.nn`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import name_field, require_valid
from napari_dacapo._registry import Registered

if TYPE_CHECKING:
    from napari_dacapo.nn.architecture import Architecture


class LazyClass:
    """A class attribute that is imported from `module` whenever it is read."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __get__(self, instance: Any, owner: type) -> Any:
        return getattr(importlib.import_module(self._module), self._name)


@attrs.define
class ArchitectureConfig(Registered):
    """Base of all architecture configs.

    `architecture_type` is resolved when it is read, so that configs and forms work
    without importing torch.
    """

    architecture_type: ClassVar[Any]

    name: str = name_field("architecture")

    def verify(self) -> tuple[bool, str]:
        """Return whether a network can be made from this config, and if not why."""
        return True, f"{type(self).__name__} {self.name!r} is valid"

    def create_architecture(self) -> Architecture:
        """Build the network with fresh weights.

        Raises
        ------
        ConfigError
            If the config is invalid, with the text of `verify`.
        """
        require_valid(self)
        return self.architecture_type(self)  # type: ignore[no-any-return]
