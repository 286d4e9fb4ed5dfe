"""Work done ahead by background threads and handed out in order."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

from napari_dacapo.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

logger = logging.getLogger(__name__)

_STOPPED = "the data loaders were stopped; build the batches again to go on"


def try_twice(make: Callable[[], T], what: str, warn: Callable[[str], None]) -> T:
    """Return ``make()``, which is called again if it fails, as files may be busy.

    The first failure is logged with its traceback; `warn` is told if the second attempt
    succeeded.

    Raises
    ------
    Exception
        What the second attempt raised.
    """
    try:
        return make()
    except CancelledError:
        raise
    except Exception as error:
        logger.warning("%s failed, trying again", what, exc_info=error)
        reason = f"{type(error).__name__}: {error}"
    result = make()
    warn(f"{what} could be made only at the second attempt ({reason})")
    return result


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
    repeatable : bool
        Whether ``make(i)`` may be called again, in the thread that asks, if it failed.
    warn : callable
        Is told of failures that this mended.

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
        repeatable: bool = True,
        warn: Callable[[str], None] = logger.warning,
    ) -> None:
        self._make = make
        self._repeatable, self._warn = repeatable, warn
        self._next = start
        self._ahead = max(ahead, workers)
        self._futures: deque[tuple[int, Future[T]]] = deque()
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
            What `make` raised, twice if it is repeatable, with its traceback; again on
            every later call.
        """
        if self._error is not None:
            raise self._error
        if self._closed:
            raise RunError(_STOPPED)
        try:
            return self._next_item()
        except CancelledError:
            raise RunError(_STOPPED) from None
        except Exception as error:
            self._error = error
            raise

    def _next_item(self) -> T:
        self._fill()
        if self._futures:
            number, future = self._futures.popleft()
        elif self._closed:  # by another thread just now
            raise CancelledError
        else:
            number, future = self._number(), None
        item = self._made(number, future)
        self._fill()
        return item

    def _made(self, number: int, future: Future[T] | None) -> T:
        """Return item `number`, from its thread or made here."""
        attempts = iter([] if future is None else [future.result])

        def make() -> T:
            attempt = next(attempts, None)
            return self._make(number) if attempt is None else attempt()

        if not self._repeatable:
            return make()
        return try_twice(make, f"training sample {number}", self._warn)

    def _fill(self) -> None:
        with self._lock:
            while self._pool and not self._closed and len(self._futures) < self._ahead:
                number = self._next
                try:
                    future = self._pool.submit(self._make, number)
                except RuntimeError as error:  # the system gives no more threads
                    if not self._futures:
                        self._work_alone(error)
                    return
                self._next += 1
                self._futures.append((number, future))

    def _work_alone(self, error: RuntimeError) -> None:
        self._warn(
            f"background threads cannot be started ({error}); training goes on without "
            "them, but slower"
        )
        self._pool = None

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
