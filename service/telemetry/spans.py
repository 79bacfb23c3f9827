"""Sends spans to an OpenTelemetry collector; needs `pip install '.[tracing]'`.

OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_ENDPOINT, name the collector.
"""

import time
from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from service.telemetry.trace_context import Trace

_FAILED_FROM = 500


class Spans:
    def __init__(self) -> None:
        self._resource = Resource.create({"service.name": "episode-search"})
        self._processor = BatchSpanProcessor(OTLPSpanExporter())

    def add(self, trace: Trace, name: str, status: int, timed: Mapping[str, float]) -> None:
        """Export a request that has just ended; `timed` has `seconds` and those of each stage."""
        now = time.time_ns()
        failed = status >= _FAILED_FROM
        span = ReadableSpan(
            name,
            context=_context(trace, trace.span_id),
            parent=_context(trace, trace.parent_id) if trace.parent_id else None,
            resource=self._resource,
            kind=SpanKind.SERVER,
            status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
            attributes={"http.response.status_code": status, **timed},
            start_time=now - round(timed["seconds"] * 1e9),
            end_time=now,
        )
        self._processor.on_end(span)

    def close(self) -> None:
        """Send the remaining spans."""
        self._processor.shutdown()


def _context(trace: Trace, span_id: str) -> SpanContext:
    flags = TraceFlags(int(trace.flags, 16))
    return SpanContext(int(trace.trace_id, 16), int(span_id, 16), False, flags)
