"""Batches of questions, over retrievers that answer when a test allows it."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

import pytest

from service.search.cancellation import Cancellation
from service.search.execution.batcher import Batcher, Overloaded
from service.search.query import Answer, Question


class Recorder:
    """Answers each question with itself and records the batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.may_answer = Event()
        self.may_answer.set()

    def remembered(self, question: Question) -> Answer | None:
        return Answer([], answered=True) if question.text == "remembered" else None

    def search(
        self, questions: Sequence[Question], cancellations: Sequence[Cancellation] = ()
    ) -> list[Answer]:
        assert len(cancellations) == len(questions)
        self.batches.append([question.text for question in questions])
        assert self.may_answer.wait(10)
        if any(question.text == "fail" for question in questions):
            raise ValueError("a failure")
        return [Answer([], answered=question.text == "yes") for question in questions]


class Busy(Recorder):
    """A recorder whose first batch takes until the test lets it continue."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer.clear()


def question(text: str) -> Question:
    return Question(text, 10)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


@asynccontextmanager
async def batcher(threads: int = 1, most_waiting: int = 100) -> AsyncIterator[Batcher]:
    started = Batcher(threads, most_waiting)
    try:
        yield started
    finally:
        started.close()


async def ask(on: Batcher, retriever: Recorder, *texts: str) -> list[asyncio.Task[Answer]]:
    tasks = [asyncio.create_task(on.search(retriever, question(text))) for text in texts]
    await asyncio.sleep(0)  # lets each task put its question
    return tasks


async def keep_busy(on: Batcher, retriever: Recorder, text: str = "first") -> asyncio.Task[Answer]:
    (task,) = await ask(on, retriever, text)
    deadline = time.monotonic() + 10
    while not retriever.batches and time.monotonic() < deadline:
        await asyncio.sleep(0.001)
    return task


def test_waiting_questions_are_answered_in_one_batch() -> None:
    async def check() -> None:
        retriever = Busy()
        async with batcher() as on:
            first = await keep_busy(on, retriever)
            waiting = await ask(on, retriever, "yes", "no", "yes")
            retriever.may_answer.set()
            answers = await asyncio.gather(first, *waiting)
        assert [answer.answered for answer in answers] == [False, True, False, True]
        assert retriever.batches == [["first"], ["yes", "no", "yes"]]

    run(check())


def test_a_single_question_does_not_wait() -> None:
    async def check() -> None:
        retriever = Recorder()
        async with batcher() as on:
            for _ in range(3):
                assert (await on.search(retriever, question("yes"))).answered
        assert retriever.batches == [["yes"]] * 3

    run(check())


def test_many_questions_are_answered_in_order_in_batches_of_limited_size() -> None:
    async def check() -> None:
        retriever = Busy()
        texts = [str(number) for number in range(70)]
        async with batcher() as on:
            first = await keep_busy(on, retriever)
            waiting = await ask(on, retriever, *texts)
            retriever.may_answer.set()
            await asyncio.gather(first, *waiting)
        assert [len(batch) for batch in retriever.batches] == [1, 32, 32, 6]
        assert [text for batch in retriever.batches[1:] for text in batch] == texts

    run(check())


def test_each_thread_answers_its_own_batch() -> None:
    async def check() -> None:
        slow, quick = Busy(), Recorder()
        async with batcher(threads=2) as on:
            held = await keep_busy(on, slow)
            assert (await on.search(quick, question("yes"))).answered
            assert not held.done()
            slow.may_answer.set()
            await held

    run(check())


def test_an_error_reaches_the_questions_of_its_batch_only() -> None:
    async def check() -> None:
        retriever = Busy()
        async with batcher() as on:
            first = await keep_busy(on, retriever)
            together = await ask(on, retriever, "fail", "beside it")
            retriever.may_answer.set()
            await first
            for task in together:
                with pytest.raises(ValueError, match="a failure"):
                    await task
            assert (await on.search(retriever, question("yes"))).answered

    run(check())


def test_questions_beyond_the_limit_are_refused_at_once() -> None:
    async def check() -> None:
        retriever = Busy()
        async with batcher(most_waiting=2) as on:
            first = await keep_busy(on, retriever)
            waiting = await ask(on, retriever, "a", "b")
            with pytest.raises(Overloaded):
                await on.search(retriever, question("c"))
            retriever.may_answer.set()
            await asyncio.gather(first, *waiting)
            assert (await on.search(retriever, question("yes"))).answered
        assert ["a", "b"] in retriever.batches

    run(check())


def test_a_question_that_would_wait_too_long_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.search.execution.pace.LONGEST_WAIT_SECONDS", 0.1)

    async def check() -> None:
        slow, slower = Busy(), Busy()
        async with batcher(most_waiting=1000) as on:
            first = await keep_busy(on, slow)
            await asyncio.sleep(0.05)  # a fifth of it for each of 32 is more than 0.1
            slow.may_answer.set()
            await first
            second = await keep_busy(on, slower, "second")
            waiting = await ask(on, slower, *["yes"] * 32)
            with pytest.raises(Overloaded):
                await on.search(slower, question("no"))
            slower.may_answer.set()
            await asyncio.gather(second, *waiting)
            assert (await on.search(slower, question("yes"))).answered

    run(check())


def test_a_cancelled_question_is_not_answered() -> None:
    async def check() -> None:
        retriever = Busy()
        async with batcher() as on:
            first = await keep_busy(on, retriever)
            gone, stays = await ask(on, retriever, "gone", "stays")
            gone.cancel()
            await asyncio.sleep(0)
            retriever.may_answer.set()
            await asyncio.gather(first, stays)
        assert retriever.batches == [["first"], ["stays"]]

    run(check())


def test_a_question_cancelled_while_being_answered_does_not_affect_others() -> None:
    async def check() -> None:
        retriever = Busy()
        async with batcher() as on:
            gone = await keep_busy(on, retriever)
            gone.cancel()
            retriever.may_answer.set()
            assert (await on.search(retriever, question("yes"))).answered

    run(check())


@pytest.mark.parametrize("threads", [1, 3])
def test_closing_answers_the_waiting_questions(threads: int) -> None:
    async def check() -> None:
        retriever = Recorder()
        on = Batcher(threads, most_waiting=100)
        waiting = await ask(on, retriever, *["yes"] * 50)
        on.close()
        assert all(answer.answered for answer in await asyncio.gather(*waiting))

    run(check())


def test_a_batch_over_two_snapshots_does_not_mix_them() -> None:
    async def check() -> None:
        old, new, busy = Recorder(), Recorder(), Busy()
        async with batcher() as on:
            first = await keep_busy(on, busy)
            waiting = [
                task
                for retriever, text in ((old, "a"), (old, "fail"), (new, "yes"), (old, "no"))
                for task in await ask(on, retriever, text)
            ]
            busy.may_answer.set()
            await first
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(outcome, ValueError) for outcome in outcomes] == [
            *(True, True, False, False)
        ]
        assert old.batches == [["a", "fail"], ["no"]]
        assert new.batches == [["yes"]]

    run(check())


def test_a_cached_answer_does_not_wait() -> None:
    async def test() -> None:
        async with batcher(most_waiting=1) as at_work:
            busy = Busy()
            await ask(at_work, busy, "first", "second")
            assert (await at_work.search(busy, question("remembered"))).answered
            busy.may_answer.set()

    run(test())


def test_a_metric_that_cannot_be_counted_does_not_end_the_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    async def check() -> None:
        async with batcher() as on:
            with monkeypatch.context() as patch:
                patch.setattr("service.telemetry.metrics.passed", full)
                with pytest.raises(OSError, match="No space left"):
                    await on.search(Recorder(), question("first"))
            assert await on.search(Recorder(), question("second"))

    run(check())
