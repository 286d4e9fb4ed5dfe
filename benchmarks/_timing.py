"""Wall and processor time of a piece of work, alone and beside a peer."""

import statistics
import time
from typing import NamedTuple


class Timing(NamedTuple):
    """Seconds that passed, and that this process was at work (all its threads)."""

    wall: float
    cpu: float


def timed(work):
    """Run `work` once."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def median(timings):
    """Return the median wall and the median processor time."""
    return Timing(*map(statistics.median, zip(*timings, strict=True)))


def in_turns(ours, peer, repeats):
    """Run both `repeats` times in turns, so that other work disturbs both alike.

    Returns
    -------
    ours, peer : Timing
        Medians.
    ratio : Timing
        Medians of peer over ours of the single pairs.
    """
    pairs = [(timed(ours), timed(peer)) for _ in range(repeats)]
    ratios = [Timing(*(b / a for a, b in zip(*p, strict=True))) for p in pairs]
    one, other = zip(*pairs, strict=True)
    return median(one), median(other), median(ratios)
