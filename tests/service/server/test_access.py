"""API keys, scopes, rate limits and caching headers."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.keys import new_key
from service.settings import Settings
from tests.conftest import EPISODES, BuildFake

Start = Callable[..., TestClient]


@pytest.fixture
def start(root: Path, build_fake: BuildFake) -> Iterator[Start]:
    build_fake()
    started = []

    def start_with(**settings: Any) -> TestClient:
        client = TestClient(create_app(Settings(snapshots=root, **settings)))
        started.append(client.__enter__())
        return client

    yield start_with
    for client in started:
        client.__exit__(None, None, None)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A key of each scope; writes them to `keys.txt`."""
    made = {scope: new_key(f"who-may-{scope}", [scope]) for scope in ("read", "admin")}
    (tmp_path / "keys.txt").write_text("".join(f"{line}\n" for _, line in made.values()))
    return {scope: key for scope, (key, _) in made.items()}


@pytest.fixture
def guarded(start: Start, keys: dict[str, str], tmp_path: Path) -> TestClient:
    assert keys
    return start(keys=tmp_path / "keys.txt")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'me:{password}'.encode()).decode()}"}


def test_a_key_is_accepted_as_a_token_and_as_a_password(
    guarded: TestClient, keys: dict[str, str]
) -> None:
    for headers in (bearer(keys["read"]), basic(keys["read"])):
        assert guarded.get("/search?q=jazz", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("wrong"),
        basic("wrong"),
        {"Authorization": "Bearer"},
        {"Authorization": "Basic ???"},
        {"Authorization": "Digest x"},
    ],
)
def test_without_a_key_only_health_and_readiness_are_answered(
    guarded: TestClient, headers: dict[str, str]
) -> None:
    for path in (
        "/search?q=jazz",
        "/episodes/jazz",
        "/metrics",
        "/snapshot",
        "/openapi.json",
        "/x",
    ):
        response = guarded.get(path, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert "Authorization: Bearer KEY" in response.json()["detail"]
    assert guarded.get("/healthz", headers=headers).status_code == 200
    assert guarded.get("/readyz", headers=headers).status_code == 200


def test_each_scope_allows_its_routes_only(guarded: TestClient, keys: dict[str, str]) -> None:
    reload = guarded.post("/admin/reload", headers=bearer(keys["read"]))
    assert reload.status_code == 403
    assert "admin" in reload.json()["detail"]
    assert guarded.get("/search?q=jazz", headers=bearer(keys["admin"])).status_code == 403
    assert guarded.post("/admin/reload", headers=bearer(keys["admin"])).status_code == 200


def test_an_admin_route_is_forbidden_without_keys(start: Start) -> None:
    client = start()

    assert client.get("/search?q=jazz").status_code == 200
    assert client.post("/admin/reload").status_code == 403


def test_a_reload_opens_a_published_snapshot_at_once(
    start: Start, keys: dict[str, str], tmp_path: Path, build_fake: BuildFake
) -> None:
    client = start(keys=tmp_path / "keys.txt", refresh_interval=3600)
    published = build_fake(EPISODES[:2]).manifest.snapshot_id

    answer = client.post("/admin/reload", headers=bearer(keys["admin"])).json()

    assert (answer["snapshot"], answer["problem"]) == (published, None)


def test_a_request_beyond_the_rate_limit_gets_429_with_retry_after(start: Start) -> None:
    client = start(rate_limit="3/hour")

    statuses = [client.get("/search?q=jazz").status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
    assert int(client.get("/search?q=jazz").headers["retry-after"]) > 0
    assert client.get("/healthz").status_code == 200


def test_rates_are_counted_by_key(start: Start, keys: dict[str, str], tmp_path: Path) -> None:
    client = start(keys=tmp_path / "keys.txt", rate_limit="2/hour")
    for _ in range(3):
        client.get("/search?q=jazz")

    assert client.get("/search?q=jazz").status_code == 429
    assert client.get("/search?q=jazz", headers=bearer(keys["read"])).status_code == 200


def test_other_origins_are_allowed_only_if_configured(start: Start) -> None:
    origin = {"Origin": "https://site.example"}
    allowed = "access-control-allow-origin"

    assert allowed not in start().get("/search?q=jazz", headers=origin).headers
    permissive = start(cors_origins="https://other.example, https://site.example")
    assert permissive.get("/search?q=jazz", headers=origin).headers[allowed] == origin["Origin"]
    stranger = {"Origin": "https://stranger.example"}
    assert allowed not in permissive.get("/search?q=jazz", headers=stranger).headers


def test_keys_are_revoked_and_added_by_a_reload(
    guarded: TestClient, keys: dict[str, str], tmp_path: Path
) -> None:
    file, admin = tmp_path / "keys.txt", bearer(keys["admin"])
    new, line = new_key("new", ["read"])
    file.write_text(f"{file.read_text().splitlines()[1]}\n{line}\n")
    assert guarded.post("/admin/reload", headers=admin).json()["problem"] is None
    assert guarded.get("/search?q=jazz", headers=bearer(keys["read"])).status_code == 401
    assert guarded.get("/search?q=jazz", headers=bearer(new)).status_code == 200


def test_a_faulty_key_file_changes_nothing_and_is_reported_by_a_reload(
    guarded: TestClient, keys: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "keys.txt").write_text("alice read\n")
    told = guarded.post("/admin/reload", headers=bearer(keys["admin"])).json()["problem"]
    assert f"{tmp_path / 'keys.txt'}:1: is not a name" in told
    assert guarded.get("/search?q=jazz", headers=bearer(keys["read"])).status_code == 200
    assert guarded.get("/readyz").json()["problem"] is None


ROUTES = (
    "/search?q=jazz /search.rss?q=jazz /map /episodes /episodes/jazz /episodes/jazz/similar "
    "/podcasts /snapshot /openapi.json /metrics /unknown"
).split()


@pytest.mark.parametrize("route", ROUTES)
def test_answers_that_need_a_key_are_not_stored_by_shared_caches(
    guarded: TestClient, keys: dict[str, str], route: str
) -> None:
    answer = guarded.get(route, headers=bearer(keys["read"]))
    assert answer.headers["Cache-Control"].split(",")[0] == "private"
    assert "Cache-Control" in guarded.get(route).headers


@pytest.mark.parametrize("route", ["/search.rss?q=jazz", "/map"])
def test_without_keys_shared_caches_may_store_the_feed_and_the_map(
    start: Start, route: str
) -> None:
    answer = start().get(route)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Authorization" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_the_addresses_of_one_host_share_a_rate_limit(
    root: Path, build_fake: BuildFake, one: str, other: str, shared: bool
) -> None:
    build_fake()
    app = create_app(Settings(snapshots=root, rate_limit="1/hour"))
    with TestClient(app, client=(one, 1)) as client:
        assert client.get("/snapshot").status_code == 200
        again = TestClient(app, client=(other, 2)).get("/snapshot")
    assert again.status_code == (429 if shared else 200)
