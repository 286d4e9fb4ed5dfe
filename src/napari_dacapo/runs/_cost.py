"""What a training costs: time, memory, disk; and how that is said."""

from __future__ import annotations

import attrs

from napari_dacapo.events import Event

#: above this share of waiting, making samples is what limits the speed
SLOW_LOADING = 0.3
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@attrs.frozen
class Disk:
    """Bytes that a run will take, as far as can be told before.

    Attributes
    ----------
    checkpoints : int
        Of all that are kept at the same time, at most.
    snapshots : int
        Of all, before compression.
    validation : int
        Of the results that are kept at the same time, at most.
    """

    checkpoints: int
    snapshots: int
    validation: int

    @property
    def total(self) -> int:
        """All together."""
        return self.checkpoints + self.snapshots + self.validation

    def __str__(self) -> str:
        parts = {
            "checkpoints": self.checkpoints,
            "snapshots": self.snapshots,
            "validation": self.validation,
        }
        return ", ".join(f"{name} {byte_size(n)}" for name, n in parts.items() if n)


@attrs.frozen
class Cost(Event):
    """What a training costs, as far as a few of its iterations tell.

    Attributes
    ----------
    device : str
        Where was computed.
    measured : int
        Over how many iterations.
    num_iterations : int
        Of the whole training.
    preparation : float
        Seconds until the first sample was there: data are opened and read.
    seconds_per_iteration : float
        Of the measured iterations, waiting for data included.
    waiting_share : float
        Part of that time in which the network waited for data, 0 to 1.
    validations : int
        How many there will be.
    validation_seconds : float
        Of the predictions of one validation; post-processing and scores, which depend
        on what the network has learned, come on top.
    memory, memory_total : int
        Bytes that this process took at most, and what there is: of the graphics card
        if that computes, else of the computer.
    disk : Disk
        What the results will take.
    notes : tuple of str
        What the trainer had to say about the data and settings.
    """

    device: str
    measured: int
    num_iterations: int
    preparation: float
    seconds_per_iteration: float
    waiting_share: float
    validations: int
    validation_seconds: float
    memory: int
    memory_total: int
    disk: Disk
    notes: tuple[str, ...] = ()

    @property
    def validation_total(self) -> float:
        """Seconds of all validations, at least."""
        return self.validations * self.validation_seconds

    @property
    def seconds(self) -> float:
        """Seconds that the whole training takes, at least."""
        training = self.num_iterations * self.seconds_per_iteration
        return self.preparation + training + self.validation_total

    @property
    def speed(self) -> str:
        """Iterations per second, or seconds per iteration if that is slow."""
        seconds = self.seconds_per_iteration
        return f"{1 / seconds:.1f} it/s" if seconds <= 1 else f"{seconds:.1f} s/it"

    @property
    def time(self) -> str:
        """How long the training takes, in words."""
        text = f"about {duration(self.seconds)}"
        if not self.validations:
            return text
        share = self.validation_total / self.seconds
        return f"{text} (validation {share:.0%} or more)"

    @property
    def waiting(self) -> str:
        """How the loader keeps up, in words."""
        text = f"{self.waiting_share:.0%} waiting for data"
        if self.waiting_share < SLOW_LOADING:
            return text
        return f"{text}: try more num_data_fetchers or fewer augments"

    @property
    def memory_use(self) -> str:
        """Memory taken, in words."""
        what = "memory" if self.device == "cpu" else f"memory of {self.device}"
        return f"{what} {byte_size(self.memory)} of {byte_size(self.memory_total)}"

    def __str__(self) -> str:
        """Return the cost in one line, which says over what it was measured."""
        number = "1 iteration" if self.measured == 1 else f"{self.measured} iterations"
        parts = (
            self.speed,
            self.time,
            self.memory_use,
            f"disk up to {byte_size(self.disk.total)}",
            self.waiting,
            f"measured over {number} on {self.device}",
        )
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """Return a length of time, rounded to what matters.

    >>> duration(8.2), duration(200), duration(7500)
    ('8 s', '3 min', '2 h 5 min')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h"


def byte_size(number: int) -> str:
    """Return a number of bytes in the unit (of 1000) that suits it.

    >>> byte_size(812), byte_size(3_200_000), byte_size(24_000_000_000)
    ('812 bytes', '3.2 MB', '24 GB')
    """
    value, unit = float(number), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return (
        f"{value:.2g} {_UNITS[unit]}" if value < 10 else f"{value:.0f} {_UNITS[unit]}"
    )
