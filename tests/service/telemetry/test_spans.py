"""Spans that are sent to a collector on a real socket."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake
from tests.service.telemetry.test_metrics import CALLER


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Span]]:
    spans: list[Span] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                spans.extend(span for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        yield spans
        server.shutdown()


def test_a_request_is_a_span_in_its_clients_trace(
    collected: list[Span], root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    with TestClient(create_app(Settings(snapshots=root, tracing=True))) as client:
        answered = client.get("/search?q=jazz", headers={"traceparent": CALLER})
        client.get("/healthz")

    search, health = collected
    _, trace_id, caller, _ = CALLER.split("-")
    assert search.trace_id.hex() == trace_id
    assert search.parent_span_id.hex() == caller
    assert search.span_id.hex() == answered.headers["traceparent"].split("-")[2]
    assert search.name == "/search"
    assert {"encode", "dense", "lexical"} <= {attribute.key for attribute in search.attributes}
    assert health.trace_id.hex() != trace_id
    assert not health.parent_span_id
