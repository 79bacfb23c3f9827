"""Runs the application on its sockets, in one process or several."""

import asyncio
import gc
import logging
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import cast

import uvicorn
from fastapi import FastAPI

from service.app import create_app, create_reader
from service.keys import KeyFile
from service.server.admission import Admission
from service.server.cross_origin import CrossOrigin
from service.server.handover import Handover
from service.server.http_protocol import Connection
from service.server.workers import reload_all, supervise
from service.settings import Settings
from service.telemetry.logs import configuration, failures_of_threads

_HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
_OTHER_FILES = 256  # file descriptors that are not connections: snapshot, sockets, logs
_log = logging.getLogger("uvicorn.error")


def serve(settings: Settings, sockets: list[socket.socket]) -> None:
    """Serve until a signal stops the process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until a worker is ready to reload
    reader = create_reader(settings)
    app = create_app(settings, reader, reload_all if settings.processes > 1 else None)
    handover = Handover(len(sockets)) if len(sockets) > 1 else None
    config = _config(settings, app, handover)
    keys: KeyFile | None = app.state.keys
    if len(sockets) == 1 or not reader.engine:  # a connection to an engine survives no fork
        reader.refresh()
    gc.collect()
    gc.freeze()  # later collections skip these objects, so workers keep sharing their pages
    host, port = sockets[0].getsockname()[:2]
    _log.info("listening on %s port %d with %d processes", host, port, len(sockets))

    def reload_keys() -> None:
        if keys:
            keys.reload()

    def reload() -> None:
        reload_keys()  # first: a snapshot may take long to open, and a revoked key must not
        reader.refresh(at_once=True)

    def answer(listening: socket.socket, worker: int = 0) -> None:
        signal.signal(signal.SIGHUP, lambda *_: Thread(target=reload).start())
        if handover:
            handover.join(worker)
        reload_keys()  # a signal may have come before there was a worker to take it
        with failures_of_threads():
            _Server(config, handover).run([listening])

    if len(sockets) == 1:
        answer(sockets[0])
    else:
        supervise(sockets, answer, reader.close, reload_keys)


class _Server(uvicorn.Server):
    """Takes connections from other workers too."""

    def __init__(self, config: uvicorn.Config, handover: Handover | None) -> None:
        super().__init__(config)
        self._handover = handover
        self._adopted: set[asyncio.Task[object]] = set()  # the loop itself does not keep tasks

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._handover:
            self._handover.start(asyncio.get_running_loop(), self._adopt)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._handover:
            self._handover.stop(asyncio.get_running_loop())
        await super().shutdown(sockets)

    def _adopt(self, given: socket.socket) -> None:
        """Go on with a connection as with one that was accepted here."""
        protocol = partial(
            cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        given.setblocking(False)
        adopting = asyncio.get_running_loop().connect_accepted_socket(protocol, given)
        task = asyncio.create_task(adopting)
        self._adopted.add(task)
        task.add_done_callback(self._adopted.discard)


def _config(settings: Settings, app: FastAPI, handover: Handover | None) -> uvicorn.Config:
    connection = partial(
        Connection,
        admission=Admission(lambda: app.state.batcher.room, pool_room=lambda: app.state.pool.room),
        client_seconds=settings.client_timeout,
        most_connections=_allow(settings.max_connections),
        handover=handover,
        cross_origin=CrossOrigin(settings.cors_origins) if settings.cors_origins else None,
    )
    return uvicorn.Config(
        app,
        proxy_headers=False,  # the application takes them, from trusted proxies alone
        http=cast("type[Connection]", connection),
        ws="none",
        headers=_HEADERS,
        server_header=False,
        timeout_graceful_shutdown=settings.drain_timeout,
        log_config=configuration(settings.log_level),
        access_log=False,
    )


def _allow(connections: int) -> int:
    """Raise the limit on open files as far as allowed; return how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = connections + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    return files - _OTHER_FILES
