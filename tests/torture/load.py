"""Clients that ask without pause, each on its own connection, and check every answer."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from tests.benchmarks.load import percentile
from tests.benchmarks.servers import HOST
from tests.torture.editions import Editions

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_LONGEST_SECONDS = 30.0
# The server closes a connection that is idle for five seconds. If this process itself was suspended
# that long, a closed connection is no fault of the server.
_KEPT_OPEN_MS = 2500.0


@dataclass
class Tally:
    milliseconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    wrong: int = 0  # answers from a snapshot that was not in force
    mixed: int = 0  # answers with hits of more than one snapshot

    @property
    def p99_ms(self) -> float:
        return percentile(sorted(self.milliseconds), 0.99)

    @property
    def held(self) -> bool:
        return bool(self.milliseconds) and not (self.failed or self.wrong or self.mixed)

    def __str__(self) -> str:
        failed = ", ".join(f"{count} x {what}" for what, count in self.failed.items())
        return (
            f"{len(self.milliseconds):,} answers, {self.failed.total()} failed"
            f"{f' ({failed})' if failed else ''}, {self.wrong} wrong, {self.mixed} mixed"
        )


class Load:
    """`may_answer` has the snapshots in force, two during a swap; None allows any."""

    def __init__(self, port: int, editions: Editions) -> None:
        self.may_answer: frozenset[str] | None = None
        self.tally = Tally()
        self._port = port
        self._editions = editions
        self._questions = editions.questions()

    @asynccontextmanager
    async def running(self, clients: int) -> AsyncIterator[None]:
        """Run clients within the block; waits for all answers at its end."""
        self._stopping = False
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(self._client())
            try:
                yield
            finally:
                self._stopping = True

    async def _client(self) -> None:
        while not self._stopping:
            try:
                await self._ask_on_one_connection()
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.tally.failed[type(error).__name__] += 1

    async def _ask_on_one_connection(self) -> None:
        reader, writer = await asyncio.open_connection(HOST, self._port)
        try:
            while not self._stopping and await self._ask(reader, writer) < _KEPT_OPEN_MS:
                pass
        finally:
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
        """Ask a question and check the answer; returns its milliseconds."""
        question, asked_in, asked_at = next(self._questions), self.may_answer, time.perf_counter()
        async with asyncio.timeout(_LONGEST_SECONDS):
            status, body = await get(reader, writer, f"/search?q={quote(question)}")
        milliseconds = (time.perf_counter() - asked_at) * 1000
        if status != 200:
            self.tally.failed[f"status {status}"] += 1
            return milliseconds
        self.tally.milliseconds.append(milliseconds)
        answer = orjson.loads(body)
        if asked_in and self.may_answer and answer["snapshot"] not in asked_in | self.may_answer:
            self.tally.wrong += 1
        elif self._editions.is_mixed(question, answer):
            self.tally.mixed += 1
        return milliseconds


async def get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str
) -> tuple[int, bytes]:
    """The status and the body of the answer."""
    writer.write(request(target))
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return int(head[9:12]), await reader.readexactly(int(length[1]) if length else 0)


def request(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
