"""A bounded thread pool for requests that are not batched."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from service.search.batcher import Overloaded

P = ParamSpec("P")
T = TypeVar("T")


class ThreadPool:
    def __init__(self, threads: int, most_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pool")
        self._most = most_waiting + threads
        self._within = 0

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises Overloaded at once rather than wait without bound.

        What has not begun when its request is cancelled never does.
        """
        if self._within >= self._most:
            raise Overloaded
        self._within += 1
        try:
            bound = partial(work, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(self._threads, bound)
        finally:
            self._within -= 1

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
