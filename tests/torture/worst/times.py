"""Each of the worst requests: answered or refused in time, and the worker free again at once.

After each, a plain question and a plain page of episodes are asked of the same worker, and have to
be answered about as fast as they are when nothing else was asked before.
"""

import http.client
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median

from tests.benchmarks.servers import HOST, Server, running
from tests.torture.row import Ground, Row
from tests.torture.service import FORGETFUL, service
from tests.torture.worst.corpus import FEWEST, long_characters, publish
from tests.torture.worst.requests import Worst, requests

EPISODES = 100_000
DEADLINE_SECONDS = 5.0
_LATE = 1.1  # times the deadline
_GIVEN_UP_SECONDS = 60.0
_ORDINARY = 40  # plain ones that tell what is ordinary
_SLOWER = 3.0  # times the slowest ordinary one
_SERVER_ERROR, _REFUSED = 500, 503


@dataclass(frozen=True)
class Asked:
    status: int  # 0: no whole answer
    seconds: float
    size: int  # bytes


@dataclass(frozen=True)
class Measured:
    name: str
    asked: Asked
    question_after: Asked
    page_after: Asked

    @property
    def held(self) -> bool:
        afterwards = (self.question_after, self.page_after)
        return is_answer(self.asked) and all(after.status == 200 for after in afterwards)


def is_answer(asked: Asked) -> bool:
    """Whether it was answered, or refused in words."""
    return 0 < asked.status < _SERVER_ERROR or asked.status == _REFUSED


def run(ground: Ground, dose: float) -> Row:
    episodes = max(FEWEST, round(EPISODES * dose))
    publish(ground, episodes, long_characters(dose))
    options = ("--workers=1", f"--request-timeout={DEADLINE_SECONDS}", *FORGETFUL)
    with running(service(ground.directory / "snapshots", *options)) as server:
        server.first_answer("/search?q=anything")
        plain = _Plain(server)
        ordinary = [(plain.question(), plain.page()) for _ in range(_ORDINARY)]
        measured = [_measured(server, worst, plain) for worst in requests()]
    most = [_SLOWER * max(one.seconds for one in kind) for kind in zip(*ordinary, strict=True)]
    print(_table(measured))
    return _row(episodes, measured, most, [median(o[0].seconds for o in ordinary)])


class _Plain:
    """Plain requests, no question twice."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._number = count()

    def question(self) -> Asked:
        return ask(self._server, Worst("", f"/search?q=story+{next(self._number)}"))

    def page(self) -> Asked:
        return ask(self._server, Worst("", "/episodes?limit=10"))


def _measured(server: Server, worst: Worst, plain: _Plain) -> Measured:
    return Measured(worst.name, ask(server, worst), plain.question(), plain.page())


def ask(server: Server, worst: Worst) -> Asked:
    """On a connection of its own, until the answer is read whole."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=_GIVEN_UP_SECONDS)
    started = time.perf_counter()
    status, size = 0, 0
    headers = {"Content-Type": "application/json"} if worst.body else {}
    try:
        connection.request(worst.method, worst.target, worst.body, {**headers, **worst.headers})
        answer = connection.getresponse()
        size, status = len(answer.read()), answer.status
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()
    return Asked(status, time.perf_counter() - started, size)


def _row(
    episodes: int, measured: Sequence[Measured], most: Sequence[float], ordinary: Sequence[float]
) -> Row:
    late = [m for m in measured if m.asked.seconds > DEADLINE_SECONDS * _LATE]
    busy = [m for m in measured if _is_busy(m, most)]
    failed = [m for m in measured if not m.held]
    slowest = max(measured, key=lambda m: m.asked.seconds)
    after = max(max(m.question_after.seconds, m.page_after.seconds) for m in measured)
    refused = sum(m.asked.status >= 400 for m in measured)
    return Row(
        test=f"the {len(measured)} worst legal requests, over every route, {episodes:,} episodes",
        wanted=f"answered or refused within {DEADLINE_SECONDS:g} s + 10%, the worker free at once",
        measured=f"{len(measured) - refused} answered, {refused} refused, the slowest in "
        f"{slowest.asked.seconds:.2f} s ({slowest.name}); a plain question in "
        f"{1000 * ordinary[0]:.1f} ms, after the worst in {1000 * after:.1f} ms at most"
        + "".join(
            _told(kind, some)
            for kind, some in (("failed", failed), ("late", late), ("busy after", busy))
        ),
        held=not failed,
        in_time=not (late or busy),
        figures={"slowest_s": slowest.asked.seconds, "after_s": after},
    )


def _is_busy(measured: Measured, most: Sequence[float]) -> bool:
    question, page = most
    return measured.question_after.seconds > question or measured.page_after.seconds > page


def _told(kind: str, measured: Sequence[Measured]) -> str:
    return f"; {kind}: {', '.join(each.name for each in measured)}" if measured else ""


def _table(measured: Sequence[Measured]) -> str:
    """Markdown."""
    return "\n".join(_lines(measured))


def _lines(measured: Sequence[Measured]) -> Iterator[str]:
    yield "| the worst legal requests | status | seconds | bytes | then a question | a page |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in measured:
        asked = each.asked
        afterwards = (each.question_after, each.page_after)
        told = " | ".join(f"{1000 * after.seconds:.1f} ms" for after in afterwards)
        yield f"| {each.name} | {asked.status} | {asked.seconds:.3f} | {asked.size:,} | {told} |"
