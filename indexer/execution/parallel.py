"""Runs a function on many parts in several processes.

Processes and not threads, because of Python's global interpreter lock. They are forked, so the
function may be a closure, and its data is not copied.
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

_AHEAD = 2  # parts queued for each process: enough that none idles, few enough for memory
_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)

_work: Callable[..., Any]  # what this worker process runs; set once, when it starts


def map_in_processes(
    work: Callable[[Part], Result], parts: Iterable[Part], processes: int
) -> Iterator[Result]:
    """The result of `work` for each part, in order. Raises what `work` raises."""
    remaining = iter(parts)
    first = list(islice(remaining, 2))
    if processes == 1 or len(first) < 2:  # a pool would only add its start-up time
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
    """Start `work` in another process; the function given waits for the result.

    That function raises what `work` raises. With one process, `work` runs here, first.
    """
    if processes == 1:
        result = work()
        yield lambda: result
    else:
        with _forked(work, 1) as pool:
            yield pool.submit(_run).result


def _forked(work: Callable[..., Any], processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, get_context("fork"), _start_worker, (work, os.getpid()))


def _start_worker(work: Callable[..., Any], parent: int) -> None:
    """Prepare a worker that ends with its parent, so that none writes after a build is killed."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too and ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever the parent does at it
    ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _run(*part: Any) -> Any:
    return _work(*part)
