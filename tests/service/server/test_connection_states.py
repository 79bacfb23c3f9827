"""A client that stops is dropped, in every state of a connection.

The answers do not fit into the buffers between client and server, unless a test says so.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from service.server.admission import Admission
from service.server.http_protocol import Connection
from service.server.write_timeout import TimedWrites
from tests.service.server.in_thread import in_thread
from tests.service.server.test_http_protocol import rest
from tests.test_server import wait_until

CLIENT_SECONDS = 0.5
LARGE = bytes(64 << 20)
SMALL = bytes(1000)


async def app(scope: Scope, _: Receive, send: Send) -> None:
    if scope["path"] == "/slow":
        await asyncio.sleep(4 * CLIENT_SECONDS)
    body = LARGE if scope["path"] == "/large" else SMALL
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/parts":
        await send({"type": "http.response.body", "body": body[:10], "more_body": True})
        await asyncio.sleep(4 * CLIENT_SECONDS)
        body = body[10:]
    await send({"type": "http.response.body", "body": body})


class Listening:
    def __init__(self) -> None:
        self.room = 1000
        connection = partial(
            Connection,
            admission=Admission(lambda: self.room),
            client_seconds=CLIENT_SECONDS,
            most_connections=100,
        )
        self.server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=cast("type[Connection]", connection),
                lifespan="off",
                timeout_keep_alive=1,
                timeout_graceful_shutdown=1,
            )
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        with in_thread(self.server) as self.address:
            yield

    def connected(self, *sent: bytes) -> socket.socket:
        """A client with a tiny receive buffer."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        client.connect(self.address)
        wait_until(lambda: self.has_clients)
        client.sendall(b"".join(sent))
        return client

    @property
    def has_clients(self) -> bool:
        return bool(self.server.server_state.connections)


@pytest.fixture(scope="module")
def opened() -> Iterator[Listening]:
    listening = Listening()
    with listening.open():
        yield listening


@pytest.fixture
def listening(opened: Listening) -> Iterator[Listening]:
    opened.room = 1000
    yield opened
    wait_until(lambda: not opened.has_clients)


def get(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: a", *headers, "", ""]).encode()


def post(target: str, length: int) -> bytes:
    return f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="before the head"),
        pytest.param(b"\r\n", id="at an empty line"),
        pytest.param(b"GET /small HT", id="in the head"),
        pytest.param(post("/slow", 9) + b"1", id="in the body"),
        pytest.param(post("/small", 9) + b"1", id="in the body of what has an answer"),
        pytest.param(post("/parts", 9) + b"1", id="in the body of what is half answered"),
        pytest.param(get("/small"), id="between requests"),
        pytest.param(get("/small") + b"\r\n", id="between requests, at an empty line"),
        pytest.param(get("/small") + b"GET /sm", id="in the next head"),
        pytest.param(get("/large"), id="while the answer is not read"),
        pytest.param(get("/large", "Connection: close"), id="while the last answer is not read"),
        pytest.param(get("/large") + get("/small"), id="pipelining"),
        pytest.param(get("/large") * 5, id="pipelining much"),
        pytest.param(get("/large") + post("/small", 9), id="pipelining half a request"),
    ],
)
def test_a_client_that_stops_is_dropped(listening: Listening, sent: bytes) -> None:
    with listening.connected(sent):
        wait_until(lambda: not listening.has_clients)


@pytest.mark.parametrize("then", [get("/small"), get("/sm")[:6]])
def test_a_client_that_sends_again_while_its_answer_is_buffered_is_dropped(
    listening: Listening, then: bytes
) -> None:
    with listening.connected(get("/large")) as client:
        time.sleep(CLIENT_SECONDS / 2)
        client.sendall(then)
        wait_until(lambda: not listening.has_clients)


@pytest.mark.parametrize("room", [0, 1000])
def test_a_client_that_sends_on_and_reads_nothing_is_dropped_though_buffers_have_room(
    listening: Listening, room: int
) -> None:
    """The kernel's buffers alone could hold such answers for minutes."""
    listening.room = room
    with listening.connected() as client, pytest.raises(ConnectionError):
        ask_without_end(client)


def ask_without_end(client: socket.socket) -> None:
    while True:
        client.sendall(get("/search"))
        time.sleep(CLIENT_SECONDS / 20)


def test_a_refused_client_that_reads_nothing_is_dropped(listening: Listening) -> None:
    """The connection of a refused client is closed once it has read the answers before."""
    with listening.connected(get("/large")) as client:
        time.sleep(CLIENT_SECONDS / 2)
        client.sendall(b"\x16\x03\x01\r\n\r\n")
        wait_until(lambda: not listening.has_clients)


def test_half_a_request_behind_another_is_refused_after_that_is_answered(
    listening: Listening,
) -> None:
    for half in (b"GET /sm", post("/small", 9)):
        with listening.connected(get("/slow"), half) as client:
            told = rest(client)
        assert told.startswith(b"HTTP/1.1 200 ")
        assert told.count(b"HTTP/1.1 ") <= 2


class Held(asyncio.Transport):
    """A transport from which the client takes as much as a test says."""

    def __init__(self) -> None:
        super().__init__({"socket": socket.socket()})
        self.held = 0
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.held += len(data)

    def get_write_buffer_size(self) -> int:
        return self.held

    def abort(self) -> None:
        self.aborted = True


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time passes when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def pass_by(self, seconds: float) -> None:
        self._now += seconds
        self.call_soon(self.stop)
        self.run_forever()


def dropped_after(size: int, taken: Callable[[int], int], steps: int) -> int | None:
    """The quarter of the timeout in which a client is dropped that takes `taken` in each."""
    loop, held = Clock(), Held()
    writes = TimedWrites(held, loop, seconds=4.0)
    with held.get_extra_info("socket"):
        writes.write(bytes(size))
        for step in range(steps):
            loop.pass_by(1.001)
            if held.aborted:
                break
            held.held -= min(held.held, taken(step))
        loop.close()
    return step if held.aborted else None


def test_a_client_that_reads_nothing_is_dropped_after_the_timeout() -> None:
    assert dropped_after(1000, lambda _: 0, steps=20) == 3


def test_a_client_that_reads_a_little_is_dropped_later() -> None:
    assert dropped_after(1_000_000, lambda _: 1, steps=20) == 3
    assert dropped_after(1_000_000, lambda step: 70_000 * (step < 3), steps=20) == 7


def test_a_client_that_reads_much_or_all_is_not_dropped() -> None:
    assert dropped_after(1_000_000, lambda _: 25_000, steps=38) is None
    assert dropped_after(1000, lambda step: 1000 * (step == 2), steps=20) is None
