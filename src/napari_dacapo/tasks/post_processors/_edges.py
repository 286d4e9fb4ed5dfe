"""Pairs of nodes of a graph, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from ._pair_table import PairTable, pair_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

Ids: TypeAlias = NDArray[np.int32]
Flags: TypeAlias = NDArray[np.bool_]


@attrs.define(eq=False)
class Edges:
    """Pairs of nodes in columns ``u, v``; in order of processing also with a rank."""

    columns: tuple[Ids, ...]

    @property
    def u(self) -> Ids:
        return self.columns[0]

    @property
    def v(self) -> Ids:
        return self.columns[1]

    @property
    def rank(self) -> Ids:
        return self.columns[2]

    def __len__(self) -> int:
        return len(self.u)

    def __getitem__(self, keep: Flags) -> Edges:
        positions = np.flatnonzero(keep)
        return Edges(tuple(column[positions] for column in self.columns))

    def without_rank(self) -> Edges:
        return Edges(self.columns[:2])

    @classmethod
    def none(cls) -> Edges:
        """Return no edges, without a rank."""
        nothing = np.zeros(0, np.int32)
        return cls((nothing, nothing))

    @classmethod
    def ranked(cls, u: Ids, v: Ids) -> Edges:
        """Return edges with their position as rank."""
        return cls((u, v, np.arange(len(u), dtype=np.int32)))

    @classmethod
    def joined(cls, parts: Sequence[Edges]) -> Edges:
        """Return all edges of `parts`, one after the other."""
        columns = zip(*(part.columns for part in parts), strict=True)
        return cls(tuple(map(np.concatenate, columns)))

    def renamed(self, names: Ids) -> Edges:
        """Return the edges between the new names of their nodes, without loops."""
        edges = Edges((names[self.u], names[self.v], *self.columns[2:]))
        loops = edges.u == edges.v
        return edges[~loops] if loops.any() else edges

    def distinct(self) -> Edges:
        """Return the edges without (most) repetitions of a pair, the first stays."""
        return self[self.table().first_occurrences()]

    def table(self) -> PairTable:
        return PairTable(self.keys())

    def keys(self) -> NDArray[np.uint64]:
        return pair_keys(self.u, self.v)
