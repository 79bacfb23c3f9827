"""The page under a path of another server."""

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.nginx import NGINX
from tests.page.conftest import LIMIT_MS
from tests.service.server.test_proxies import nginx_before
from tests.test_server import serving


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_the_page_asks_only_below_its_path(
    chromium: Browser, page_root: Path, tmp_path: Path
) -> None:
    options = ("--workers=1", "--trusted-proxies=127.0.0.1")
    with (
        serving(page_root, tmp_path / "log", *options) as service,
        nginx_before(service, tmp_path) as client,
    ):
        base = str(client.base_url).rstrip("/")
        page = chromium.new_page(locale="en-GB")
        page.set_default_timeout(LIMIT_MS)
        expect.set_options(timeout=LIMIT_MS)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{base}/?{urlencode({'q': 'jazz'})}")
        expect(page.locator(".hit")).not_to_have_count(0)
        page.locator(".hit .title").first.click()
        expect(page.get_by_role("heading", name="Similar episodes")).to_be_visible()
        shown = page.url
        page.close()

    assert shown.startswith(f"{base}/")
    assert shown != f"{base}/?q=jazz"
    assert [url for url in asked if not url.startswith(f"{base}/")] == []
