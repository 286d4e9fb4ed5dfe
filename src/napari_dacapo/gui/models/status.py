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
    """Return time left, speed and waiting share, as far as they are known."""
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
    return found


def advice(progress: RunProgress) -> str:
    """Return what would make the training faster, if anything is obvious."""
    if progress.waiting_share < SLOW_LOADING:
        return ""
    return (
        f"Training waits {progress.waiting_share:.0%} of the time for data: give the "
        "trainer more workers, or copy the volumes to a faster disk."
    )
