"""What is packed, and what caches may keep of an answer."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.conftest import EPISODES, BuildFake

SWAGGER = "/static-offline-docs/swagger-ui-bundle.js"
KEPT = (
    "/snapshot",
    "/episodes/jazz/transcript",
    "/openapi.json",
    SWAGGER,
    "/episodes",
    "/podcasts",
    "/episodes/jazz",
    "/map",
    "/search.rss?q=jazz",
    "/",
    "/web/main.js",
)
PACKED = (
    "/map",
    "/search.rss?q=jazz",
    "/",
    "/web/main.js",
    "/web/icon.svg",
    "/openapi.json",
    SWAGGER,
)
IDENTITY = {"Accept-Encoding": "identity"}


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake()
    with TestClient(create_app(Settings(snapshots=root, refresh_interval=3600))) as client:
        yield client


@pytest.mark.parametrize("path", PACKED)
def test_what_is_large_is_packed_for_those_who_take_it(client: TestClient, path: str) -> None:
    plain = client.get(path, headers=IDENTITY)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content  # the client unpacks it
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "Accept-Encoding" in packed.headers["vary"]


def test_files_of_the_page_are_packed_beforehand_and_smaller(client: TestClient) -> None:
    with client.stream("GET", "/web/style.css", headers={"Accept-Encoding": "gzip"}) as response:
        raw = b"".join(response.iter_raw())

    content = gzip.decompress(raw)
    assert len(raw) < len(content) / 2
    assert response.headers["content-length"] == str(len(raw))


def test_long_listings_are_packed_and_short_ones_are_not(root: Path, build_fake: BuildFake) -> None:
    build_fake([{"id": f"e{n}", "summary": f"Jazz {n}. " * 30} for n in range(40)])
    with TestClient(create_app(Settings(snapshots=root))) as client:
        for limit, encoding in ((40, "gzip"), (1, None)):
            plain = client.get(f"/episodes?limit={limit}", headers=IDENTITY)
            packed = client.get(f"/episodes?limit={limit}", headers={"Accept-Encoding": "gzip"})
            assert packed.headers.get("content-encoding") == encoding
            assert packed.json() == plain.json()
            assert packed.headers.get("Link") == plain.headers.get("Link")
            assert packed.headers["etag"] != plain.headers["etag"]
            assert "Accept-Encoding" in packed.headers["vary"]


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("br;q=1, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("br", False),
        ("", False),
    ],
)
def test_the_encoding_is_negotiated(client: TestClient, accepted: str, is_packed: bool) -> None:
    for path in ("/map", "/web/main.js"):
        got = client.get(path, headers={"Accept-Encoding": accepted})
        assert ("content-encoding" in got.headers) == is_packed


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("path", KEPT)
def test_what_a_client_has_is_not_sent_again(client: TestClient, path: str, encoding: str) -> None:
    accepted = {"Accept-Encoding": encoding}
    got = client.get(path, headers=accepted)
    again = client.get(path, headers={**accepted, "If-None-Match": got.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == got.headers["etag"]
    assert again.headers["cache-control"] == got.headers["cache-control"]


def test_a_listing_is_sent_again_when_the_snapshot_has_changed(
    root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    app = create_app(Settings(snapshots=root, refresh_interval=3600))
    with TestClient(app) as client:
        tag = client.get("/episodes").headers["etag"]
        build_fake([*EPISODES, {"id": "new", "summary": "Something new."}])
        app.state.reader.refresh()
        again = client.get("/episodes", headers={"If-None-Match": tag})

    assert (again.status_code, again.json()["total"]) == (200, len(EPISODES) + 1)
