"""The service stops and starts again: the page reports it and then continues."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.test_server import serving


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_it_reports_that_the_service_is_down_and_continues_when_it_is_back(
    chromium: Browser, page_root: Path, log: Path
) -> None:
    with serving(page_root, log) as server:
        url = server.client.base_url
        page = chromium.new_page(base_url=str(url))
        page.goto("/?q=jazz")
        expect(page.locator("mark").first).to_have_text("jazz")
    page.get_by_role("combobox").fill("rocket")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect(page.locator("mark").first).to_have_text("jazz")

    with serving(page_root, log, port=url.port):
        expect(page.locator("mark").first).to_have_text("rocket")
        expect(page.get_by_role("alert")).to_be_hidden()
        page.close()
