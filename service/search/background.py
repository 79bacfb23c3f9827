"""Runs work in a thread beside other work; useful where both release the Python lock."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")


@contextmanager
def in_background(work: Callable[[], Result], *, worth_it: bool) -> Iterator[Callable[[], Result]]:
    """Begin the work, or do it first; what is given waits for its result. Raises what it raises.

    The thread ends with it: one that waited for more would not outlive the fork of its process.
    """
    if not worth_it:
        result = work()
        yield lambda: result
    else:
        with ThreadPoolExecutor(1, thread_name_prefix="beside") as thread:
            yield thread.submit(copy_context().run, work).result
