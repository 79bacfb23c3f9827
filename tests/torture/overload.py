"""Ten times as many questions as can be answered, from clients that never slow down.

They arrive at a steady rate whatever becomes of them, each on a connection that has nothing else to
wait for. The most that can be answered is measured first, by clients that ask one at a time.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast
from urllib.parse import quote

import uvloop

from indexer.build import build
from indexer.encoder.threads import available_cpus
from tests.benchmarks import texts
from tests.benchmarks.load import percentile
from tests.benchmarks.servers import HOST, Server, running
from tests.torture.row import Ground, Row
from tests.torture.service import FORGETFUL, service

_EPISODES = 200
_QUESTIONS = 5000
_TIMES = 10
_SECONDS = 60.0
_SUSTAINED_SECONDS = 10.0
_CLIENTS = 16
_READY = 1000  # connections that are open when it begins; where none is free another is opened
_DEADLINE_SECONDS = 5.0
_RECOVERED_SECONDS = 2.0
_TICK_SECONDS = 0.005
_MOST_REFUSAL_MS = 50.0
_MOST_GROWTH = 1.10
_FULL_SPEED = 0.9
_LATE = 1.1  # what a busy machine may add to a deadline


@dataclass
class Tally:
    accepted: list[float] = field(default_factory=list)  # milliseconds
    refused: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    def add(self, head: bytes, milliseconds: float) -> None:
        if head[9:12] == b"200":
            self.accepted.append(milliseconds)
        elif head[9:12] == b"503" and b"\r\nretry-after:" in head:
            self.refused.append(milliseconds)
        else:
            self.failed[head[9:12].decode() or "closed"] += 1


@dataclass(frozen=True)
class _Measured:
    sustained: float  # answers a second
    offered: float
    tally: Tally
    recovered: float
    before_mib: float
    after_mib: float


def run(ground: Ground, dose: float) -> Row:
    root, corpus = ground.directory / "snapshots", ground.directory / "corpus.jsonl"
    episodes = list(texts.episodes(_EPISODES))
    corpus.write_text("".join(json.dumps(each) + "\n" for each in episodes))
    build([corpus], root, ground.artifact, threads=available_cpus())
    questions = texts.questions([str(each["summary"]) for each in episodes])
    targets = [f"/search?q={quote(next(questions))}" for _ in range(_QUESTIONS)]
    with running(service(root, *FORGETFUL)) as server:
        server.first_answer("/search?q=anything")
        return _row(uvloop.run(_measure(server, cycle(targets), dose)), dose)


async def _measure(server: Server, targets: Iterator[str], dose: float) -> _Measured:
    seconds = max(1.0, _SUSTAINED_SECONDS * dose)
    crowd = _Crowd(server.port, targets)
    await crowd.ask_in_turn(_CLIENTS, seconds)
    sustained = await crowd.ask_in_turn(_CLIENTS, seconds)
    await crowd.arrive(sustained * _TIMES, seconds)  # what is taken at a first time is no leak
    before = server.resident_mib()
    crowd.tally = tally = Tally()
    offered = await crowd.arrive(sustained * _TIMES, _SECONDS * dose)
    await asyncio.sleep(_RECOVERED_SECONDS)
    recovered = await crowd.ask_in_turn(_CLIENTS, seconds)
    await crowd.leave()
    return _Measured(sustained, offered, tally, recovered, before, server.resident_mib())


def _row(got: _Measured, dose: float) -> Row:
    accepted, refused = sorted(got.tally.accepted), sorted(got.tally.refused)
    accepted_p99, refused_p99 = percentile(accepted, 0.99), percentile(refused, 0.99)
    return Row(
        test=f"{_TIMES} x the sustainable load for {_SECONDS * dose:.0f} s",
        wanted="accepted p99 bounded by the deadline, the rest 503 with Retry-After, "
        "memory flat, full speed again within 2 s",
        measured=f"{got.offered:,.0f} a second where {got.sustained:,.0f} can be answered: "
        f"{len(accepted):,} answered, p99 {accepted_p99:,.0f} ms; {len(refused):,} refused, "
        f"p50 {percentile(refused, 0.5):.0f} and p99 {refused_p99:.0f} ms; "
        f"{got.tally.failed.total()} failed; then {got.recovered:,.0f} a second; "
        f"memory {got.before_mib:.0f} -> {got.after_mib:.0f} MiB",
        held=bool(accepted and refused) and not got.tally.failed,
        in_time=accepted_p99 < _DEADLINE_SECONDS * 1000 * _LATE
        and refused_p99 < _MOST_REFUSAL_MS
        and got.recovered > got.sustained * _FULL_SPEED
        and got.after_mib < got.before_mib * _MOST_GROWTH,
        figures={"sustained": got.sustained, "offered": got.offered, "recovered": got.recovered},
    )


class _Crowd:
    def __init__(self, port: int, targets: Iterator[str]) -> None:
        self.tally = Tally()
        self._port = port
        self._targets = targets

        self._idle: list[_Client] = []

    async def ask_in_turn(self, clients: int, seconds: float) -> float:
        """Each client asks the next as soon as it is answered; answers a second."""
        self.tally, until = Tally(), time.perf_counter() + seconds
        await asyncio.gather(*(self._ask_until(until) for _ in range(clients)))
        return len(self.tally.accepted) / seconds

    async def _ask_until(self, until: float) -> None:
        client = await self._client()
        while time.perf_counter() < until:
            await client.ask(next(self._targets))
        self._idle.append(client)

    async def arrive(self, rate: float, seconds: float) -> float:
        """Questions a second that did arrive."""
        self._idle += await asyncio.gather(*(self._connected() for _ in range(_READY)))
        started, asked, asking = time.perf_counter(), 0, set[asyncio.Task[None]]()
        while (passed := time.perf_counter() - started) < seconds:
            while asked < rate * passed:
                asking.add(task := asyncio.create_task(self._ask_once()))
                task.add_done_callback(asking.discard)
                asked += 1
            await asyncio.sleep(_TICK_SECONDS)
        await asyncio.gather(*asking)
        return asked / seconds

    async def _ask_once(self) -> None:
        try:
            client = await self._client()
        except OSError as error:
            self.tally.failed[type(error).__name__] += 1
        else:
            await client.ask(next(self._targets))
            self._idle.append(client)

    async def _client(self) -> "_Client":
        while self._idle:
            if (client := self._idle.pop()).is_connected:
                return client
        return await self._connected()

    async def _connected(self) -> "_Client":
        connect = asyncio.get_running_loop().create_connection
        _, client = await connect(lambda: _Client(self), HOST, self._port)
        return client

    async def leave(self) -> None:
        for client in self._idle:
            client.close()


class _Client(asyncio.Protocol):
    """A connection with one question at a time on it."""

    def __init__(self, crowd: _Crowd) -> None:
        self._crowd = crowd
        self._received = b""
        self._asked_at = 0.0
        self._answered: asyncio.Future[None] | None = None

    @property
    def is_connected(self) -> bool:
        return not self._transport.is_closing()

    async def ask(self, target: str) -> None:
        self._received, self._asked_at = b"", time.perf_counter()
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        await self._answered

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head.lower()):
            self._tell(head.lower())

    def connection_lost(self, _: Exception | None) -> None:
        self._tell(b"")

    def _tell(self, head: bytes) -> None:
        if self._answered and not self._answered.done():
            self._crowd.tally.add(head, (time.perf_counter() - self._asked_at) * 1000)
            self._answered.set_result(None)


def _length(head: bytes) -> int:
    return int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r")[0] or 0)
