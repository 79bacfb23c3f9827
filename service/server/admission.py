"""Decides whether a request is accepted, before it is parsed.

Under overload most requests are refused, so a refusal costs no more than reading the request's
head. Accepting a request costs far more than refusing it, so the number accepted per event-loop
iteration is capped; otherwise later refusals wait.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from time import perf_counter
from typing import Literal

Queue = Literal["batcher", "pool", "calls", "none"]

_SEARCH = b"/search"
_CALLS = b"/mcp"
_OF_POOL = (b"/similar", b"/podcasts", b"/map", b"/suggest")
_EPISODES, _SIMILAR = b"/episodes", b"/similar"
_OPERATIONS = (b"/healthz", b"/readyz", b"/metrics", b"/admin/")  # needed most under overload
_LAST_PLACES = 32  # when fewer places are left in the queue, at most _A_FEW are given out
_A_FEW = 8  # per iteration
_LATE_SECONDS = 0.01  # an iteration that takes longer has accepted too many
_MOST_A_TURN = 1024
_LEAST_A_TURN = 32


class Admission:
    """Admission for one event loop. The cap halves after a slow iteration and grows again."""

    def __init__(
        self,
        room: Callable[[], int],
        pool_room: Callable[[], int] | None = None,
        calls_room: Callable[[], int] | None = None,
    ) -> None:
        """`room` returns how many more questions may wait, `pool_room` how much other work may.

        `calls_room` returns how many more calls of agents may wait.
        """
        # Most calls of agents ask a question, so they need room for that too.
        of_calls = (lambda: min(room(), calls_room())) if calls_room else room
        self._rooms: dict[Queue, Callable[[], int] | None] = {
            "batcher": room,
            "pool": pool_room,
            "calls": of_calls,
        }
        self._most_a_turn = _MOST_A_TURN
        self._begun: Counter[Queue] = Counter()  # accepted in this iteration; not in `room` yet

    def admits(self, target: bytes) -> bool:
        """Whether a request for the path `target` is accepted."""
        if target.startswith(_OPERATIONS):
            return True
        queue = queue_of(target)
        if self._begun.total() >= self._most_a_turn or self._begun[queue] >= self._most(queue):
            return False
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._turn)
        self._begun[queue] += 1
        return True

    def _most(self, queue: Queue) -> int:
        if not (room_of := self._rooms.get(queue)):
            return self._most_a_turn
        room = room_of()
        return room if room > _LAST_PLACES else min(room, _A_FEW)

    def _turn(self) -> None:
        """Runs before the accepted requests do."""
        self._begun.clear()
        asyncio.get_running_loop().call_soon(self._turned, perf_counter())

    def _turned(self, began: float) -> None:
        """Runs after the accepted requests; adapts the cap to how long they took."""
        if perf_counter() - began > _LATE_SECONDS:
            self._most_a_turn = max(_LEAST_A_TURN, self._most_a_turn // 2)
        else:
            self._most_a_turn = min(_MOST_A_TURN, self._most_a_turn + _LEAST_A_TURN)


def queue_of(target: bytes) -> Queue:
    """Where the work of a request waits."""
    if target.startswith(_SEARCH):
        return "batcher"
    if target.startswith(_CALLS):
        return "calls"
    path = target.partition(b"?")[0]
    of_episodes = path == _EPISODES or (path.startswith(_EPISODES) and path.endswith(_SIMILAR))
    return "pool" if of_episodes or path.startswith(_OF_POOL) else "none"
