"""Malformed, slow and oversized requests: each must get a 4xx or a closed connection, at no cost.

Odd but well-formed requests (a NUL in a question, a lone surrogate) may be answered.
"""

import gzip
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from urllib.parse import quote

from indexer.build import BuildOptions, build
from indexer.encoder.cpu_count import available_cpus
from tests.benchmarks import texts
from tests.benchmarks.servers import HOST, Server, running
from tests.torture.row import Ground, Row
from tests.torture.service import service

_EPISODES = 100
_ROUNDS = 20
_CLIENT_SECONDS = 1.0
_ANSWER_SECONDS = 15.0
_IDLE = 10_000
_MOST_GROWTH = 1.10
_CLOSED = "closed"

Outcome = str  # a status code, or "closed"


def run(ground: Ground, dose: float) -> Row:
    root = ground.directory / "snapshots"
    corpus = ground.directory / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(each) + "\n" for each in texts.episodes(_EPISODES)))
    build([corpus], root, ground.artifact, BuildOptions(threads=available_cpus()))
    idle = round(_IDLE * dose)
    with running(service(root, f"--client-timeout={_CLIENT_SECONDS}")) as server:
        server.first_answer("/search?q=anything")
        attack(server)  # the first run fills caches, which is not a leak
        crowded = _idle(server, idle)
        before, outcomes = server.resident_mib(), Counter[Outcome]()
        for _ in range(max(1, round(_ROUNDS * dose))):
            outcomes += attack(server)
        _idle(server, idle)
        after = server.resident_mib()
        server.first_answer("/search?q=anything")
    wrong = {outcome: n for outcome, n in outcomes.items() if not is_allowed(outcome)}
    told = ", ".join(f"{count:,} x {outcome}" for outcome, count in sorted(outcomes.items()))
    return Row(
        test=f"hostile input, {outcomes.total():,} times; {idle:,} idle clients",
        wanted="4xx or a close, never a 5xx, memory flat",
        measured=f"{told}; memory {before:.0f} -> {after:.0f} MiB, {crowded:.0f} with idle clients",
        held=not wrong and after < before * _MOST_GROWTH,
        figures={"before_mib": before, "after_mib": after},
    )


def is_allowed(outcome: Outcome) -> bool:
    return outcome in {_CLOSED, "200", "503"} or outcome.startswith("4")


def attack(server: Server) -> Counter[Outcome]:
    """Send every hostile request; the slow ones run at the same time."""
    with ExitStack() as stack:
        slow = [stack.enter_context(_sent(server.port, begun)) for begun in _SLOW]
        outcomes = Counter(_outcome(server.port, attack) for attack in _ATTACKS)
        return outcomes + Counter(map(_answer, slow))


def _idle(server: Server, count: int) -> float:
    """The service's memory in MiB while `count` idle clients are connected."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(_sent(server.port, b""))
        started = time.monotonic()
        server.first_answer("/search?q=anything")
        assert time.monotonic() - started < _ANSWER_SECONDS
        return server.resident_mib()


def _outcome(port: int, request: bytes) -> Outcome:
    with _sent(port, request) as client:
        return _answer(client)


def _sent(port: int, request: bytes) -> socket.socket:
    client = socket.create_connection((HOST, port), timeout=_ANSWER_SECONDS)
    with suppress(OSError):  # the service refuses it before it is complete
        client.sendall(request)
    return client


def _answer(client: socket.socket) -> Outcome:
    try:
        head = client.recv(64)
    except TimeoutError:
        return "nothing"
    except OSError:
        return _CLOSED
    return head[9:12].decode() if head else _CLOSED


def _get(target: str, *headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", f"Host: {HOST}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /search HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json"]
    length = f"Content-Length: {len(body)}"
    return "\r\n".join([*lines, length, *headers, "", ""]).encode() + body


def _chunked(chunks: bytes) -> bytes:
    head = f"POST /search HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + chunks


def _traversals() -> Iterator[bytes]:
    for path in (
        "../../etc/passwd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cetc",
        "%00",
        "%ff",
    ):
        yield _get(f"/episodes/{path}")
        yield _get(f"/episodes/{path}/similar")


_MANY = 10_000_000
_ATTACKS: list[bytes] = [
    *_traversals(),
    _get("/search?q=%00"),
    _get("/search?q=" + quote(b"jazz \xed\xa0\x80")),
    _get("/search?q=%ff%fe"),
    _get("/search?q=jazz&k=" + "9" * 5000),
    _get("/search?" + "q=a&" * 5000),
    _get("/search?q=jazz", "X-Request-Timeout: 1e999"),
    _get("/search?q=jazz", "Authorization: Basic \xff\xfe"),
    _get("/search?q=jazz", "traceparent: " + "0" * 5000),
    _get("/search?q=" + "a" * 1_000_000),
    _get("/search?q=jazz", *(f"X-{n}: {'a' * 100}" for n in range(10_000))),
    _get("/search?q=jazz", "X: " + "a" * _MANY),
    _get("/search?q=jazz", "X Y: a", "\x00: b"),
    _get("/search?q=\x80\xff"),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x00" * 100_000,
    b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    _post(b" " * _MANY),
    _post(b'{"q": "' + b"a" * 200_000 + b'"}'),
    _post(b"[" * 200_000),
    _post(b'{"q":' * 20_000 + b"1" + b"}" * 20_000),
    _post(b'{"q": "jazz \\ud800"}'),
    _post(b'{"q": "jazz\\u0000"}'),
    _post(b'{"q": "jazz", "k": ' + b"9" * 10_000 + b"}"),
    _post(b'{"q": "jazz", "k": 1e400}'),
    _post(b'{"q": "jazz", "k": NaN}'),
    _post(b"\xff\xfe" * 1000),
    _post(gzip.compress(b" " * _MANY), "Content-Encoding: gzip"),
    _post(b"", "Content-Length: -5"),
    _chunked(b"ffffffffffffffffff\r\n"),
    _chunked(b"80000\r\n" + b" " * 0x80000 + b"\r\n0\r\n\r\n"),
]
_SLOW: list[bytes] = [
    b"",
    b"G",
    b"\r\n",
    b"GET /search?q=jazz HTTP/1.1\r\nHost: a\r\nX: ",
    _post(b'{"q": "jazz"}')[:-3],
]
