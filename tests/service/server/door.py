"""A server with a given room in its queues, and requests to it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn
from prometheus_client import REGISTRY

from service.app import create_app
from service.server.admission import Admission
from service.server.cross_origin import CrossOrigin
from service.server.http_protocol import Connection
from service.settings import Settings
from tests.service.server.in_thread import in_thread
from tests.service.server.test_http_protocol import rest

ALLOWED = "https://app.example"


class Door:
    """A server with a given room in its queue."""

    def __init__(self, snapshots: Path, **settings: Any) -> None:
        self.room = self.pool_room = 1000
        app = create_app(Settings(snapshots=snapshots, **settings))
        connection = partial(
            Connection,
            admission=Admission(lambda: self.room, pool_room=lambda: self.pool_room),
            client_seconds=20,
            most_connections=100,
            cross_origin=CrossOrigin(ALLOWED),
        )
        config = uvicorn.Config(
            app, http=cast("type[Connection]", connection), headers=[("X-Frame-Options", "DENY")]
        )
        self._server = uvicorn.Server(config)

    @contextmanager
    def open(self) -> Iterator[None]:
        with in_thread(self._server) as self.place:
            yield

    def told(self, *requests: bytes) -> bytes:
        """The answers to requests on one connection, the last of which must close it."""
        with socket.create_connection(self.place, timeout=20) as client:
            client.sendall(b"".join(requests))
            return rest(client)


def get(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: a", *headers, "", ""]).encode()


JAZZ = "/search?q=jazz"
BYE = "Connection: close"


def refused() -> float:
    return REGISTRY.get_sample_value("episode_search_refused_total", {"reason": "queue"}) or 0
