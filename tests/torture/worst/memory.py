"""A worker under everything that is costly or hostile, for ten minutes: what it holds."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import count, cycle
from random import Random
from threading import Thread
from time import monotonic

from tests.benchmarks.servers import Server, running
from tests.torture.drift import drift_of, watch
from tests.torture.hostile import attack, is_allowed
from tests.torture.row import Ground, Row
from tests.torture.service import service
from tests.torture.worst.corpus import long_characters, publish
from tests.torture.worst.requests import Worst, requests
from tests.torture.worst.times import ask, is_answer

SECONDS = 600
_EPISODES = 500
_CLIENTS = 3
_SMALL_CACHES = ("--cached-questions=500", "--cached-answers=100")  # full before it is measured
_PLAIN_BETWEEN = 10  # questions, none twice
_MOST_DRIFT = 0.05
_PASSING = 10  # descriptors of connections that are open for a moment


def run(ground: Ground, dose: float) -> Row:
    publish(ground, _EPISODES, long_characters(dose))
    options = ("--workers=1", "--client-timeout=1", *_SMALL_CACHES)
    seconds = SECONDS * dose
    with running(service(ground.directory / "snapshots", *options)) as server:
        server.first_answer("/search?q=anything")
        until = monotonic() + seconds
        clients = [_Client(server, number, until) for number in range(_CLIENTS)]
        threads: list[_Client | _Attacker] = [*clients, _Attacker(server, until)]
        for thread in threads:
            thread.start()
        drift = drift_of(asyncio.run(watch(server, until)))
        for thread in threads:
            thread.join()
        server.first_answer("/search?q=anything")
    outcomes = sum((thread.outcomes for thread in threads), Counter[str]())
    wrong = {outcome: n for outcome, n in outcomes.items() if not is_allowed(outcome)}
    before, after = drift.before, drift.after
    return Row(
        test=f"{seconds / 60:.1f} minutes of the worst legal and of hostile requests, one worker",
        wanted="memory flat within 5%, no descriptor leak, never a 5xx but 503",
        measured=f"{outcomes.total():,} requests; {before.resident_mib:.0f} to "
        f"{after.resident_mib:.0f} MiB, {drift.memory:+.1%}; descriptors {before.descriptors} to "
        f"{after.descriptors}{f'; {wrong}' if wrong else ''}",
        held=bool(outcomes) and not wrong,
        in_time=abs(drift.memory) < _MOST_DRIFT
        and after.descriptors <= before.descriptors + _PASSING,
        figures={"before_mib": before.resident_mib, "after_mib": after.resident_mib},
    )


class _Client(Thread):
    """The worst requests in an order of its own, with plain questions between them."""

    def __init__(self, server: Server, number: int, until: float) -> None:
        super().__init__()
        self.outcomes = Counter[str]()
        self._server = server
        self._until = until
        self._requests = _mixed(number)

    def run(self) -> None:
        while monotonic() < self._until:
            asked = ask(self._server, next(self._requests))
            self.outcomes[str(asked.status) if is_answer(asked) else f"{asked.status}!"] += 1


class _Attacker(Thread):
    """Hostile input, without pause."""

    def __init__(self, server: Server, until: float) -> None:
        super().__init__()
        self.outcomes = Counter[str]()
        self._server = server
        self._until = until

    def run(self) -> None:
        while monotonic() < self._until:
            self.outcomes.update(attack(self._server))


def _mixed(number: int) -> Iterator[Worst]:
    shuffled, asked = requests(), count()
    Random(number).shuffle(shuffled)
    for worst in cycle(shuffled):
        yield worst
        for _ in range(_PLAIN_BETWEEN):
            yield Worst("plain", f"/search?q=story+{number}+{next(asked)}")
