"""A set of unordered pairs of small numbers, built and asked for whole arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[np.int32]
    Keys = NDArray[np.uint64]

#: 2**64 divided by the golden ratio spreads consecutive keys evenly (Knuth, TAOCP 6.4)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def pair_keys(a: Ids, b: Ids) -> Keys:
    """Return one number per unordered pair."""
    keys = np.minimum(a, b).astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= np.maximum(a, b).view(np.uint32)
    return keys


class PairTable:
    """Hash table without probing: a slot remembers the first pair that fell on it.

    It may fail to find a pair that is in it (another pair had taken the slot), but
    never finds one that is not; its users treat "not found" as "not known".
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._shift = np.uint64(64 - max(8, len(keys).bit_length() + 1))
        self._own_slots = self._slots(keys)
        self._first = np.zeros(1 << (64 - int(self._shift)), np.int32)
        positions = np.arange(len(keys), dtype=np.int32)
        # of several assignments to one slot the last one stays: go backwards
        self._first[self._own_slots[::-1]] = positions[::-1]

    def _slots(self, keys: Keys) -> NDArray[np.int64]:
        slots = keys * _MULTIPLIER
        slots >>= self._shift
        return slots.view(np.int64)

    def contains(self, keys: Keys) -> NDArray[np.bool_]:
        """Return which of `keys` are found."""
        if not len(self._keys):
            return np.zeros(len(keys), bool)
        found: NDArray[np.bool_] = self._keys[self._first[self._slots(keys)]] == keys
        return found

    def first_occurrences(self) -> NDArray[np.bool_]:
        """Return which of the table's own keys are no repetition found in it."""
        if not len(self._keys):
            return np.zeros(0, bool)
        first = self._first[self._own_slots]
        positions = np.arange(len(self._keys), dtype=np.int32)
        fresh: NDArray[np.bool_] = (first == positions) | (
            self._keys[first] != self._keys
        )
        return fresh
