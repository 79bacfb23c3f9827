"""The worst legal request of each kind is answered, and leaves its worker free.

What they cost in a large corpus is measured by `python -m tests.benchmarks.worst_requests`.
"""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from indexer.build import build
from indexer.encoder.artifact import Artifact
from service.app import create_app
from service.settings import Settings
from tests.benchmarks.worst_requests import DEADLINE_SECONDS, Timed, too_late, worst_requests

SHOWS = ("Show 0", "Show 1", "Show 2", "Show 3")
COUNT = 300
REQUESTS = worst_requests([f"e{n}" for n in range(100)], SHOWS)


def episode(number: int) -> dict[str, object]:
    return {
        "id": f"e{number}",
        "title": f"The queue, part {number % 9 + 1}",
        "summary": f"Kafka, the world and people, number {number}.",
        "podcast": f"Show {number % 8}",
        "published_at": f"20{number % 20:02}-01-01",
        "tags": [f"tag {number % 30}"],
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Iterator[TestClient]:
    directory = tmp_path_factory.mktemp("worst")
    corpus = directory / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(episode(n)) + "\n" for n in range(COUNT)))
    build([corpus], directory / "snapshots", artifact)
    settings = Settings(snapshots=directory / "snapshots", threads=1, max_waiting=1)
    with TestClient(create_app(settings)) as client:
        yield client


def test_every_kind_of_request_is_among_them() -> None:
    assert len(REQUESTS) >= 30
    paths = {request.path for request in REQUESTS.values()}
    assert {"/search", "/search.rss", "/similar", "/episodes", "/podcasts", "/map"} <= paths


@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_legal_and_answered(client: TestClient, name: str) -> None:
    request = REQUESTS[name]
    method = "GET" if request.body is None else "POST"

    answer = client.request(method, request.target, json=request.body)

    assert answer.status_code == 200, answer.text
    assert client.get("/podcasts?limit=1").status_code == 200


def test_one_that_leaves_its_worker_busy_is_too_late() -> None:
    late = DEADLINE_SECONDS * 1.2
    times = {
        "soon": Timed(200, 0.1, 0.1),
        "refused in time": Timed(503, DEADLINE_SECONDS, 0.1),
        "late": Timed(200, late, 0.1),
        "busy": Timed(503, DEADLINE_SECONDS, DEADLINE_SECONDS),
    }
    assert too_late(times) == ["late", "busy"]
