"""uvicorn's HTTP protocol with time limits: drops clients that send or read too slowly.

uvicorn itself closes only connections that are idle between requests; in every other state it waits
without limit. This protocol gives a client `client_seconds` to send a request, counted from the
first byte or from the opening of the connection, and the same to read the answer. It limits the
size of heads and the number of connections, and answers a refused request as soon as its head is
read. The timer in each state:

open, nothing received              `_give_up`
receiving a head or a body          `_give_up`, extended while earlier requests are answered
answering a request                 the request's deadline
the client does not read            `TimedWrites`, also while it sends more and while closing
between requests                    uvicorn's keep-alive timeout
"""

import asyncio
from typing import Any, NoReturn, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.server.admission import Admission
from service.server.cross_origin import CrossOrigin
from service.server.handover import Handover
from service.server.middleware.deadline import leave
from service.server.rejections import (
    HEAD_TOO_LARGE,
    MOST_HEAD_BYTES,
    MOST_PIPELINED,
    NO_ROOM,
    NOT_HTTP,
    TOO_MANY,
    TOO_SLOW,
    Headers,
    Refusal,
)
from service.server.write_timeout import TimedWrites
from service.telemetry import metrics, request_id


class _Unacceptable(Exception):
    """Stops the parser; raised in its callbacks."""


class Connection(HttpToolsProtocol):
    def __init__(
        self,
        *,
        admission: Admission,
        client_seconds: float,
        most_connections: int,
        handover: Handover | None = None,
        cross_origin: CrossOrigin | None = None,
        **given: Any,
    ) -> None:
        super().__init__(**given)
        self._admission = admission
        self._client_seconds = client_seconds
        self._most_connections = most_connections
        self._handover = handover
        self._cross_origin = cross_origin
        self._patience: asyncio.TimerHandle | None = None
        self._receiving = False
        self._in_head = True
        self._head_bytes = 0
        self._at_once = 0  # requests in the data received last
        self._turned_away = False
        self._refusal = NOT_HTTP

    # uvicorn narrows the type of the transport too.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = self._writes = TimedWrites(transport, self.loop, self._client_seconds)
        if len(self.connections) > self._most_connections:
            transport.abort()
        else:
            self._wait_for_client()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_longer()
        self._writes.stop()
        if self._handover:
            self._handover.lost(self)
        if self.cycle and not self.cycle.response_complete:
            leave(cast("Scope", self.cycle.scope))
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._receiving:
            self._receiving = True
            self._wait_for_client()
        self._head_bytes += len(data)
        self._at_once = 0
        super().data_received(data)
        if not self._in_head:
            self._head_bytes = 0
        elif self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        self._at_once += 1
        if max(self._at_once, len(self.pipeline)) > MOST_PIPELINED:
            self._stop_at(TOO_MANY)
        super().on_message_begin()
        self._turned_away = False

    def on_headers_complete(self) -> None:
        self._in_head = False
        headers = sum(len(name) + len(value) for name, value in self.headers)
        if len(self.url) + headers > MOST_HEAD_BYTES:
            self._stop_at(HEAD_TOO_LARGE)
        if self._is_waited_for() or self._admission.admits(self.url):
            super().on_headers_complete()
        else:
            self._turn_away()

    def on_body(self, body: bytes) -> None:
        if not self._turned_away:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._receiving, self._in_head, self._head_bytes = False, True, 0
        self._wait_no_longer()
        self.headers = []  # what comes next is no part of this request
        if self._turned_away:
            self.on_response_complete()
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._handover and not self.transport.is_closing():
            self._handover.asked(self)
            self.loop.call_soon(self._hand_over, self._handover)

    def _hand_over(self, handover: Handover) -> None:
        """Give an idle connection to another worker if this one has too many."""
        if not self._is_idle() or (target := handover.target()) is None:
            return
        self.transport.pause_reading()
        if handover.give(self.transport.get_extra_info("socket"), target):
            self._unset_keepalive_if_required()
            self._writes.let_go()
        else:
            self.transport.resume_reading()

    def _is_idle(self) -> bool:
        """Whether nothing of a request or an answer is on its way."""
        busy = self._receiving or self._is_waited_for() or self.pipeline
        return not (busy or self.transport.is_closing() or self.transport.get_write_buffer_size())

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - problem details replace it
        self._refuse(self._refusal)

    def _wait_for_client(self) -> None:
        self._wait_no_longer()
        self._patience = self.loop.call_later(self._client_seconds, self._give_up)

    def _wait_no_longer(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        """Time is over: refuse an incomplete request, or close the connection."""
        if self._is_behind_another():
            self._wait_for_client()
        elif self._receiving and not self._turned_away and not self._is_answering():
            self._refuse(TOO_SLOW)
        elif self._is_waited_for():
            self.transport.abort()
        else:
            self.transport.close()

    def _is_waited_for(self) -> bool:
        """Whether a response is incomplete; its request may still be arriving."""
        return self.cycle is not None and not self.cycle.response_complete

    def _is_behind_another(self) -> bool:
        """Whether the request being received waits for an earlier one, which has a deadline."""
        return self._is_waited_for() if self._in_head else bool(self.pipeline)

    def _is_answering(self) -> bool:
        """Whether the body being received belongs to a request that is already answered."""
        return not self._in_head and self.cycle.response_started

    def _turn_away(self) -> None:
        """Refuse the request but keep the connection, since reconnecting would cost more."""
        metrics.refused("queue")
        self._turned_away = True
        if self.flow.write_paused:  # the client sends requests without reading the answers
            self.transport.abort()
        else:
            closing = self.expect_100_continue or not self.parser.should_keep_alive()
            with_body = self.parser.get_method() != b"HEAD"
            self._tell(NO_ROOM, closing=closing, with_body=with_body)

    def _stop_at(self, refusal: Refusal) -> NoReturn:
        self._refusal = refusal
        raise _Unacceptable

    def _refuse(self, refusal: Refusal) -> None:
        if not self.transport.is_closing():
            self._tell(refusal, closing=True)

    def _own_headers(self) -> Headers:
        """What the application would add to its answer: the id, and who may read it."""
        asked = dict(self.headers or ())  # None until the connection has a request
        named = (request_id.HEADER, request_id.id_of(asked))
        if self._cross_origin:
            return named, *self._cross_origin.headers(asked.get(b"origin"))
        return (named,)

    def _tell(self, refusal: Refusal, *, closing: bool, with_body: bool = True) -> None:
        headers = (*self.server_state.default_headers, *self._own_headers())
        self.transport.write(refusal.answer(headers, closing=closing, with_body=with_body))
        if closing:
            self.transport.close()
