"""Metrics, logs and traces of requests."""

import json
import logging
import logging.config
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.settings import Settings
from service.telemetry.logs import configuration
from service.telemetry.trace_context import Trace
from tests.conftest import EPISODES, REPOSITORY, BuildFake

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake()
    with TestClient(create_app(Settings(snapshots=root, refresh_interval=3600))) as client:
        yield client


def metric(client: TestClient, name: str, **labels: str) -> float:
    text = client.get("/metrics").text
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return sum(
        sample.value
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_requests_are_counted_by_route_and_status(client: TestClient) -> None:
    search = {"route": "/search", "status": "200"}
    episode = {"route": "/episodes/{episode_id:path}", "status": "404"}
    counter = "episode_search_requests_total"
    searches, unknown = metric(client, counter, **search), metric(client, counter, **episode)
    timed = metric(client, "episode_search_request_seconds_count", route="/search")
    for _ in range(3):
        client.get("/search?q=jazz")
    client.get("/episodes/nobody")

    assert metric(client, counter, **search) == searches + 3
    assert metric(client, counter, **episode) == unknown + 1
    assert metric(client, "episode_search_request_seconds_count", route="/search") == timed + 3


def test_metrics_include_the_snapshot_in_force_and_the_memory(client: TestClient) -> None:
    serving = client.get("/readyz").json()["snapshot"]

    assert metric(client, "episode_search_snapshot_in_force", snapshot=serving) == 1
    assert metric(client, "episode_search_snapshot_episodes") == len(EPISODES)
    assert 0 <= metric(client, "episode_search_snapshot_age_seconds") < 3600
    assert metric(client, "episode_search_resident_memory_bytes") > 10_000_000
    assert metric(client, "episode_search_snapshot_problem") == 0


def test_a_refused_snapshot_is_in_the_metrics(root: Path, build_fake: BuildFake) -> None:
    build_fake()
    with TestClient(create_app(Settings(snapshots=root, refresh_interval=0.02))) as client:
        refused = metric(client, "episode_search_snapshots_total", outcome="refused")
        (root / "CURRENT").write_text("nonsense")
        while not client.get("/readyz").json()["problem"]:
            pass
        assert metric(client, "episode_search_snapshot_problem") == 1
        assert metric(client, "episode_search_snapshots_total", outcome="refused") == refused + 1


def test_a_trace_is_continued_and_returned(client: TestClient) -> None:
    answered = client.get("/healthz", headers={"traceparent": CALLER}).headers["traceparent"]

    version, trace_id, span_id, flags = answered.split("-")
    assert (version, trace_id, flags) == ("00", *CALLER.split("-")[1::2])
    assert span_id != CALLER.split("-")[2]


@pytest.mark.parametrize(
    "header",
    [
        None,
        b"",
        b"nonsense",
        CALLER.replace("00-", "ff-", 1).encode(),
        CALLER.upper().encode(),
        f"00-{'0' * 32}-{'1' * 16}-01".encode(),
        f"00-{'1' * 32}-{'0' * 16}-01".encode(),
    ],
)
def test_without_a_valid_trace_a_new_one_starts(header: bytes | None) -> None:
    trace = Trace.from_header(header)

    assert re.fullmatch(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace.header)
    assert trace.trace_id not in CALLER


@pytest.fixture
def _own_logging() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def logged(
    capsys: pytest.CaptureFixture[str], root: Path, **settings: Any
) -> list[dict[str, object]]:
    """The log lines of one question."""
    logging.config.dictConfig(configuration("info"))
    with TestClient(create_app(Settings(snapshots=root, **settings))) as client:
        client.get("/search?q=jazz+guitar", headers={"traceparent": CALLER})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [line for line in lines if line["logger"] == "service.requests"]


@pytest.mark.usefixtures("_own_logging")
def test_a_slow_question_is_logged_with_its_trace_and_without_its_text(
    capsys: pytest.CaptureFixture[str], root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    capsys.readouterr()

    (line,) = logged(capsys, root, slow_request_threshold=0)

    assert (line["message"], line["level"], line["route"]) == ("slow", "WARNING", "/search")
    assert line["trace_id"] == CALLER.split("-")[1]
    assert "jazz" not in json.dumps(line)
    (told,) = logged(capsys, root, slow_request_threshold=0, log_questions=True)
    assert told["question"] == "jazz guitar"


@pytest.mark.usefixtures("_own_logging")
def test_other_requests_are_logged_only_if_configured(
    capsys: pytest.CaptureFixture[str], root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    capsys.readouterr()

    assert logged(capsys, root, slow_request_threshold=60) == []
    (line,) = logged(capsys, root, slow_request_threshold=60, log_requests=True)
    assert (line["message"], line["status"]) == ("answered", 200)


def test_the_dashboard_shows_exactly_the_existing_metrics(client: TestClient) -> None:
    client.get("/search?q=jazz")
    board = json.loads((REPOSITORY / "service" / "dashboard.json").read_text())
    shown = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"episode_search_\w+", target["expr"])
    }
    families = text_string_to_metric_families(client.get("/metrics").text)
    counted = {sample.name for family in families for sample in family.samples}

    assert shown
    assert shown <= counted
    assert all(panel["datasource"]["uid"] == "${source}" for panel in board["panels"])
