"""Fixtures: Chromium and the real service, over episodes whose vectors can be checked by hand."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from indexer.build import build
from indexer.encoder.artifact import Artifact
from tests.page.episodes import EPISODES, write
from tests.test_server import Server, serving

# Without background requests, and able to run as root, as in containers and CI.
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
ARGUMENTS += ["--disable-audio-output"]  # what is played needs no device
CHROMIUM = os.environ.get("CHROMIUM", shutil.which("chromium"))
REQUIRED = "REQUIRE_CHROMIUM"
LIMIT_MS = 60_000  # of an action or an expectation, on a busy machine


@contextmanager
def open_chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        absent = pytest.fail if os.environ.get(REQUIRED) else pytest.skip
        absent("There is no chromium to open the page in: apt-get install chromium.")
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def page_root(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Path:
    directory = tmp_path_factory.mktemp("page")
    build([write(EPISODES, directory)], directory / "snapshots", artifact)
    return directory / "snapshots"


@pytest.fixture(scope="package")
def service(page_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(page_root, tmp_path_factory.mktemp("page-server") / "log") as server:
        yield server


@pytest.fixture
def context(chromium: Browser, service: Server) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=str(service.client.base_url), locale="en-GB")
    context.set_default_timeout(LIMIT_MS)
    expect.set_options(timeout=LIMIT_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Fails at the end if the page logged to the console or sent a request to another site."""
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    origin = page.evaluate("location.origin")
    assert [url for url in asked if not url.startswith(origin)] == []
    assert [text for text in said if "Failed to load resource" not in text] == []


def ask(page: Page, question: str) -> None:
    """Open the page with this question and wait for the answer."""
    page.goto(f"/?{urlencode({'q': question})}")
    expect(page.locator(".hit")).not_to_have_count(0)
