"""The files of the page: small, free of third parties, and protected by headers."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.api.page import WEB
from service.app import create_app
from service.settings import Settings

FILES = sorted(path for path in WEB.rglob("*") if path.is_file())
MOST_BYTES = 100_000
ADDRESSES = re.compile(r"""(?:https?:)?//[\w.-]+\.[a-z]{2,}""")
NAMESPACE = "http://www.w3.org/2000/svg"  # only a name; it is never fetched

UNPACKED = {"Accept-Encoding": "identity"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(create_app(Settings(snapshots=tmp_path)))


def test_all_files_together_are_smaller_than_100_kb() -> None:
    assert 10_000 < sum(path.stat().st_size for path in FILES) < MOST_BYTES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_another_site(path: Path) -> None:
    assert ADDRESSES.findall(path.read_text().replace(NAMESPACE, "")) == []


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.js")), ids=lambda path: path.name)
def test_a_module_is_short_and_creates_no_markup(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 150
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)


def test_every_module_is_preloaded_by_the_page() -> None:
    loaded = set(re.findall(r'(?:href|src)="web/(\S+\.js)"', (WEB / "index.html").read_text()))
    assert loaded == {path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js")}


@pytest.mark.parametrize("path", ["/", "/web/main.js", "/web/style.css"])
def test_the_headers_allow_only_files_of_this_service(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/web/main.js", "text/javascript; charset=utf-8"),
        ("/web/style.css", "text/css; charset=utf-8"),
        ("/web/icon.svg", "image/svg+xml"),
    ],
)
def test_files_have_content_types_and_etags(client: TestClient, path: str, kind: str) -> None:
    got = client.get(path, headers=UNPACKED)
    assert (got.status_code, got.headers["content-type"]) == (200, kind)
    assert got.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={**UNPACKED, "If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(path, headers=UNPACKED)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("path", ["/web/../page.py", "/web/%2e%2e/page.py", "/web/", "/web/views"])
def test_other_files_are_not_served(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
