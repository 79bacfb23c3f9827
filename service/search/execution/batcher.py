"""Answers waiting questions in batches, in threads outside of the event loop.

Each thread takes all waiting questions and answers them as one batch; meanwhile the next batch
gathers. So a single question never waits for a batch to fill, and many questions share the encoder
and the index.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol

from service.search.cancellation import Cancellation
from service.search.execution.pace import Pace
from service.search.query import Answer, Question
from service.telemetry import metrics, stage_timing

_MOST_TOGETHER = 32  # questions in a batch; more are not faster and delay the first
_MOST_A_TURN = 8  # answers that are resolved in one iteration of the event loop


class Overloaded(Exception):
    """More questions wait than are allowed."""


class Answering(Protocol):
    """What answers questions, as a Retriever does."""

    def remembered(self, question: Question) -> Answer | None: ...

    def search(
        self, questions: Sequence[Question], cancellations: Sequence[Cancellation] = ()
    ) -> list[Answer]: ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    retriever: Answering
    question: Question
    answer: asyncio.Future[Answer]
    cancellation: Cancellation = field(default_factory=Cancellation)
    since: float = field(default_factory=time.perf_counter)
    seconds: stage_timing.Seconds = field(default_factory=dict)  # of its batch, by stage


class Batcher:
    def __init__(self, threads: int, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._pace = Pace()  # of a question
        self._waiting: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._threads = [
            Thread(target=self._work, name="batcher", daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def search(self, retriever: Answering, question: Question) -> Answer:
        """Answer, or raise Overloaded at once if too many wait."""
        known = retriever.remembered(question)
        metrics.looked_up("answers", found=known is not None)
        if known is not None:
            return known
        if self.room <= 0:
            raise Overloaded
        waiting = _Waiting(retriever, question, self._loop.create_future())
        self._waiting.put(waiting)
        try:
            answer = await waiting.answer
        finally:
            waiting.cancellation.cancel()
        stage_timing.record(waiting.seconds)
        return answer

    @property
    def room(self) -> int:
        """How many more questions may wait, by the limit and by how many can be answered in time.

        One batch may always wait.
        """
        in_good_time = self._pace.in_good_time(len(self._threads), self._most_waiting)
        a_pass = min(self._most_waiting, _MOST_TOGETHER)
        return max(a_pass, in_good_time) - self._waiting.qsize()

    def close(self) -> None:
        """Answer the waiting questions, then stop."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while self._work_once():
            pass

    def _work_once(self) -> bool:
        """Answer one batch; False at the end.

        It returns after each batch, so that a waiting thread keeps no snapshot open.
        """
        if (first := self._waiting.get()) is None:
            return False
        batch = [first, *self._more()]
        self._answer([waiting for waiting in batch if not waiting.answer.cancelled()])
        return True

    def _more(self) -> Iterator[_Waiting]:
        for _ in range(_MOST_TOGETHER - 1):
            try:
                waiting = self._waiting.get_nowait()
            except Empty:
                return
            if waiting is None:
                self._waiting.put(None)  # None stops a thread; this one still has a batch
                return
            yield waiting

    def _answer(self, batch: list[_Waiting]) -> None:
        """Answer the batch, in one pass for each snapshot; during a swap there may be two."""
        for _, group in groupby(batch, key=lambda waiting: id(waiting.retriever)):
            together = list(group)
            began = time.perf_counter()
            resolve: Callable[[], None] = _outcome(together, self._loop)
            self._pace.took((time.perf_counter() - began) / len(together))
            self._loop.call_soon_threadsafe(resolve)


def _outcome(together: list[_Waiting], loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    """The callback that resolves the whole batch on the event loop."""
    began = time.perf_counter()
    try:
        with stage_timing.recorded() as seconds:
            answers = together[0].retriever.search(
                [waiting.question for waiting in together],
                [waiting.cancellation for waiting in together],
            )
        for waiting in together:
            waiting.seconds.update(seconds, queue=began - waiting.since)
        metrics.passed(seconds, [began - waiting.since for waiting in together])
    except Exception as error:  # the thread must survive every error
        failure = error
        return lambda: _fail(together, failure)
    answered = list(zip(together, answers, strict=True))
    return lambda: _resolve(answered, loop)


def _resolve(answered: list[tuple[_Waiting, Answer]], loop: asyncio.AbstractEventLoop) -> None:
    """Resolve a few futures in each iteration of the event loop, so that it stays responsive."""
    for waiting, answer in answered[:_MOST_A_TURN]:
        if not waiting.answer.done():
            waiting.answer.set_result(answer)
    if rest := answered[_MOST_A_TURN:]:
        loop.call_soon(_resolve, rest, loop)


def _fail(together: list[_Waiting], error: Exception) -> None:
    for waiting in together:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
