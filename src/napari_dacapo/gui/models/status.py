"""Progress in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.runs._cost import SLOW_LOADING, duration

if TYPE_CHECKING:
    from .progress import RunProgress


def speed(progress: RunProgress) -> str:
    """Return iterations per second, or seconds per iteration if that is slow."""
    rate = progress.iterations_per_second
    if not rate:
        return ""
    return f"{rate:.1f} it/s" if rate >= 1 else f"{1 / rate:.1f} s/it"


def details(progress: RunProgress) -> list[str]:
    """Return time left, speed and what takes the time, as far as they are known."""
    found = []
    if progress.activity:
        done, total = progress.blocks
        found.append(progress.activity + (f" {done} of {total}" if total else ""))
    left = progress.seconds_left
    if left:
        found.append(f"{duration(left)} left")
    if progress.iterations_per_second:
        found.append(speed(progress))
        remedy = ": add workers" if advice(progress) else ""
        found.append(f"{progress.waiting_share:.0%} waiting for data{remedy}")
        found.append(_busiest(progress))
    return [text for text in found if text]


def time_table(progress: RunProgress) -> list[tuple[str, float, float]]:
    """Return what an iteration is made of: name, seconds, share of all, in order.

    "data" is the wait for the batch; loading goes on beside the other parts.
    """
    total = sum(progress.spent.values())
    if not total:
        return []
    return [(name, part, part / total) for name, part in progress.spent.items()]


def _busiest(progress: RunProgress) -> str:
    """Return the two parts of an iteration that take longest, the wait left out."""
    parts = [row for row in time_table(progress) if row[0] != "data"]
    parts.sort(key=lambda row: -row[1])
    return ", ".join(f"{name} {share:.0%}" for name, _, share in parts[:2])


def advice(progress: RunProgress) -> str:
    """Return what would make the training faster, if anything is obvious."""
    if progress.waiting_share < SLOW_LOADING:
        return ""
    return (
        f"Training waits {progress.waiting_share:.0%} of the time for data: give the "
        "trainer more workers, or copy the volumes to a faster disk."
    )
