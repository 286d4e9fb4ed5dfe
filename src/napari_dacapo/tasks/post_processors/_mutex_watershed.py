"""Mutex watershed: clusters voxels by attractive and repulsive edges, no parameters.

Definition (Wolf et al., "The mutex watershed and its objective", TPAMI 2020): edges are
visited in descending order of their absolute weight. A positive edge merges the
clusters of its two voxels unless a mutual exclusion stands between them; a negative
edge puts a mutual exclusion between the clusters of its voxels unless they are one.

Computed here with whole-array operations instead of one edge at a time. The result is
the same, because only merges are made early whose outcome is already certain:

- Decisions on an edge depend on earlier edges only, so the ordered edges are processed
  in windows, between which the clusters are contracted to single nodes.
- Within a window, let ``e = (u, c)`` be the first positive edge of node ``u``. When its
  turn comes, ``u`` is still alone, hence ``e`` merges unless some node ``x`` that ``u``
  excludes is in the cluster of ``c`` by then. That cannot be if the first positive edge
  of ``x`` comes later than ``e`` (``x`` is alone as well), if ``c`` is alone (``e`` is
  its first positive edge, too), or if ``x`` and ``c`` are known to exclude each other.
- A negative edge is certain to exclude two nodes if it comes before the first positive
  edge of either: they cannot be one cluster by then.

The first positive edge of all is always decided, so every round makes progress.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ._edge_order import EdgeOrder, ordered_edges
from ._edges import Edges, Flags, Ids
from ._pair_table import PairTable, pair_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

#: rank of an edge that does not exist
NEVER = np.int32(np.iinfo(np.int32).max)
#: part of the attractive edges in the first window, one in this many: smaller windows
#: need fewer rounds, but each costs a pass over the voxels
FIRST_WINDOW = 32
MIN_WINDOW = 1 << 14
GROWTH = 1.15


def mutex_watershed(
    affinities: NDArray[Any], offsets: Sequence[Sequence[int]], bias: float
) -> Ids:
    """Return the clusters of `affinities` minus `bias`.

    Parameters
    ----------
    affinities : ndarray
        Shape ``(channel, *space)``, float or uint8 (0..255 stand for 0..1). Channel
        ``c`` at voxel ``p`` tells whether ``p`` and ``p + offsets[c]`` belong together.
    offsets : sequence of sequence of int
        One per channel, in voxels.
    bias : float
        Affinities greater than this attract, others repel.

    Returns
    -------
    ndarray of int32
        Shape ``space``. 0 where no edge of a voxel attracts, otherwise consecutive
        numbers from 1. Of edges with equal weights (compared in steps of at most
        2**-32) those of earlier channels, and then of earlier voxels, come first.
    """
    shape = affinities.shape[1:]
    edges, attracted = ordered_edges(affinities, offsets, bias)
    clusters = _Clusters.of(attracted)
    for u, v, attractive in _windows(edges, offsets, shape):
        clusters.process(u, v, attractive)
    return (clusters.labels + 1).reshape(shape)


def _windows(
    edges: EdgeOrder, offsets: Sequence[Sequence[int]], shape: tuple[int, ...]
) -> Iterator[tuple[Ids, Ids, Flags]]:
    """Yield the voxels that edges join and whether they attract, in order."""
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    steps = np.array([np.dot(offset, strides) for offset in offsets], np.int32)
    for start, stop in _window_bounds(edges.attractive_count, edges):
        channel, voxel, attractive = edges.decode(start, stop)
        yield voxel, voxel + steps[channel], attractive


def _window_bounds(count: int, edges: EdgeOrder) -> Iterator[tuple[int, int]]:
    """Yield windows, each with `GROWTH` times the attractive edges of the one before.

    The first ones join most voxels and have the longest chains of decisions; later
    ones consist of edges within clusters for the most part.
    """
    if count:
        # what comes before the first attractive edge only excludes
        start = edges.position_of_attractive(0)
        yield 0, start
    done, size = 0, max(MIN_WINDOW, count / FIRST_WINDOW)
    while done < count:
        done = min(count, done + int(size))
        # edges behind the last attractive one have nothing to prevent
        stop = edges.position_of_attractive(done - 1) + 1
        yield start, stop
        start, size = stop, size * GROWTH


@attrs.define(eq=False)
class _Clusters:
    """Clusters after the edges so far, and which voxels exclude each other.

    `labels` holds a number from 0 to `count` - 1 per voxel, or -1. `exclusions` stay in
    terms of voxels: to rename them all would cost more than to look them up.
    """

    labels: Ids
    count: int
    exclusions: list[Edges] = attrs.field(factory=list)

    @classmethod
    def of(cls, attracted: Flags) -> _Clusters:
        """Start with one cluster per voxel that has an attractive edge."""
        numbers = np.cumsum(attracted, dtype=np.int32)
        return cls(np.where(attracted, numbers - 1, np.int32(-1)), int(numbers[-1]))

    def process(self, u: Ids, v: Ids, attractive: Flags) -> None:
        """Visit the next edges, given by the voxels that they join."""
        a, b = self.labels[u], self.labels[v]
        joins = (a != b) & (a >= 0) & (b >= 0)
        merging = Edges.ranked(a, b)[joins & attractive].distinct()
        later = joins & ~attractive
        excluding = Edges((u, v))[later]
        if len(merging):
            self._contract(merging, Edges.ranked(a, b)[later], excluding)
        else:
            self.exclusions.append(excluding)

    def _contract(self, merging: Edges, excluding: Edges, voxels: Edges) -> None:
        active = _touched(self.count, merging)
        nodes = np.flatnonzero(active).astype(np.int32)
        local = np.cumsum(active, dtype=np.int32) - np.int32(1)
        known = self._take_exclusions_between(active)
        roots = _solve(
            len(nodes),
            merging.renamed(local),
            excluding[_both(active, excluding)].renamed(local),
            known.renamed(self.labels).renamed(local),
        )
        target = np.arange(self.count, dtype=np.int32)
        target[nodes] = nodes[roots]
        names, self.count = _number_roots(target)
        # the last entry is what -1 picks
        self.labels = np.append(names, np.int32(-1))[self.labels]
        voxels = Edges.joined([known, voxels])
        between = Edges((self.labels[voxels.u], self.labels[voxels.v]))
        fresh = between.table().first_occurrences() & (between.u != between.v)
        self.exclusions.append(voxels[fresh])

    def _take_exclusions_between(self, active: Flags) -> Edges:
        """Remove and return the exclusions between active clusters."""
        is_active = np.append(active, False)[self.labels]
        taken, kept = [Edges.none()], []
        for voxels in self.exclusions:
            involved = _both(is_active, voxels)
            taken.append(voxels[involved])
            kept.append(voxels[~involved])
        self.exclusions = kept
        return Edges.joined(taken)


def _touched(count: int, edges: Edges) -> Flags:
    touched = np.zeros(count, bool)
    touched[edges.u] = True
    touched[edges.v] = True
    return touched


def _both(flags: Flags, edges: Edges) -> Flags:
    return flags[edges.u] & flags[edges.v]


def _solve(count: int, merging: Edges, excluding: Edges, known: Edges) -> Ids:
    """Return for every node a node that represents its cluster.

    Parameters
    ----------
    count : int
        Number of nodes.
    merging, excluding : Edges
        The edges of the window, each in order, their ranks comparable.
    known : Edges
        Exclusions from before.
    """
    members = np.arange(count, dtype=np.int32)
    represent = members
    while len(merging):
        first = _FirstEdges.of(count, merging)
        certain = excluding.rank < np.maximum(
            first.rank[excluding.u], first.rank[excluding.v]
        )
        known = Edges.joined([known, excluding[certain].without_rank()])
        table = known.table()
        blocked, unsure = first.judge(known, table)
        keep = ~table.contains(merging.keys())
        keep[first.edge[blocked]] = False
        target = np.where(blocked | unsure, first.nodes, first.partner)
        names, count = _number_roots(_find_roots(target))
        represent = _renamed_representatives(represent, names, count)
        members = names[members]
        merging = merging[keep].renamed(names)
        excluding = excluding[~certain].renamed(names)
        known = known[table.first_occurrences()].renamed(names)
        known = known[_both(_touched(count, merging), known)]
    return represent[members]


def _renamed_representatives(represent: Ids, names: Ids, count: int) -> Ids:
    renamed = np.empty(count, np.int32)
    renamed[names] = represent
    return renamed


@attrs.define(eq=False)
class _FirstEdges:
    """The first attractive edge of every node; `NEVER` ranks where there is none."""

    nodes: Ids
    edge: Ids
    rank: Ids
    partner: Ids
    mutual: Flags

    @classmethod
    def of(cls, count: int, merging: Edges) -> _FirstEdges:
        nodes = np.arange(count, dtype=np.int32)
        positions = np.arange(len(merging), dtype=np.int32)
        first, other = np.full((2, count), NEVER)
        # of several assignments to one node the last one stays: go backwards
        first[merging.u[::-1]] = positions[::-1]
        other[merging.v[::-1]] = positions[::-1]
        np.minimum(first, other, out=first)
        exists = first != NEVER
        edge = np.where(exists, first, 0)
        partner = np.where(exists, merging.u[edge] + merging.v[edge] - nodes, nodes)
        rank = np.where(exists, merging.rank[edge], NEVER)
        return cls(nodes, edge, rank, partner, exists & (first[partner] == first))

    def judge(self, known: Edges, table: PairTable) -> tuple[Flags, Flags]:
        """Return for which nodes the first edge is blocked, and for which unknown."""
        blocked = np.zeros(len(self.nodes), bool)
        unsure = np.zeros(len(self.nodes), bool)
        blocked[known.u[self.partner[known.u] == known.v]] = True
        blocked[known.v[self.partner[known.v] == known.u]] = True
        # only the node that is due later can find the other one in a cluster
        is_u = self.rank[known.u] >= self.rank[known.v]
        node = np.where(is_u, known.u, known.v)
        waiting = (self.rank != NEVER) & ~self.mutual
        doubtful = np.flatnonzero(waiting[node])
        node = node[doubtful]
        excluded = (known.u + known.v)[doubtful] - node
        partner = self.partner[node]
        unknown = ~table.contains(pair_keys(excluded, partner))
        unsure[node[unknown & (excluded != partner)]] = True
        return blocked, unsure


def _find_roots(target: Ids) -> Ids:
    """Follow pointers to their ends; the only cycles are pairs of mutual firsts."""
    nodes = np.arange(len(target), dtype=np.int32)
    roots = np.where(target[target] == nodes, np.minimum(target, nodes), target)
    while True:
        further = roots[roots]
        if np.array_equal(further, roots):
            return roots
        roots = further


def _number_roots(roots: Ids) -> tuple[Ids, int]:
    """Return consecutive names for what `roots` points to, and how many there are."""
    is_root = roots == np.arange(len(roots), dtype=np.int32)
    numbers = np.cumsum(is_root, dtype=np.int32) - np.int32(1)
    return numbers[roots], int(numbers[-1]) + 1 if len(numbers) else 0
