"""Limits on bodies and time, and cancelled requests."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from service.app import create_app
from service.search.execution.batcher import Overloaded
from service.search.execution.thread_pool import ThreadPool
from service.server.middleware.deadline import Deadline, leave
from service.settings import Settings
from tests.conftest import BuildFake


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake()
    settings = Settings(snapshots=root, max_body_bytes=1000, request_timeout=5)
    with TestClient(create_app(settings)) as client:
        yield client


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 100):
        yield b" " * 100


@pytest.mark.parametrize("body", [b" " * 1001, chunks(2000)])
def test_a_body_beyond_the_limit_is_refused_with_or_without_content_length(
    client: TestClient, body: bytes
) -> None:
    response = client.post("/search", content=body)

    assert response.status_code == 413
    assert "1000 bytes" in response.json()["detail"]
    assert response.headers["connection"] == "close"


def test_a_compressed_body_is_refused(client: TestClient) -> None:
    response = client.post("/search", content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

    assert response.status_code == 415


@pytest.mark.parametrize("asked", ["soon", "0", "-1", "nan", "inf", "61"])
def test_a_bad_timeout_header_is_refused(client: TestClient, asked: str) -> None:
    response = client.get("/search?q=jazz", headers={"X-Request-Timeout": asked})

    assert response.status_code == 400
    assert "X-Request-Timeout" in response.json()["detail"]


def test_a_request_within_its_deadline_is_answered(client: TestClient) -> None:
    assert client.get("/search?q=jazz", headers={"X-Request-Timeout": "30"}).status_code == 200


class Slow:
    """An application that never answers and records whether it was cancelled."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    async def __call__(self, *_: Scope | Receive | Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


async def nothing() -> Message:
    raise AssertionError("nobody should ask for the body")


def test_after_its_deadline_a_request_is_cancelled_and_gets_503() -> None:
    async def test() -> None:
        app, told = Slow(), []

        async def send(message: Message) -> None:
            told.append(message)

        scope: Scope = {"type": "http", "headers": [(b"x-request-timeout", b"0.01")]}
        await Deadline(app, seconds=60)(scope, nothing, send)
        assert app.stopped.is_set()
        assert told[0]["status"] == 503
        assert dict(told[0]["headers"])[b"retry-after"] == b"1"

    asyncio.run(asyncio.wait_for(test(), 20))


def test_a_request_is_cancelled_when_its_client_disconnects() -> None:
    async def test() -> None:
        app, told = Slow(), []

        async def send(message: Message) -> None:
            told.append(message)

        scope: Scope = {"type": "http", "headers": []}
        request = asyncio.create_task(Deadline(app, seconds=60)(scope, nothing, send))
        await asyncio.sleep(0)
        leave(scope)
        await request
        assert app.stopped.is_set()
        assert not told
        leave(scope)  # again, after the request has ended

    asyncio.run(asyncio.wait_for(test(), 20))


def test_the_thread_pool_is_bounded_and_cancelled_work_never_starts() -> None:
    async def test() -> None:
        pool, go, begun = ThreadPool(threads=1, most_waiting=1), Event(), []

        def work(name: str) -> str:
            begun.append(name)
            assert go.wait(10)
            return name

        first = asyncio.create_task(pool.run(partial(work, "first")))
        dropped = asyncio.create_task(pool.run(partial(work, "dropped")))
        await asyncio.sleep(0.01)
        with pytest.raises(Overloaded):
            await pool.run(partial(work, "refused"))
        dropped.cancel()
        await asyncio.sleep(0)
        go.set()
        assert await first == "first"
        assert await pool.run(partial(work, "last")) == "last"
        assert begun == ["first", "last"]
        pool.close()

    asyncio.run(asyncio.wait_for(test(), 20))
