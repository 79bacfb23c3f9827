"""Cancels a request when its time is over or its client disconnects.

The connection calls `leave` when its client disconnects, so that nothing is computed for a client
that is gone.
"""

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problem_details import problem
from service.server.middleware.sending import Sending
from service.telemetry import metrics

_HEADER = b"x-request-timeout"
_MOST_SECONDS = 60.0
_RETRY_SOON = {"Retry-After": "1"}


class Deadline:
    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            seconds = self._given(scope)
        except ValueError:
            detail = f"X-Request-Timeout is not a number of seconds up to {_MOST_SECONDS:.0f}."
            return await problem(HTTPStatus.BAD_REQUEST, detail)(scope, receive, send)
        return await self._bounded(seconds, scope, receive, send)

    async def _bounded(self, seconds: float, scope: Scope, receive: Receive, send: Send) -> None:
        sending = Sending(send)
        try:
            async with asyncio.timeout(seconds) as deadline:
                scope["deadline"] = deadline
                await self._app(scope, receive, sending)
        except TimeoutError:
            if not deadline.expired():
                raise
            if not sending.started and not has_left(scope):
                metrics.refused("deadline")
                await _late(seconds)(scope, receive, send)
        finally:
            scope["deadline"] = None

    def _given(self, scope: Scope) -> float:
        """The seconds that the request may take. Raises ValueError for a bad header."""
        header = next((value for name, value in scope["headers"] if name == _HEADER), None)
        if header is None:
            return self._seconds
        seconds = float(header)
        if not 0 < seconds <= _MOST_SECONDS:
            raise ValueError(seconds)
        return seconds


def leave(scope: Scope) -> None:
    """Cancel the request, because its client has disconnected."""
    scope["left"] = True
    deadline: asyncio.Timeout | None = scope.get("deadline")
    if deadline and not deadline.expired():
        deadline.reschedule(0)


def has_left(scope: Scope) -> bool:
    return bool(scope.get("left"))


def _late(seconds: float) -> ASGIApp:
    detail = (
        f"The request was not answered within {seconds:g} seconds; ask again in a second, "
        "or allow more time with the header X-Request-Timeout."
    )
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, _RETRY_SOON)
