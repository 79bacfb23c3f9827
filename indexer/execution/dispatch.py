"""Gives parts of a work to workers that may be lost, and does what they had again elsewhere."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from indexer.errors import ClusterError

_QUEUED = 2  # parts of each worker, so that none waits for the next
_BUFFERED = 4  # parts for each worker that are under way, or done before an earlier one


class WorkerLost(Exception):
    """The worker has died, or its machine; its parts are done by others."""


class Pool(Protocol):
    """Workers, wherever they run."""

    def start(self) -> Sequence[Hashable]:
        """Start workers where there is room for them; returns those that are ready."""

    def submit(self, worker: Any, part: Any) -> Hashable:
        """Begin the work on a part; returns what stands for its result."""

    def wait(self, running: Sequence[Any]) -> Sequence[Hashable]:
        """Those that are done, at least one."""

    def result(self, running: Any) -> Any:
        """Raises WorkerLost, or what the work itself has raised."""


class _Numbered(NamedTuple):
    number: int
    content: Any


class _Sent(NamedTuple):
    part: _Numbered
    worker: Hashable


def map_in_pool(pool: Pool, parts: Iterable[Any]) -> Iterator[Any]:
    """The result of each part, in order, each once. Raises ClusterError if no worker is left."""
    dispatch = _Dispatch(pool, parts)
    number = 0
    while dispatch.go_on(number):
        while number in dispatch.done:
            yield dispatch.done.pop(number)
            number += 1


class _Dispatch:
    def __init__(self, pool: Pool, parts: Iterable[Any]) -> None:
        self.done: dict[int, Any] = {}  # results, by the number of the part
        self._pool = pool
        self._parts = enumerate(parts)
        self._taken = 0
        self._again: list[_Numbered] = []  # parts of lost workers
        self._running: dict[Hashable, _Sent] = {}
        self._workers: list[Hashable] = []

    def go_on(self, wanted: int) -> bool:
        """Wait for a result, with all workers busy; False if there is nothing left to do."""
        self._send(wanted)
        if not self._running:
            return False
        for running in self._pool.wait([*self._running]):
            sent = self._running.pop(running)
            try:
                self.done[sent.part.number] = self._pool.result(running)
            except WorkerLost:
                self._lose(sent)
        return True

    def _send(self, wanted: int) -> None:
        """Give each worker parts, the earliest first, not too far beyond the one that is wanted."""
        while part := self._next(wanted):
            worker = self._free()
            if worker is None:
                self._again.insert(0, part)
                return
            self._running[self._pool.submit(worker, part.content)] = _Sent(part, worker)

    def _next(self, wanted: int) -> _Numbered | None:
        if self._again:
            return self._again.pop(0)
        if self._taken > wanted + _BUFFERED * max(1, len(self._workers)):
            return None
        part = next(self._parts, None)
        self._taken += 1
        return _Numbered(*part) if part else None

    def _free(self) -> Hashable | None:
        """The worker with the fewest parts; None if each has enough. Raises ClusterError."""
        if not self._workers:
            self._workers += self._pool.start()
        if not self._workers:
            raise ClusterError("The cluster has no worker left; start a node and build again.")
        parts = Counter(sent.worker for sent in self._running.values())
        least = min(self._workers, key=lambda worker: parts[worker])
        return least if parts[least] < _QUEUED else None

    def _lose(self, sent: _Sent) -> None:
        self._again = sorted([*self._again, sent.part], key=lambda part: part.number)
        if sent.worker in self._workers:
            self._workers.remove(sent.worker)
