"""What HTTP clients expect of every route: HEAD, Link, X-Request-Id, preflights, plain errors."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake()
    settings = Settings(snapshots=root, cors_origins="https://app.example")
    with TestClient(create_app(settings)) as client:
        yield client


ADDRESSES = (
    "/ /search?q=jazz /search.rss?q=jazz /episodes /episodes/jazz /episodes/jazz/similar /podcasts "
    "/map /snapshot /healthz /readyz /metrics /docs"
).split()


@pytest.mark.parametrize("path", ADDRESSES)
def test_head_has_the_headers_of_get_and_no_body(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"") == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_head_is_refused_for_routes_with_post_only(client: TestClient) -> None:
    assert client.head("/similar").status_code == 405


def test_a_page_names_the_next_one(client: TestClient) -> None:
    seen, address = [], "/episodes?limit=3"
    while address:
        page = client.get(address)
        seen += [episode["id"] for episode in page.json()["episodes"]]
        address = page.links.get("next", {}).get("url", "")
    assert sorted(seen) == ["jazz", "rome", "soil", "streams"]
    assert "Link" not in client.get("/podcasts").headers


def test_a_request_keeps_the_id_of_its_client(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "a-1"}).headers["X-Request-Id"] == "a-1"
    for unusable in ("", "two words", "x" * 129, "<b>"):
        made = client.get("/healthz", headers={"X-Request-Id": unusable}).headers
        assert made["X-Request-Id"] == made["traceparent"].split("-")[1]


def test_a_browser_of_an_allowed_origin_may_ask_and_read(client: TestClient) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type, x-request-id"
    preflight = client.options("/similar", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example"
    answer = client.get("/episodes", headers={"Origin": "https://app.example"})
    assert "Link" in answer.headers["Access-Control-Expose-Headers"]
    assert (
        client.options("/similar", headers={**asked, "Origin": "https://evil"}).status_code == 400
    )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/search?query=jazz&q=x", "query in the query: is unknown; write q."),
        ("/search?q=jazz&limit=3", "limit in the query: is unknown; write k."),
        ("/search?q=jazz&languag=en", "languag in the query: is unknown; write language."),
        ("/episodes?k=3", "k in the query: is unknown; write limit."),
        ("/podcasts?page=2", "page in the query: is unknown; write offset."),
        ("/search?q=jazz&zzz=1", "zzz in the query: is unknown; known are podcast, person"),
    ],
)
def test_an_unknown_parameter_names_the_one_that_is_meant(
    client: TestClient, address: str, told: str
) -> None:
    refused = client.get(address)
    assert refused.status_code == 422
    assert told in refused.json()["detail"]


def test_the_same_holds_in_a_body(client: TestClient) -> None:
    refused = client.post("/similar", json={"like": ["jazz"], "limit": 3, "x" * 1000: 1})
    assert "limit in the body: is unknown; write k." in refused.json()["detail"]
    assert len(refused.json()["detail"]) < 1000
