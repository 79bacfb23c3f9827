"""A server in a thread of this process."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from tests.test_server import wait_until


@contextmanager
def in_thread(server: uvicorn.Server) -> Iterator[tuple[str, int]]:
    """Yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, args=[[listening]])
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()
