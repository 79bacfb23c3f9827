"""Slow clients, gone clients, too many clients, and the shutdown by a signal, on real sockets."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.test_server import Server, serving, wait_until

LIMITS = ("--workers=1", "--client-timeout=1", "--slow-request-threshold=0")


@pytest.fixture(scope="module")
def server(seed_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("connection") / "log"
    with serving(seed_root, log, *LIMITS) as server:
        yield server


def connected(server: Server, sent: bytes = b"") -> socket.socket:
    port = server.client.base_url.port
    assert port
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.sendall(sent)
    return client


def rest(client: socket.socket) -> bytes:
    """The data received until the server closes."""
    received = b""
    while part := client.recv(65536):
        received += part
    return received


@pytest.mark.parametrize(
    "half",
    [
        b"GET /search?q=kafka HT",
        b"GET /search?q=kafka HTTP/1.1\r\nHost: a\r\nX: ",
        b"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n{",
    ],
)
def test_an_incomplete_request_is_refused_after_the_timeout(server: Server, half: bytes) -> None:
    with connected(server, half) as client:
        told = rest(client)
        assert told.startswith(b"HTTP/1.1 408 ")
        assert b"\r\nx-request-id: " in told


@pytest.mark.parametrize("nothing", [b"", b"\r\n\r\n"])
def test_a_connection_without_a_request_is_closed(server: Server, nothing: bytes) -> None:
    with connected(server, nothing) as client:
        assert not rest(client).startswith(b"HTTP/1.1 2")


def test_a_slow_client_within_the_timeout_is_answered(server: Server) -> None:
    with connected(server, b"GET /healthz HTTP/1.1\r\n") as client:
        time.sleep(0.1)
        client.sendall(b"Host: a\r\nConnection: close\r\n\r\n")
        assert rest(client).startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n"
    with connected(server, (one + b"\r\n") * 3 + one + b"Connection: close\r\n\r\n") as client:
        assert rest(client).count(b"HTTP/1.1 200 ") == 4


@pytest.mark.parametrize(
    "flood",
    [
        b"GET /search?q=" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000,
        b"GET / HTTP/1.1\r\n" + b"X: aaaaaaaaaaaaaaaa\r\n" * 5000 + b"\r\n",
    ],
)
def test_an_endless_head_is_refused(server: Server, flood: bytes) -> None:
    with connected(server) as client:
        try:
            client.sendall(flood)
            answer = rest(client)
        except OSError:  # closed while the flood was still being sent
            return
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_data_that_is_not_http_gets_problem_details(server: Server) -> None:
    with connected(server, b"\x16\x03\x01\x02\x00\r\n\r\n") as client:
        head, _, body = rest(client).partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == 400


def test_idle_connections_do_not_delay_others(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(server))
        assert server.client.get("/search?q=kafka").status_code == 200


def test_connections_beyond_the_limit_are_closed_until_others_end(
    seed_root: Path, tmp_path: Path
) -> None:
    options = ("--workers=1", "--max-connections=4", "--client-timeout=60")
    with serving(seed_root, tmp_path / "log", *options) as server:
        server.client.close()
        with ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(connected(server))
            assert is_closed(stack.enter_context(connected(server)))
        wait_until(lambda: is_answered(server))


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def is_answered(server: Server) -> bool:
    with connected(server) as client:
        try:
            client.sendall(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
            return rest(client).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False


def test_every_answer_has_security_headers(server: Server) -> None:
    headers = server.client.get("/healthz").headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_slow_questions_are_logged_with_their_stages(server: Server) -> None:
    server.client.get("/search?q=stream+governance+logged")

    lines = [json.loads(line) for line in server.log.splitlines()]
    searches = [line for line in lines if line.get("route") == "/search"]
    assert {"queue", "encode", "dense", "lexical", "evidence"} <= set(searches[-1]["stages_ms"])
    assert "governance" not in server.log


def test_metrics_are_summed_over_all_workers(seed_root: Path, tmp_path: Path) -> None:
    """Any worker that is scraped returns the sum."""
    with serving(seed_root, tmp_path / "log", "--workers=2") as server:
        for _ in range(20):
            httpx2.get(server.client.base_url.join("/search?q=kafka"), trust_env=False)
        for _ in range(4):
            told = httpx2.get(server.client.base_url.join("/metrics"), trust_env=False).text
            counted = 'episode_search_requests_total{route="/search",status="200"} 20.0'
            assert counted in told.splitlines()


def test_after_sigterm_running_requests_are_answered_and_new_ones_are_not(
    seed_root: Path, tmp_path: Path
) -> None:
    body = b'{"q": "kafka"}'
    head = f"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
    with serving(seed_root, tmp_path / "log", "--workers=1") as server:
        server.client.close()
        with connected(server, f"{head}Content-Type: application/json\r\n\r\n".encode()) as client:
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            with pytest.raises(OSError, match="refused"):
                connected(server)
            client.sendall(body)
            assert rest(client).startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(20) == 0


def test_an_incomplete_request_does_not_prevent_the_shutdown(
    seed_root: Path, tmp_path: Path
) -> None:
    with serving(seed_root, tmp_path / "log", "--workers=1", "--drain-timeout=1") as server:
        half = b"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
        with connected(server, half):
            time.sleep(0.3)
            assert server.stop() == 0
