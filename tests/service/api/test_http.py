"""What HTTP clients expect of every route: HEAD, Link, X-Request-Id, preflights, plain errors."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake


@pytest.fixture
def app(root: Path) -> FastAPI:
    return create_app(Settings(snapshots=root, cors_origins="https://app.example", mcp=True))


@pytest.fixture
def client(app: FastAPI, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake()
    with TestClient(app) as client:
        yield client


def addresses(app: FastAPI) -> Iterator[str]:
    """One of every route that answers GET, and of a file of each folder."""
    for path, operations in app.openapi()["paths"].items():
        parameters = operations.get("get", {}).get("parameters", ())
        asked = {p["name"]: "jazz" for p in parameters if p["required"] and p["in"] == "query"}
        if "get" in operations:
            yield path.format(episode_id="jazz") + (f"?{urlencode(asked)}" if asked else "")
    for route in app.routes:  # which OpenAPI leaves out
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            yield route.path
        elif isinstance(route, Mount) and isinstance(route.app, StaticFiles):
            names = (file.name for file in Path(str(route.app.directory)).glob("*.css"))
            yield from (f"{route.path}/{name}" for name in names)


def test_head_has_the_headers_of_get_and_no_body(client: TestClient, app: FastAPI) -> None:
    asked = [*addresses(app)]
    for path in asked:
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"") == (200, b""), path
        assert {*head.headers} == {*get.headers}, path
        assert head.headers["content-type"] == get.headers["content-type"], path
    assert {
        "/",
        "/suggest?q=jazz",
        "/episodes/jazz/moments?q=jazz",
        "/episodes/jazz/transcript",
        "/openapi.json",
        "/docs",
        "/redoc",
        "/web/style.css",
        "/static-offline-docs/swagger-ui.css",
    } <= {*asked}


def test_head_is_refused_for_routes_with_post_only(client: TestClient) -> None:
    assert client.head("/similar").status_code == client.head("/mcp").status_code == 405


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


def test_a_failure_has_the_headers_of_every_answer(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("service.api.routes.retriever_of", fail)
    ours = {"Origin": "https://app.example", "X-Request-Id": "a-1"}

    failed = client.get("/search?q=jazz", headers=ours)

    assert failed.status_code == 500
    assert failed.headers["content-type"] == "application/problem+json"
    assert failed.headers["X-Request-Id"] == "a-1"
    assert failed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    counted = client.get("/metrics").text
    assert 'episode_search_requests_total{route="/search",status="500"}' in counted


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
