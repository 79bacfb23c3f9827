"""Work that is not batched: who may wait, for how long, and who is told to come again."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from threading import Event
from typing import Any

import pytest

from service.search.execution import pace
from service.search.execution.batcher import Overloaded
from service.search.execution.thread_pool import ThreadPool


class Held:
    """Work that lasts until the test lets it end."""

    def __init__(self) -> None:
        self.begun, self.may_end = Event(), Event()
        self.names: list[str] = []

    def __call__(self, name: str) -> str:
        self.names.append(name)
        self.begun.set()
        assert self.may_end.wait(10)
        return name


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


async def begin(pool: ThreadPool, held: Held, name: str = "first") -> asyncio.Task[str]:
    task = asyncio.create_task(pool.run(held, name))
    await asyncio.to_thread(held.begun.wait, 10)
    return task


def test_what_waits_for_longer_than_is_promised_is_refused_and_never_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "LONGEST_WAIT_SECONDS", 0.05)

    async def test() -> None:
        pool, held = ThreadPool(threads=1, most_waiting=100), Held()
        first = await begin(pool, held)
        others = [pool.run(held, str(number)) for number in range(20)]
        outcomes = await asyncio.gather(*others, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {Overloaded}
        monkeypatch.setattr(pace, "LONGEST_WAIT_SECONDS", 10)
        held.may_end.set()
        assert await first == "first"
        assert await pool.run(held, "next") == "next"
        assert held.names == ["first", "next"]
        pool.close()

    run(test())


def test_where_work_is_slow_fewer_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        pool = ThreadPool(threads=1, most_waiting=1000)
        assert pool.room == 1001
        monkeypatch.setattr(pace, "LONGEST_WAIT_SECONDS", 2)
        held = Held()
        slow = await begin(pool, held)
        await asyncio.sleep(0.1)  # a fifth of it for each is the pace
        held.may_end.set()
        await slow
        assert 1 <= (slowed := pool.room) <= 101
        for _ in range(30):
            await pool.run(str)
        assert pool.room > slowed
        pool.close()

    run(test())


def test_who_finds_no_room_is_refused_at_once() -> None:
    async def test() -> None:
        pool, held = ThreadPool(threads=2, most_waiting=1), Held()
        first = await begin(pool, held)
        others = [asyncio.create_task(pool.run(held, name)) for name in "ab"]
        await asyncio.sleep(0)
        assert pool.room == 0
        with pytest.raises(Overloaded):
            await pool.run(held, "refused")
        held.may_end.set()
        assert await asyncio.gather(first, *others) == ["first", "a", "b"]
        assert pool.room == 3
        pool.close()

    run(test())


def test_a_failure_reaches_who_asked_and_nobody_else() -> None:
    async def test() -> None:
        pool = ThreadPool(threads=1, most_waiting=1)
        with pytest.raises(ValueError, match="invalid literal"):
            await pool.run(partial(int, "no number"))
        assert await pool.run(partial(int, "1")) == 1
        pool.close()

    run(test())
