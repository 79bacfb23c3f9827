"""A connection to a client who may be slow, gone or hostile: uvicorn's, with an end to patience.

uvicorn closes a connection that is idle between requests, and waits for ever for everything
else. Here a client has a number of seconds to send a request, from its first byte or the opening
of the connection, and the same to take its answer; a head has a largest size, and a process a
most of connections.
"""

import asyncio
import resource
from http import HTTPStatus
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service.middleware.deadline import leave
from service.problems import MEDIA_TYPE, body_of

MOST_HEAD_BYTES = 32_768  # a question of GET at its longest, percent-encoded, is asked by POST
_FILES_BESIDE = 256  # descriptors for what is no connection
_DETAIL = {
    HTTPStatus.BAD_REQUEST: "This is not HTTP.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not come whole in time; send it faster.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"Address and headers are larger than {MOST_HEAD_BYTES} bytes; send long questions by POST."
    ),
}


class _HeadTooLarge(Exception):
    """Raised into the parser, which stops at it."""


class Connection(HttpToolsProtocol):
    def __init__(self, *, client_seconds: float, most_connections: int, **given: Any) -> None:
        super().__init__(**given)
        self._client_seconds = client_seconds
        self._most_connections = most_connections
        self._patience: asyncio.TimerHandle | None = None
        self._receiving = False
        self._in_head = True
        self._head_bytes = 0
        self._refusal = HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._most_connections:
            transport.abort()
        else:
            self._wait_for_client()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_longer()
        if self.cycle and not self.cycle.response_complete:
            leave(cast("Scope", self.cycle.scope))
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._receiving:
            self._receiving = True
            self._wait_for_client()
        self._head_bytes += len(data)
        super().data_received(data)
        if not self._in_head:
            self._head_bytes = 0
        elif self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        headers = sum(len(name) + len(value) for name, value in self.headers)
        if len(self.url) + headers > MOST_HEAD_BYTES:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _HeadTooLarge
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._receiving = False
        self._wait_no_longer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._wait_for_client()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        self._refuse(self._refusal)

    def _wait_for_client(self) -> None:
        self._wait_no_longer()
        self._patience = self.loop.call_later(self._client_seconds, self._give_up)

    def _wait_no_longer(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        """Half a request gets an answer; an answer not taken, or no request at all, does not."""
        if self._receiving and not self._is_answering():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif self._receiving or self.cycle is None or self.transport.get_write_buffer_size():
            self.transport.abort()

    def _is_answering(self) -> bool:
        cycle = self.cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete

    def _refuse(self, status: HTTPStatus) -> None:
        if self.transport.is_closing():
            return
        body = body_of(status, _DETAIL[status])
        headers = [
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        head = "\r\n".join([*headers, "", ""])
        self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()


def allow(connections: int) -> int:
    """Raise this process's limit of open files as far as may be; the connections that leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = connections + _FILES_BESIDE
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    return files - _FILES_BESIDE
