"""Runs work in a second thread; faster only if both threads release Python's global lock."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")


@contextmanager
def in_background(work: Callable[[], Result], *, worth_it: bool) -> Iterator[Callable[[], Result]]:
    """Start `work` in a thread, or run it first if that is not `worth_it`.

    Gives a function that waits for the result and raises what `work` raises. The thread is not
    reused, since a process that is forked later would not have it.
    """
    if not worth_it:
        result = work()
        yield lambda: result
    else:
        with ThreadPoolExecutor(1, thread_name_prefix="beside") as thread:
            yield thread.submit(copy_context().run, work).result
