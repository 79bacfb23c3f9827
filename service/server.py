"""The application on its sockets: one process, or several that share what the first has opened."""

import gc
import logging
import socket

import uvicorn

from service.app import create_app, create_reader
from service.settings import Settings
from service.workers import supervise

_log = logging.getLogger("uvicorn.error")


def serve(settings: Settings, sockets: list[socket.socket]) -> None:
    """Until told to stop."""
    reader = create_reader(settings)
    config = uvicorn.Config(
        create_app(settings, reader), log_level=settings.log_level, access_log=False
    )
    reader.refresh()
    gc.collect()
    gc.freeze()  # what stays is not looked at again: a pause less, and pages that stay shared
    host, port = sockets[0].getsockname()[:2]
    _log.info("answering on %s port %d, with %d processes", host, port, len(sockets))

    def answer(listening: socket.socket) -> None:
        uvicorn.Server(config).run([listening])

    if len(sockets) == 1:
        answer(sockets[0])
    else:
        supervise(sockets, answer, reader.let_go)
