"""The interface of augments: a plan for the request, then a change of the sample."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from napari_dacapo._registry import Registered
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@attrs.frozen
class SampleRequest:
    """The boxes (world units) of raw and ground truth that a sample covers.

    `raw_roi` and `gt_roi` (which the mask shares) are concentric and each lies on the
    grid of its voxel size.
    """

    raw_roi: Roi
    gt_roi: Roi
    raw_voxel_size: Coordinate
    gt_voxel_size: Coordinate


@dataclass
class Sample:
    """Tensors of one training sample, each ``(channel, *space)``.

    `raw` is float32, normalised; `gt` keeps integer labels (int64 or uint8); `mask` is
    uint8 with 1 = use. They cover the boxes of the request they were loaded for.
    """

    raw: Tensor
    gt: Tensor
    mask: Tensor


#: changes a sample that covers the upstream request into one that covers the request
Transform: TypeAlias = Callable[[Sample], Sample]


class Augment(ABC):
    """A random change of training samples.

    `plan` draws everything random from the generator, says what must be loaded, and
    returns what is to be done with it. Augments of a list are planned from last to
    first and applied from first to last.
    """

    @abstractmethod
    def plan(
        self, request: SampleRequest, generator: torch.Generator
    ) -> tuple[SampleRequest, Transform]:
        """Return what to load so that `request` can be served, and the change."""


@attrs.define
class AugmentConfig(Registered, ABC):
    """Base of all augment configs."""

    @abstractmethod
    def create_augment(self) -> Augment:
        """Return the augment."""

    def node(
        self, raw_key: Any = None, gt_key: Any = None, mask_key: Any = None
    ) -> Any:
        """Return the augment, or a node that applies it in a gunpowder pipeline.

        Parameters
        ----------
        raw_key, gt_key, mask_key : gunpowder.ArrayKey, optional
            The arrays of a gunpowder pipeline that are changed together.

        Returns
        -------
        Augment or gunpowder.BatchFilter
            A node if `raw_key` is a key of gunpowder, else the augment: our samples
            hold raw, gt and mask, which need no keys.
        """
        augment, gunpowder = self.create_augment(), sys.modules.get("gunpowder")
        if gunpowder is None or not isinstance(raw_key, gunpowder.ArrayKey):
            return augment
        from ._gunpowder_node import create_node

        return create_node(augment, raw_key, gt_key, mask_key)

    def verify(self) -> tuple[bool, str]:
        """Return whether the augment is well defined, and if not why."""
        return True, f"{type(self).__name__} is valid"
