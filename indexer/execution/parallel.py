"""Runs a function on many parts in several processes, since threads share one Python lock.

The processes are forked, so the function may be a closure, and its data is not copied.
"""

import ctypes
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing import get_context
from typing import Any, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

_AHEAD = 2  # parts that each process has waiting, so that none waits and few are in memory
_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)

_work: Callable[..., Any]  # of a process, from its beginning to its end


def map_in_processes(
    work: Callable[[Part], Result], parts: Iterable[Part], processes: int
) -> Iterator[Result]:
    """The result of each part, in order. Raises what the work raises."""
    remaining = iter(parts)
    first = list(islice(remaining, 2))
    if processes == 1 or len(first) < 2:  # nothing to share
        yield from map(work, chain(first, remaining))
        return
    with _forked(work, processes) as pool:
        under_way: deque[Future[Result]] = deque()
        for part in chain(first, remaining):
            under_way.append(pool.submit(_run, part))
            if len(under_way) > _AHEAD * processes:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@contextmanager
def run_in_process(work: Callable[[], Result], processes: int) -> Iterator[Callable[[], Result]]:
    """Begin the work; what is given waits for its result. Raises what the work raises."""
    if processes == 1:
        result = work()
        yield lambda: result
    else:
        with _forked(work, 1) as pool:
            yield pool.submit(_run).result


def _forked(work: Callable[..., Any], processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, get_context("fork"), _start_worker, (work, os.getpid()))


def _start_worker(work: Callable[..., Any], parent: int) -> None:
    """A parent that is killed leaves nobody behind who would go on writing."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has it too, and ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever the parent does at it
    ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _run(*part: Any) -> Any:
    return _work(*part)
