"""A bounded thread pool for requests that are not batched."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from service.search.cancellation import Cancellation
from service.search.execution.batcher import Overloaded

P = ParamSpec("P")
T = TypeVar("T")


class ThreadPool:
    def __init__(self, threads: int, most_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pool")
        self._most = most_waiting + threads
        self._within: set[Cancellation] = set()

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises Overloaded at once rather than wait without bound.

        When its request is cancelled, work that has not begun never does, and work that has is
        cancelled.
        """
        if len(self._within) >= self._most:
            raise Overloaded
        cancellation = Cancellation()
        self._within.add(cancellation)
        bound = partial(_watched, cancellation, partial(work, *args, **kwargs))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, bound)
        finally:
            cancellation.cancel()
            self._within.remove(cancellation)

    def close(self) -> None:
        """Cancel what is running and waiting, then stop."""
        for cancellation in self._within:
            cancellation.cancel()
        self._threads.shutdown(cancel_futures=True)


def _watched(cancellation: Cancellation, work: Callable[[], T]) -> T:
    with cancellation.watched():
        return work()
