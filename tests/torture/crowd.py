"""Clients that ask at a fixed rate, whether or not they are answered, timed by the kernel.

They share the processors with the service, so they may run late. The times do not depend on that:
a question is timed from just before it is sent until the kernel receives the last byte of the
answer, whenever that is read (SO_TIMESTAMPNS of socket(7)).
"""

import resource
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.servers import HOST

_SO_TIMESTAMPNS = 35  # Linux; Python does not name it
_STAMP = struct.Struct("qq")  # a timespec: seconds and nanoseconds since 1970
_ROOM_FOR_STAMP = socket.CMSG_SPACE(_STAMP.size)
_TICK_SECONDS = 0.002
_MOST_BYTES = 1 << 18
_MOST_CONNECTIONS = 4096  # questions under way at once, also if the crowd is later than its rate
_SPARE_DESCRIPTORS = 16


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


class Crowd:
    """Sends each question on a connection that waits for no other answer."""

    def __init__(self, port: int, targets: Iterator[str | bytes]) -> None:
        """`targets` are paths to GET, or whole requests."""
        self.tally = Tally()
        self._port = port
        self._targets = targets
        self._epoll = select.epoll()
        self._clients: dict[int, _Client] = {}
        self._idle: list[_Client] = []
        self._most = min(_MOST_CONNECTIONS, _free_descriptors())

    def gather(self, count: int) -> None:
        """Open connections in advance, as many as may be open."""
        fitting = min(count, self._most - len(self._clients))
        self._idle += [self._connected() for _ in range(fitting)]

    def ask_in_turn(self, clients: int, seconds: float) -> float:
        """Each client asks again as soon as it is answered; returns the answers per second."""
        self.tally, until = Tally(), time.monotonic() + seconds
        answered = clients
        while time.monotonic() < until:
            self._ask(answered)
            answered = self._answered()
        self._finish()
        return len(self.tally.accepted) / seconds

    def arrive(self, rate: float, seconds: float) -> float:
        """Send questions at a rate; returns the questions per second that were really sent."""
        self.tally, began, asked = Tally(), time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            due = int(rate * passed) - asked
            asked += self._ask(due)
            self._answered()
        self._finish()
        return asked / seconds

    def leave(self) -> None:
        for client in self._clients.values():
            client.socket.close()
        self._epoll.close()

    def _ask(self, count: int) -> int:
        """Send as many questions as there are connections for; returns how many."""
        fitting = min(count, self._most - len(self._clients) + len(self._idle))
        for _ in range(fitting):
            asked_at = time.time_ns()
            client = self._idle.pop() if self._idle else self._connected()
            client.ask(next(self._targets), asked_at)
        return fitting

    def _connected(self) -> "_Client":
        client = _Client(self._port)
        self._clients[client.socket.fileno()] = client
        self._epoll.register(client.socket, select.EPOLLIN)
        return client

    def _finish(self) -> None:
        while len(self._idle) < len(self._clients):
            self._answered()

    def _answered(self) -> int:
        """The number of answers that arrived within a tick."""
        asking = len(self._clients) - len(self._idle)
        for descriptor, _ in self._epoll.poll(_TICK_SECONDS):
            self._take(self._clients[descriptor])
        return asking - (len(self._clients) - len(self._idle))

    def _take(self, client: "_Client") -> None:
        client.receive()
        if client.is_closed:
            self._lose(client)
        if client.is_answered:
            self.tally.add(client.head, client.milliseconds)
            client.is_asking = False
            self._idle.append(client)

    def _lose(self, client: "_Client") -> None:
        del self._clients[client.socket.fileno()]
        client.socket.close()
        if client.is_asking:
            self.tally.failed["closed"] += 1
        else:
            self._idle.remove(client)


class _Client:
    """A connection with one question at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port))
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.is_asking = self.is_closed = False
        self._received = b""
        self._asked_at = self._answered_at = 0  # nanoseconds since 1970

    def ask(self, target: str | bytes, at: int) -> None:
        self.is_asking, self._received, self._asked_at = True, b"", at
        with suppress(OSError):  # the server closed it; `receive` notices that
            self.socket.send(target if isinstance(target, bytes) else _get(target))

    def receive(self) -> None:
        try:
            data, told, _, _ = self.socket.recvmsg(_MOST_BYTES, _ROOM_FOR_STAMP)
        except OSError:
            data, told = b"", []
        self.is_closed = not data
        self._received += data
        for _, _, stamp in told:
            seconds, nanoseconds = _STAMP.unpack(stamp)
            self._answered_at = seconds * 10**9 + nanoseconds

    @property
    def is_answered(self) -> bool:
        head, found, body = self._received.partition(b"\r\n\r\n")
        return self.is_asking and bool(found) and len(body) >= _length(head.lower())

    @property
    def head(self) -> bytes:
        return self._received.partition(b"\r\n\r\n")[0].lower()

    @property
    def milliseconds(self) -> float:
        return (self._answered_at - self._asked_at) / 1e6


def _get(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def _free_descriptors() -> int:
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most - sum(1 for _ in Path("/proc/self/fd").iterdir()) - _SPARE_DESCRIPTORS


def _length(head: bytes) -> int:
    return int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r")[0] or 0)
