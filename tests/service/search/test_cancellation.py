"""Work that nobody waits for any more leaves its thread to others."""

import asyncio
from collections.abc import Coroutine, Sequence
from threading import Event
from typing import Any

import pytest

from service.search.cancellation import Cancellation, Cancelled, Steps, check, in_turn
from service.search.execution.batcher import Batcher
from service.search.execution.thread_pool import ThreadPool
from service.search.query import Answer, Question


class Endless:
    """Work that ends only when it is told that nobody waits."""

    def __init__(self) -> None:
        self.begun, self.ended = Event(), Event()

    def __call__(self) -> None:
        self.begun.set()
        try:
            while True:
                check()
        finally:
            self.ended.set()


class EndlessSearch:
    """Never answers the question "endless"."""

    def __init__(self) -> None:
        self.endless = Endless()

    def remembered(self, question: Question) -> Answer | None:  # noqa: ARG002 - the real one looks it up
        return None

    def search(
        self, questions: Sequence[Question], cancellations: Sequence[Cancellation] = ()
    ) -> list[Answer]:
        for question, cancellation in zip(questions, cancellations, strict=True):
            if question.text == "endless":
                with cancellation.watched(), pytest.raises(Cancelled):
                    self.endless()
        return [Answer([], answered=True) for _ in questions]


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


def test_outside_of_any_request_nothing_is_cancelled() -> None:
    check()


def test_only_inside_of_its_block_is_work_cancelled() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with cancellation.watched(), pytest.raises(Cancelled):
        check()
    check()


def test_a_thread_is_free_when_its_request_is_over() -> None:
    async def test() -> None:
        pool, endless = ThreadPool(threads=1, most_waiting=1), Endless()
        request = asyncio.create_task(pool.run(endless))
        await asyncio.to_thread(endless.begun.wait, 10)
        request.cancel()
        assert await pool.run(lambda: "next") == "next"
        assert endless.ended.is_set()
        pool.close()

    run(test())


def test_closing_does_not_wait_for_work_that_goes_on() -> None:
    async def test() -> None:
        pool, endless = ThreadPool(threads=1, most_waiting=1), Endless()
        request = asyncio.create_task(pool.run(endless))
        await asyncio.to_thread(endless.begun.wait, 10)
        pool.close()
        assert endless.ended.is_set()
        with pytest.raises(Cancelled):
            await request

    run(test())


def test_the_thread_that_searches_is_free_when_its_question_is_over() -> None:
    async def test() -> None:
        batcher, retriever = Batcher(threads=1, most_waiting=10), EndlessSearch()
        request = asyncio.create_task(batcher.search(retriever, Question("endless", 1)))
        await asyncio.to_thread(retriever.endless.begun.wait, 10)
        request.cancel()
        assert (await batcher.search(retriever, Question("next", 1))).answered
        batcher.close()

    run(test())


def test_one_step_of_all_work_is_taken_before_the_next() -> None:
    taken: list[tuple[str, int]] = []
    lone = Cancellation()

    def steps(name: str, count: int) -> Steps[str]:
        for step in range(count):
            taken.append((name, step))
            if (name, step) == ("b", 1):
                lone.cancel()
            yield
        return name

    work = [steps("a", 3), steps("b", 3), steps("c", 1)]

    assert in_turn(work, [Cancellation(), lone, Cancellation()]) == ["a", None, "c"]
    assert taken == [("a", 0), ("b", 0), ("c", 0), ("a", 1), ("b", 1), ("a", 2)]
