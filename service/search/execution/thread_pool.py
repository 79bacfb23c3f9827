"""A bounded thread pool for requests that are not batched."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from service.search.cancellation import Cancellation
from service.search.execution import pace
from service.search.execution.batcher import Overloaded

P = ParamSpec("P")
T = TypeVar("T")


class ThreadPool:
    def __init__(self, threads: int, most_waiting: int) -> None:
        self._count = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pool")
        self._most_waiting = most_waiting
        self._pace = pace.Pace()
        self._within: set[Cancellation] = set()

    @property
    def room(self) -> int:
        """How many more pieces of work are accepted: as many as can start in time."""
        waiting = self._pace.in_good_time(self._count, self._most_waiting)
        return self._count + waiting - len(self._within)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises Overloaded at once if there is no room, or after the longest wait.

        If the request is cancelled, work that has not started never starts, and running work is
        cancelled.
        """
        if self.room <= 0:
            raise Overloaded
        cancellation = Cancellation()
        self._within.add(cancellation)
        future = self._threads.submit(self._timed, cancellation, partial(work, *args, **kwargs))
        try:
            return await _begun_in_time(future)
        finally:
            cancellation.cancel()
            self._within.remove(cancellation)

    def close(self) -> None:
        """Cancel what is running and waiting, then stop."""
        for cancellation in self._within:
            cancellation.cancel()
        self._threads.shutdown(cancel_futures=True)

    def _timed(self, cancellation: Cancellation, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            with cancellation.watched():
                return work()
        finally:
            self._pace.took(time.perf_counter() - began)


async def _begun_in_time(future: Future[T]) -> T:
    """Raises Overloaded if the work has not started within the longest wait."""
    result = asyncio.wrap_future(future)
    try:
        done, _ = await asyncio.wait({result}, timeout=pace.LONGEST_WAIT_SECONDS)
        if not done and future.cancel():
            raise Overloaded
        return await result
    finally:
        future.cancel()
        result.cancel()
