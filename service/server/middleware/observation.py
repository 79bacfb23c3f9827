"""Traces, counts and logs each request."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.telemetry import metrics, request_id, trace_context
from service.telemetry.logs import requests as log
from service.telemetry.stage_timing import Seconds, recorded
from service.telemetry.trace_context import Trace

if TYPE_CHECKING:
    from service.telemetry.spans import Spans

_CLIENT_LEFT = 499  # nginx's status for a client that disconnected before the answer
_FAILED = 500


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """Which requests are logged, and with which fields."""

    slow_request_threshold: float  # seconds
    every: bool = False  # not only slow requests
    questions: bool = False  # with the text of the question
    spans: bool = False  # also sent to an OpenTelemetry collector


class Observation:
    def __init__(self, app: ASGIApp, telling: LogPolicy) -> None:
        self._app = app
        self._telling = telling
        self._spans = _spans() if telling.spans else None
        self._seconds: dict[str, Histogram] = {}
        self._counts: dict[tuple[str, int], Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._live(scope, receive, send)
        ours = Trace.from_header(_traceparent(scope), sampled=self._telling.spans)
        trace_context.current.set(ours)
        own = request_id.given_id(scope["headers"]) or ours.trace_id.encode()
        status, started = _CLIENT_LEFT, time.perf_counter()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                ids = ((trace_context.HEADER, ours.header), (request_id.HEADER, own))
                message = {**message, "headers": [*message["headers"], *ids]}
            await send(message)

        with recorded() as stages:
            try:
                await self._app(scope, receive, sent)
            except BaseException:
                status = _FAILED
                raise
            finally:
                seconds = time.perf_counter() - started
                self._observe(_Request(scope, own, ours, status, seconds, stages))

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if self._spans:
                self._spans.close()

    def _observe(self, request: "_Request") -> None:
        self._count(request.route, request.status, request.seconds)
        if self._spans:
            timed = {"seconds": request.seconds, **request.stages}
            self._spans.add(request.trace, request.route, request.status, timed)
        if request.seconds >= self._telling.slow_request_threshold:
            log.warning("slow", extra=request.told(self._telling.questions))
        elif self._telling.every:
            log.info("answered", extra=request.told(self._telling.questions))

    def _count(self, route: str, status: int, seconds: float) -> None:
        """Count the request; each combination of labels is looked up only once."""
        if route not in self._seconds:
            self._seconds[route] = metrics.REQUEST_SECONDS.labels(route)
        if (route, status) not in self._counts:
            self._counts[route, status] = metrics.REQUESTS.labels(route, status)
        self._seconds[route].observe(seconds)
        self._counts[route, status].inc()


@dataclass(frozen=True, slots=True)
class _Request:
    """A finished request."""

    scope: Scope
    id: bytes
    trace: Trace
    status: int
    seconds: float
    stages: Seconds

    @property
    def route(self) -> str:
        return getattr(self.scope.get("route"), "path", "other")

    def told(self, with_question: bool) -> dict[str, Any]:
        told = {
            "method": self.scope["method"],
            "route": self.route,
            "status": self.status,
            "ms": round(self.seconds * 1000, 3),
            "request_id": self.id.decode(),
            "stages_ms": {name: round(passed * 1000, 3) for name, passed in self.stages.items()},
        }
        question = self.scope.get("state", {}).get("question")
        return told | {"question": question} if question and with_question else told


def _spans() -> "Spans":
    from service.telemetry.spans import Spans

    return Spans()


def _traceparent(scope: Scope) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == trace_context.HEADER), None)
