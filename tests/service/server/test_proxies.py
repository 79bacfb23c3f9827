"""The service under a path of another server: nginx, and what its headers may change."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake
from tests.nginx import NGINX, nginx
from tests.test_server import Server, serving

LOCATION = """
    location /podcasts/ {{
      proxy_pass http://127.0.0.1:{port}/;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Prefix /podcasts;
    }}
"""


@contextmanager
def nginx_before(service: Server, folder: Path) -> Iterator[httpx2.Client]:
    location = LOCATION.format(port=service.client.base_url.port)
    with nginx(folder, location, path="/podcasts") as client:
        yield client


@pytest.fixture(scope="module")
def below(seed_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Asks nginx, which shows a service under a path and allows each client 100 requests."""
    if not NGINX:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("below")
    options = ("--workers=1", "--trusted-proxies=127.0.0.1", "--rate-limit=100/hour")
    with (
        serving(seed_root, folder / "log", *options) as service,
        nginx_before(service, folder) as client,
    ):
        yield client


def test_everything_works_under_a_path_of_nginx(below: httpx2.Client) -> None:
    base = str(below.base_url).rstrip("/")
    for path in ("/", "/web/main.js", "/map", "/docs", "/snapshot", "/search?q=kafka"):
        assert below.get(path).status_code == 200, path
    feed = below.get("/search.rss?q=kafka&min_relevance=0").text
    assert f'href="{base}/search.rss' in feed
    assert f"<link>{base}/?q=kafka</link>" in feed
    assert f"<{base}/episodes?" in below.get("/episodes?limit=1").headers["Link"]
    assert below.get("/openapi.json").json()["servers"] == [{"url": "/podcasts"}]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_documentation_loads_its_files_from_under_the_path(
    below: httpx2.Client, page: str
) -> None:
    text = below.get(page).text
    files = re.findall(r'(?:src|href)="([^"]+)"', text)

    assert "/podcasts/openapi.json" in text
    assert len(files) >= 2
    for file in files:
        assert file.startswith("/podcasts/static-offline-docs/")
        assert below.get(below.base_url.join(file)).status_code == 200, file


@pytest.mark.parametrize(
    ("path", "target"), [("/search/?q=kafka", "/search?q=kafka"), ("/web", "/web/")]
)
def test_redirects_stay_under_the_path(below: httpx2.Client, path: str, target: str) -> None:
    sent_on = below.get(path, follow_redirects=False)

    assert sent_on.status_code == 307
    assert sent_on.headers["Location"] == f"{str(below.base_url).rstrip('/')}{target}"


def test_each_client_behind_nginx_has_a_rate_of_its_own(below: httpx2.Client) -> None:
    """Which it cannot escape by an address that it says itself."""

    def asked_from(address: str, times: int) -> list[int]:
        transport = httpx2.HTTPTransport(local_address=address)
        with httpx2.Client(base_url=below.base_url, transport=transport) as client:
            return [
                client.get("/", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
                for n in range(times)
            ]

    assert asked_from("127.0.0.2", 101) == [200] * 100 + [429]
    assert asked_from("127.0.0.3", 1) == [200]


def test_each_client_behind_a_trusted_proxy_has_its_own_rate(
    root: Path, build_fake: BuildFake
) -> None:
    with started(root, build_fake, trusted_proxies="10.0.0.0/8", rate_limit="2/hour") as client:
        for address in ("192.0.2.1", "192.0.2.2"):
            headers = {"X-Forwarded-For": address}
            statuses = [client.get("/snapshot", headers=headers).status_code for _ in range(3)]
            assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("192.0.2.1, 198.51.100.7", "192.0.2.2, 198.51.100.7", True),  # said by the client itself
        ("192.0.2.1, 198.51.100.7", "192.0.2.1, 198.51.100.8", False),
        ("198.51.100.7, 10.0.0.9", "198.51.100.7, 10.0.0.8", True),  # through two of our proxies
        ("198.51.100.7, 10.0.0.9", "198.51.100.8, 10.0.0.9", False),
        ("198.51.100.7, 10.0.0.9, 203.0.113.5", "198.51.100.8, 10.0.0.9, 203.0.113.5", True),
        ("10.0.0.1, 10.0.0.9", "10.0.0.2, 10.0.0.9", False),  # a client in the network of proxies
    ],
)
def test_a_client_is_the_last_address_that_is_no_trusted_proxy(
    root: Path, build_fake: BuildFake, one: str, other: str, shared: bool
) -> None:
    with started(root, build_fake, trusted_proxies="10.0.0.0/8", rate_limit="1/hour") as client:
        statuses = [
            client.get("/snapshot", headers={"X-Forwarded-For": chain}).status_code
            for chain in (one, other)
        ]
    assert statuses == [200, 429 if shared else 200]


def test_headers_of_others_change_nothing(root: Path, build_fake: BuildFake) -> None:
    with started(root, build_fake, trusted_proxies="192.0.2.9", rate_limit="9/hour") as client:
        spoofed = {
            "X-Forwarded-For": "192.0.2.1",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Prefix": "/evil",
            "X-Forwarded-Proto": "https",
        }
        plain = client.get("/search.rss?q=jazz").text
        assert client.get("/search.rss?q=jazz", headers=spoofed).text == plain
        statuses = [
            client.get("/snapshot", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
            for n in range(8)
        ]
        assert statuses == [200] * 7 + [429]


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b c", "javascript:", "/a\tb", "x"])
def test_a_prefix_that_is_no_path_is_left_out(
    root: Path, build_fake: BuildFake, prefix: str
) -> None:
    with started(root, build_fake, trusted_proxies="10.1.2.3") as client:
        feed = client.get("/search.rss?q=jazz", headers={"X-Forwarded-Prefix": prefix})
        assert f'href="{client.base_url}/search.rss' in feed.text


def test_links_have_the_root_path_without_proxy_headers(root: Path, build_fake: BuildFake) -> None:
    with started(root, build_fake, root_path="/podcasts") as client:
        assert client.get("/healthz").status_code == 200
        assert f"{client.base_url}/podcasts/search.rss" in client.get("/search.rss?q=jazz").text


@contextmanager
def started(root: Path, build_fake: BuildFake, **settings: Any) -> Iterator[TestClient]:
    """The application, asked from the address of a proxy."""
    build_fake()
    app = create_app(Settings(snapshots=root, **settings))
    with TestClient(app, client=("10.1.2.3", 50_000)) as client:
        yield client
