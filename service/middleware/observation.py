"""A request's trace, what it is counted as, and what the log says of it."""

import time
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import metrics, trace
from service.logs import requests as log
from service.trace import Trace

_CLIENT_LEFT = 499  # nobody is there to be told; nginx's number for it
_FAILED = 500


@dataclass(frozen=True, slots=True)
class Telling:
    """What of a request goes into the log."""

    slow_seconds: float
    every: bool = False
    questions: bool = False


class Observation:
    def __init__(self, app: ASGIApp, telling: Telling) -> None:
        self._app = app
        self._telling = telling
        self._seconds: dict[str, Histogram] = {}
        self._counts: dict[tuple[str, int], Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        ours = Trace.taken_up(_traceparent(scope))
        trace.current.set(ours)
        status, started = _CLIENT_LEFT, time.perf_counter()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (trace.HEADER, ours.header)]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except BaseException:
            status = _FAILED
            raise
        finally:
            self._observe(scope, status, time.perf_counter() - started)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._count(route, status, seconds)
        if seconds >= self._telling.slow_seconds:
            log.warning("slow", extra=self._told(scope, route, status, seconds))
        elif self._telling.every:
            log.info("answered", extra=self._told(scope, route, status, seconds))

    def _count(self, route: str, status: int, seconds: float) -> None:
        """Labels are looked up once."""
        if route not in self._seconds:
            self._seconds[route] = metrics.REQUEST_SECONDS.labels(route)
        if (route, status) not in self._counts:
            self._counts[route, status] = metrics.REQUESTS.labels(route, status)
        self._seconds[route].observe(seconds)
        self._counts[route, status].inc()

    def _told(self, scope: Scope, route: str, status: int, seconds: float) -> dict[str, Any]:
        told = {
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 3),
        }
        question = scope.get("state", {}).get("question")
        if question and self._telling.questions:
            told["question"] = question
        return told


def _traceparent(scope: Scope) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == trace.HEADER), None)
