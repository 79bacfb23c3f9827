"""Hosts on this machine with feeds that live: they publish, move, and fail in every known way."""

import asyncio
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

_HOSTS = 8
LISTED = 6  # episodes of a feed
_KINDS = ("steady", "moving", "without guids", "with new guids", "without marks")
_STATUS = {"404": "404 Not Found", "500": "500 Oh", "503": "503 Busy", "429": "429 Slow"}
FAULTS = (*_STATUS, "closed", "empty", "page", "truncated", "loop", "packed")
_FEED = re.compile(r"/(?:moved-)?(\d+)")


@dataclass
class Feed:
    number: int
    published: int = 0
    fault: str | None = None
    may_move: bool = False
    has_moved: bool = False
    answers: int = 0
    seen: set[str] = field(default_factory=set)  # titles that a good answer had
    last_listed: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        return _KINDS[self.number % len(_KINDS)]

    def publish(self, count: int) -> None:
        self.published += count

    def listed(self) -> list[str]:
        """The titles of its newest episodes."""
        newest = range(self.published, max(0, self.published - LISTED), -1)
        return [f"Show {self.number}, number {each}" for each in newest]

    def document(self) -> bytes:
        self.answers += 1
        items = "".join(map(self._item, self.listed()))
        return f'<rss version="2.0"><channel><title>Show</title>{items}</channel></rss>'.encode()

    def _item(self, title: str) -> str:
        number = int(title.rpartition(" ")[2])
        volatile = self.answers if self.kind.startswith("with") else 0
        name = f"show-{self.number}-episode-{number}"
        guid = f"<guid>{name}-{volatile:08}</guid>" if self.kind != "without guids" else ""
        audio = f"https://cdn.example/{name}.mp3?token-time={1_700_000_000 + volatile}"
        return (
            f"<item><title>{title}</title><description>What {name} is about.</description>{guid}"
            f'<enclosure url="{audio}" type="audio/mpeg"/></item>'
        )


class Hosts:
    """Serves the feeds from several ports, in a thread of its own."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def addresses(self) -> list[str]:
        ports = [server.sockets[0].getsockname()[1] for server in self._servers]
        return [
            f"http://127.0.0.1:{ports[feed.number % len(ports)]}/{feed.number}"
            for feed in self._feeds
        ]

    def number_of(self, address: str) -> int:
        """Of the feed at that address."""
        found = _FEED.search(address.partition("://")[2])
        return int(found[1]) if found else -1

    async def _start(self) -> None:
        for _ in range(_HOSTS):
            self._servers.append(await asyncio.start_server(self._answer, "127.0.0.1", 0))

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
            await server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = request.split(" ", 2)[1]
            writer.write(self._reply(self._feeds[self.number_of(f"://{path}")], path, request))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _reply(self, feed: Feed, path: str, request: str) -> bytes:
        if feed.fault:
            return _faulty(feed, path)
        if feed.kind == "moving" and (feed.has_moved or feed.may_move) and "moved" not in path:
            feed.has_moved = True
            return _head("301 Moved", f"Location: /moved-{feed.number}")
        document = feed.document()
        mark = f'"{sha256(document).hexdigest()[:16]}"'
        if feed.kind in ("steady", "moving") and mark in request:
            return _head("304 Not Modified", f"ETag: {mark}")
        return _head("200 OK", f"ETag: {mark}", document)


def _faulty(feed: Feed, path: str) -> bytes:
    fault = feed.fault or ""
    if fault in _STATUS:
        return _head(_STATUS[fault], "X-Fault: yes")
    if fault == "loop":
        return _head("302 Found", f"Location: {path}")
    if fault == "packed":
        return _head("200 OK", "Content-Encoding: zstd", b"packed")
    document = feed.document()
    if fault == "closed":
        return _head("200 OK", "X-Fault: yes", document)[:-100]
    if fault == "truncated":
        return _head("200 OK", "X-Fault: yes", document[: len(document) // 2])
    page = b"<!doctype html><html><body>We are back soon</body></html>"
    return _head("200 OK", "X-Fault: yes", page if fault == "page" else b"")


def _head(status: str, header: str, body: bytes = b"") -> bytes:
    lines = f"HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {len(body)}\r\nConnection: close"
    return f"{lines}\r\n\r\n".encode() + body
