"""Connections move from a worker that many ask to one that few ask."""

import asyncio
import socket
from collections.abc import Iterator
from itertools import chain, cycle
from pathlib import Path

import pytest

from service.server.handover import Handover
from tests.benchmarks.connections import KeptConnection, close, of_one_worker, rate, shares
from tests.benchmarks.servers import Server, running
from tests.conftest import EPISODES, BuildFake
from tests.torture.service import service

CONNECTIONS = 8
TARGETS = [f"/search?q=jazz+{number}" for number in range(1000)]


@pytest.fixture
def server(root: Path, build_fake: BuildFake) -> Iterator[Server]:
    build_fake(EPISODES)
    with running(service(root, "--workers=2")) as server:
        server.first_answer("/search?q=jazz")
        yield server


def test_workers_share_the_connections_that_one_has_accepted(server: Server) -> None:
    async def ask() -> tuple[list[int], list[int]]:
        workers = server.pids[1:]
        kept = await of_one_worker(server.port, workers, CONNECTIONS)
        before = shares(server.port, workers, kept)
        await rate(kept, cycle(TARGETS), 2.0)  # which fails at any answer but 200
        after = shares(server.port, workers, kept)
        await close(kept)
        return before, after

    before, after = asyncio.run(ask())

    assert sorted(before) == [0, CONNECTIONS]
    assert sum(after) == CONNECTIONS
    assert min(after) >= CONNECTIONS // 2 - 1


def test_connections_that_do_not_ask_stay_where_they_are(server: Server) -> None:
    async def ask() -> list[int]:
        workers = server.pids[1:]
        kept = await of_one_worker(server.port, workers, CONNECTIONS)
        for target in TARGETS[:50]:
            assert await kept[0].ask(target) == 200
        of_each = shares(server.port, workers, kept)
        await close(kept)
        return of_each

    assert sorted(asyncio.run(ask())) == [0, CONNECTIONS]


def test_answers_are_the_same_whichever_worker_has_the_connection(server: Server) -> None:
    async def ask() -> list[int]:
        kept = await of_one_worker(server.port, server.pids[1:], CONNECTIONS)
        answers = [await each.ask("/episodes/missing") for _ in range(20) for each in kept]
        await close(kept)
        return answers

    assert set(asyncio.run(ask())) == {404}


def test_a_service_of_one_worker_keeps_its_connections(root: Path, build_fake: BuildFake) -> None:
    build_fake(EPISODES)

    async def ask(port: int) -> list[int]:
        kept = [await KeptConnection.opened(port) for _ in range(CONNECTIONS)]
        answers = [await each.ask(target) for target in TARGETS[:20] for each in kept]
        await close(kept)
        return answers

    with running(service(root, "--workers=1")) as server:
        server.first_answer("/search?q=jazz")
        assert set(asyncio.run(ask(server.port))) == {200}


def test_all_connections_that_were_given_are_taken_at_once() -> None:
    """A worker under load comes back to them late; one a turn would leave some waiting for ever."""
    given = [socket.socketpair() for _ in range(CONNECTIONS)]
    adopted: list[socket.socket] = []
    handover = Handover(workers=2)

    async def take() -> None:
        loop = asyncio.get_running_loop()
        handover.start(loop, adopted.append)
        assert all(handover.give(ours, 0) for ours, _ in given)
        while not adopted:
            await asyncio.sleep(0)
        handover.stop(loop)

    asyncio.run(take())

    assert len(adopted) == CONNECTIONS
    for each in (*chain.from_iterable(given), *adopted):
        each.close()
