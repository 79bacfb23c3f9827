"""Admission: which requests are accepted while the queue has room, and how others are refused."""

import asyncio
import json

import pytest

from service.server.admission import Admission, queue_of
from tests.service.server.door import BYE, JAZZ, Door, get, refused


def admitted(admission: Admission, target: bytes, times: int = 2000) -> int:
    return sum(admission.admits(target) for _ in range(times))


async def a_turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_requests_accepted_in_one_iteration_count_before_they_are_queued() -> None:
    async def test() -> None:
        admission = Admission(lambda: 40)
        assert admitted(admission, b"/search?q=jazz") == 40
        await a_turn()
        assert admitted(admission, b"/search?q=jazz") == 40

    asyncio.run(test())


def test_the_last_places_of_the_queue_are_given_out_a_few_per_iteration() -> None:
    async def test() -> None:
        admission = Admission(lambda: 30)
        assert admitted(admission, b"/search?q=jazz") == 8
        await a_turn()
        assert admitted(admission, b"/search?q=jazz") == 8

    asyncio.run(test())


def test_other_routes_are_accepted_if_the_queue_is_full() -> None:
    async def test() -> None:
        admission = Admission(lambda: 0)
        assert admitted(admission, b"/search?q=jazz") == 0
        assert admission.admits(b"/episodes/jazz")
        assert admission.admits(b"/readyz")

    asyncio.run(test())


@pytest.mark.parametrize(
    ("target", "queue"),
    [
        (b"/search?q=jazz", "batcher"),
        (b"/search.rss?q=jazz", "batcher"),
        (b"/mcp", "batcher"),
        (b"/similar", "pool"),
        (b"/podcasts?sort=episodes", "pool"),
        (b"/episodes", "pool"),
        (b"/episodes?limit=3", "pool"),
        (b"/episodes/jazz/similar?k=3", "pool"),
        (b"/episodes/a/b/similar", "pool"),
        (b"/episodes/jazz", "none"),
        (b"/episodes/jazz?of=/similar", "none"),
        (b"/map", "pool"),
        (b"/", "none"),
    ],
)
def test_each_route_belongs_to_the_queue_of_its_work(target: bytes, queue: str) -> None:
    assert queue_of(target) == queue


def test_a_full_pool_refuses_only_requests_for_the_pool() -> None:
    async def test() -> None:
        admission = Admission(lambda: 100, pool_room=lambda: 40)
        assert admitted(admission, b"/similar") == 40
        assert admitted(admission, b"/episodes?limit=3") == 0
        assert admitted(admission, b"/search?q=jazz") == 100
        assert admission.admits(b"/episodes/jazz")

    asyncio.run(test())


def test_a_slow_event_loop_accepts_fewer_requests_until_it_recovers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("service.server.admission.perf_counter", lambda: now[0])

    def be_late() -> None:
        now[0] += 1

    async def test() -> None:
        admission = Admission(lambda: 1000)
        most = admitted(admission, b"/episodes/jazz")
        asyncio.get_running_loop().call_soon(be_late)
        await a_turn()
        assert admitted(admission, b"/episodes/jazz") == most / 2
        assert admission.admits(b"/metrics")
        await a_turn()
        assert most / 2 < admitted(admission, b"/episodes/jazz") < most

    asyncio.run(test())


def test_a_refused_request_gets_retry_after_and_is_counted(door: Door) -> None:
    door.room, before = 0, refused()

    head, _, body = door.told(get(JAZZ, BYE)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 503 ")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert headers[b"retry-after"] == b"1"
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"x-frame-options"] == b"deny"
    assert headers[b"connection"] == b"close"
    assert int(headers[b"content-length"]) == len(body)
    assert "ask again" in json.loads(body)["detail"]
    assert refused() == before + 1


def test_requests_beyond_the_room_of_the_pool_get_503(door: Door) -> None:
    door.pool_room = 0

    told = door.told(get("/podcasts"), get("/episodes/jazz/similar"), get(JAZZ, BYE))

    assert told.count(b"HTTP/1.1 503 ") == told.lower().count(b"retry-after: 1") == 2
    assert told.count(b"HTTP/1.1 200 ") == 1


def test_a_refused_client_may_use_the_same_connection_again(door: Door) -> None:
    door.room = 0
    posted = b"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n" + b'{"q": "jazz"}'

    told = door.told(get(JAZZ), posted, get(JAZZ), get("/healthz", BYE))

    assert told.count(b"HTTP/1.1 503 ") == 3
    assert told.count(b"HTTP/1.1 200 ") == 1


def test_a_refused_head_request_gets_no_body(door: Door) -> None:
    door.room = 0

    told = door.told(b"HEAD /search?q=jazz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert told.startswith(b"HTTP/1.1 503 ")
    assert told.endswith(b"\r\n\r\n")


def test_a_refused_request_with_expect_100_closes_the_connection(door: Door) -> None:
    door.room = 0
    head = b"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"

    assert b"connection: close" in door.told(head)


def test_a_pipelined_request_waits_while_an_earlier_one_is_answered(door: Door) -> None:
    """Otherwise its refusal would be taken for the answer to the first."""
    door.room = 0

    told = door.told(get("/episodes/jazz"), get(JAZZ, BYE))

    assert told.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize("room", [0, 1000])
def test_too_many_pipelined_requests_close_the_connection(door: Door, room: int) -> None:
    door.room = room
    try:
        told = door.told(*[get(JAZZ)] * 1000)
    except ConnectionResetError:  # closed while requests were still being sent
        return
    assert b"HTTP/1.1 429 " in told
    assert told.count(b"HTTP/1.1 ") < 20
