"""Work done ahead by background threads and handed out in order."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

from napari_dacapo.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_STOPPED = "the data loaders were stopped; build the batches again to go on"


class Prefetcher(Generic[T]):
    """Hands out ``make(start)``, ``make(start + 1)``, ... in this order.

    Parameters
    ----------
    make : callable
        Makes item `i`; called from several threads at once if there are several
        workers, so it must not change shared state.
    start : int
        Number of the first item.
    workers : int
        Number of threads. 0 makes each item when it is asked for, in the thread that
        asks.
    ahead : int
        How many items are made or being made beyond the one asked for; bounds the
        memory.
    name : str
        Prefix of the thread names.

    Notes
    -----
    Work is submitted by the taker, never by the workers, so there is no queue that
    could fill up and nothing that could wait for ever: `close` cancels what has not
    begun and waits for the items being made.
    """

    def __init__(
        self,
        make: Callable[[int], T],
        *,
        start: int = 0,
        workers: int = 1,
        ahead: int = 2,
        name: str = "napari-dacapo-loader",
    ) -> None:
        self._make = make
        self._next = start
        self._ahead = max(ahead, workers)
        self._futures: deque[Future[T]] = deque()
        self._error: Exception | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, name) if workers > 0 else None

    def start(self) -> None:
        """Begin to work ahead (otherwise the first `take` does)."""
        self._fill()

    def take(self) -> T:
        """Return the next item, waiting for it if need be.

        Raises
        ------
        RunError
            If the prefetcher was closed.
        Exception
            What `make` raised, with its traceback; again on every later call.
        """
        if self._error is not None:
            raise self._error
        if self._closed:
            raise RunError(_STOPPED)
        try:
            item = self._make(self._number()) if self._pool is None else self._wait()
        except CancelledError:
            raise RunError(_STOPPED) from None
        except Exception as error:
            self._error = error
            raise
        return item

    def _wait(self) -> T:
        self._fill()
        if not self._futures:  # closed by another thread just now
            raise CancelledError
        item = self._futures.popleft().result()
        self._fill()
        return item

    def _fill(self) -> None:
        with self._lock:
            while self._pool and not self._closed and len(self._futures) < self._ahead:
                self._futures.append(self._pool.submit(self._make, self._number()))

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def cancel(self) -> None:
        """Begin nothing more; may be called from any thread."""
        with self._lock:
            self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Begin nothing more and wait for the items being made; safe to call twice."""
        self.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        self._futures.clear()
