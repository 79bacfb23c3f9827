"""Parts are given to workers of a pool that loses some of them."""

import random
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import pytest

from indexer.errors import ClusterError
from indexer.execution.dispatch import WorkerLost, map_in_pool


class FakePool:
    """Workers that square numbers, in any order; some die at their nth part with all they have."""

    def __init__(self, *starts: Sequence[str], dying: dict[str, int] | None = None) -> None:
        self.worked: Counter[str] = Counter()
        self.most_queued = 0
        self._starts = list(starts)
        self._dying = dying or {}
        self._running: dict[int, tuple[str, int]] = {}
        self._count = 0
        self._rng = random.Random(5)

    def start(self) -> Sequence[str]:
        return self._starts.pop(0) if self._starts else []

    def submit(self, worker: str, part: int) -> Hashable:
        self._count += 1
        self._running[self._count] = (worker, part)
        queued = Counter(worker for worker, _ in self._running.values())
        self.most_queued = max(self.most_queued, *queued.values())
        return self._count

    def wait(self, running: Sequence[int]) -> Sequence[Hashable]:
        return [self._rng.choice(running)]

    def result(self, running: int) -> int:
        worker, part = self._running.pop(running)
        self.worked[worker] += 1
        if self.worked[worker] >= self._dying.get(worker, 1 << 40):
            raise WorkerLost
        return part * part


SQUARES = [n * n for n in range(100)]


def test_results_come_in_order_each_once() -> None:
    pool = FakePool(["a", "b", "c"])

    assert [*map_in_pool(pool, range(100))] == SQUARES
    assert all(pool.worked[worker] > 10 for worker in "abc")
    assert pool.most_queued == 2


def test_what_a_lost_worker_had_is_done_by_others() -> None:
    pool = FakePool(["a", "b"], dying={"a": 7})

    assert [*map_in_pool(pool, range(100))] == SQUARES
    assert pool.worked["a"] >= 7
    assert pool.worked.total() > 100


def test_when_all_are_lost_new_ones_are_started() -> None:
    pool = FakePool(["a"], ["b"], dying={"a": 5})

    assert [*map_in_pool(pool, range(100))] == SQUARES
    assert pool.worked["b"] > 90


def test_without_any_worker_it_ends_with_a_sentence() -> None:
    with pytest.raises(ClusterError, match="has no worker left; start a node"):
        list(map_in_pool(FakePool(["a"], dying={"a": 5}), range(100)))


def test_parts_are_taken_as_they_are_needed() -> None:
    taken = []

    def parts() -> Iterator[int]:
        for n in range(1000):
            taken.append(n)
            yield n

    results = map_in_pool(FakePool(["a", "b"]), parts())

    assert [next(results) for _ in range(10)] == SQUARES[:10]
    assert len(taken) < 30


def test_no_part_needs_no_worker() -> None:
    assert [*map_in_pool(FakePool(), [])] == []
