"""The load generator: each client asks over a keep-alive connection as soon as it is answered.

python -m tests.benchmarks.load PORT --clients N --seconds S < TARGETS

It is one process without threads, on uvloop, and parses only as much of an answer as it needs,
because it shares the processors with the server; `null_server` measures its own limit. Each line of
TARGETS is a path to GET, or with --post a JSON body to POST to that path. Answers count from the
end of the warm-up to the deadline. After that nothing is asked and the last answers are waited for,
so that loads do not overlap.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle
from typing import cast

import uvloop

_HOST = "127.0.0.1"
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_LAST_ANSWER_SECONDS = 60.0  # after the deadline; a server that takes longer has failed


@dataclass(frozen=True)
class Answers:
    """The counts of a load; `of_all` and `errors` include the warm-up and the end."""

    answers: int
    of_all: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: dict[str, int]

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the least value that a `share` of sorted `values` reach."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan


class _Load:
    """What the clients share: the next question and the counts."""

    def __init__(self, requests: Iterator[bytes], warm_up: float, seconds: float) -> None:
        now = time.perf_counter()
        self._requests = requests
        self._counting_from = now + warm_up
        self._deadline = now + warm_up + seconds
        self._latencies: list[float] = []
        self._last = self._counting_from
        self._of_all = 0
        self._errors: Counter[str] = Counter()

    def next(self) -> bytes | None:
        return next(self._requests, None) if time.perf_counter() < self._deadline else None

    def answered(self, asked_at: float, status: bytes) -> None:
        now = time.perf_counter()
        self._of_all += 1
        if status != b"200":
            self._errors[f"status {status.decode('ascii', 'replace')}"] += 1
        elif self._counting_from <= now < self._deadline:
            self._latencies.append(now - asked_at)
            self._last = now

    def failed(self, error: str) -> None:
        self._errors[error] += 1

    def tally(self) -> Answers:
        """The counts; if the questions ran out early, the time is until the last answer."""
        ran_out = next(self._requests, None) is None
        end = self._last if ran_out else self._deadline
        latencies = sorted(latency * 1000 for latency in self._latencies)
        return Answers(
            answers=len(latencies),
            of_all=self._of_all,
            seconds=max(end - self._counting_from, 1e-9),
            p50_ms=percentile(latencies, 0.50),
            p99_ms=percentile(latencies, 0.99),
            errors=dict(self._errors),
        )


class _Client(asyncio.Protocol):
    """A connection with one question at a time."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._received = b""
        self._asked_at = 0.0
        self._waiting = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        request = self._load.next()
        self._waiting = request is not None
        if request is None:
            self._transport.close()
        else:
            self._asked_at = time.perf_counter()
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_HEAD_END)
        if not found:
            return
        length = _content_length(head)
        if length is None:
            self._load.failed("an answer without a length")
            self._waiting = False
            self._transport.close()
        elif len(body) >= length:
            self._received = body[length:]
            self._load.answered(self._asked_at, head[9:12])
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting:
            self._load.failed(f"connection lost: {exc or 'closed by the server'}")
        if not self.done.done():
            self.done.set_result(None)


def _content_length(head: bytes) -> int | None:
    _, found, rest = head.lower().partition(_LENGTH)
    length = rest.partition(b"\r")[0].strip()
    return int(length) if found and length.isdigit() else None


async def _run(options: argparse.Namespace, targets: Sequence[str]) -> Answers:
    make = partial(post, options.post) if options.post else _request
    requests = [make(target, options.port) for target in targets]
    endless = cycle(requests) if options.cycle else iter(requests)
    load = _Load(endless, options.warm_up, options.seconds)
    running = asyncio.get_running_loop()
    clients: list[_Client] = []
    for _ in range(options.clients):
        try:
            _, client = await running.create_connection(lambda: _Client(load), _HOST, options.port)
        except OSError as error:
            load.failed(type(error).__name__)
        else:
            clients.append(client)
    most = options.warm_up + options.seconds + _LAST_ANSWER_SECONDS
    if clients:
        _, unanswered = await asyncio.wait([client.done for client in clients], timeout=most)
        for _ in unanswered:
            load.failed("no answer")
    return load.tally()


def _request(target: str, port: int) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {_HOST}:{port}\r\nAccept: */*\r\n\r\n".encode("ascii")


def post(path: str, body: str, port: int) -> bytes:
    content = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {_HOST}:{port}\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode("ascii") + content


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load")
    parser.add_argument("port", type=int)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--warm-up", type=float, default=0.0, help="seconds that do not count")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--cycle", action="store_true", help="ask the same again and again")
    parser.add_argument("--post", metavar="PATH", help="post each line, JSON, to this path")
    options = parser.parse_args()
    answers = uvloop.run(_run(options, sys.stdin.read().splitlines()))
    print(json.dumps(asdict(answers)))


if __name__ == "__main__":
    main()
