"""What every answer has, also where a request is refused before the application sees it."""

import socket

import pytest

from tests.service.server.door import ALLOWED, BYE, JAZZ, Door, get, refused
from tests.service.server.test_http_protocol import rest

OURS = ("X-Request-Id: a-1", f"Origin: {ALLOWED}")
LONG = f"X: {'a' * 33_000}"


def headers_of(told: bytes) -> dict[str, str]:
    """The headers of the last answer."""
    head = told[told.rindex(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")[0].decode()
    lines = (line.partition(": ") for line in head.split("\r\n")[1:])
    return {name.lower(): value for name, _, value in lines}


REFUSED = {
    503: get(JAZZ, *OURS, BYE),
    431: get("/", *OURS, LONG),
    400: get("/", *OURS, "Accept: */*", "no header"),
}


@pytest.mark.parametrize(("status", "sent"), REFUSED.items())
def test_a_refusal_has_the_id_of_its_client_and_may_be_read_by_its_page(
    door: Door, status: int, sent: bytes
) -> None:
    door.room = 0

    told = door.told(sent)

    assert told.startswith(f"HTTP/1.1 {status} ".encode())
    assert headers_of(told)["x-request-id"] == "a-1"
    assert headers_of(told)["access-control-allow-origin"] == ALLOWED
    assert "X-Request-Id" in headers_of(told)["access-control-expose-headers"]
    assert headers_of(told)["vary"] == "Origin"


def test_an_id_is_made_or_that_of_the_trace(door: Door) -> None:
    door.room = 0
    trace = "0af7651916cd43dd8448eb211c80319c"

    made = [headers_of(door.told(get(JAZZ, BYE)))["x-request-id"] for _ in range(2)]
    unusable = headers_of(door.told(get(JAZZ, "X-Request-Id: <b>", BYE)))["x-request-id"]
    traced = headers_of(door.told(get(JAZZ, f"traceparent: 00-{trace}-b7ad6b7169203331-01", BYE)))

    assert made[0] != made[1]
    assert all(len(each) == 32 for each in (*made, unusable))
    assert traced["x-request-id"] == trace


def test_a_refusal_to_a_page_of_another_origin_is_not_readable(door: Door) -> None:
    door.room = 0

    told = headers_of(door.told(get(JAZZ, "Origin: https://evil.example", BYE)))

    assert "access-control-allow-origin" not in told


def test_what_is_no_request_has_none_of_the_headers_of_the_one_before(door: Door) -> None:
    with socket.create_connection(door.place, timeout=20) as client:
        client.sendall(get("/healthz", *OURS))
        assert b"a-1" in client.recv(65_536)
        client.sendall(b"what is this\r\n\r\n")
        told = rest(client)

    assert told.startswith(b"HTTP/1.1 400 ")
    assert len(headers_of(told)["x-request-id"]) == 32
    assert "access-control-allow-origin" not in headers_of(told)


def test_agents_are_refused_as_others_are(door: Door) -> None:
    door.room, before = 0, refused()

    told = door.told(get("/mcp", BYE).replace(b"GET", b"POST"))

    assert told.startswith(b"HTTP/1.1 503 ")
    assert headers_of(told)["retry-after"] == "1"
    assert refused() == before + 1
