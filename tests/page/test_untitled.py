"""A corpus of summaries alone: its episodes have no titles, and nothing to filter by."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from indexer.build import build
from indexer.encoder.artifact import Artifact
from tests.page.conftest import LIMIT_MS
from tests.test_server import Server, serving

SUMMARIES = (
    "In this episode, Ann Doe explains how jazz met the guitar, and what came of it in the end.",
    "In this episode, Bo Poe talks with Cy Roe about the soil of a garden and its seeds.",
)
DESKTOP: ViewportSize = {"width": 1400, "height": 900}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Iterator[Server]:
    directory: Path = tmp_path_factory.mktemp("bare")
    (directory / "corpus.txt").write_text("\n".join(SUMMARIES))
    build([directory / "corpus.txt"], directory / "snapshots", artifact)
    with serving(directory / "snapshots", directory / "log") as server:
        yield server


@pytest.fixture
def wide(chromium: Browser, bare: Server) -> Iterator[Page]:
    page = chromium.new_page(base_url=str(bare.client.base_url), viewport=DESKTOP)
    page.set_default_timeout(LIMIT_MS)
    yield page
    page.close()


def test_hits_and_episodes_are_headed_by_their_headline(wide: Page) -> None:
    wide.goto("/?q=jazz+guitar")
    first = wide.locator(".hit .title").first
    expect(first).to_have_text("Ann Doe on how jazz met the guitar, and what came of it in the end")
    first.click()
    expect(wide.get_by_role("heading", level=1)).to_have_text(
        "Ann Doe on how jazz met the guitar, and what came of it in the end"
    )


@pytest.mark.parametrize("view", ["home", "answers", "episode"])
def test_the_whole_width_is_used(wide: Page, view: str) -> None:
    wide.goto("/" if view == "home" else "/?q=jazz+guitar")
    if view == "episode":
        wide.locator(".hit .title").first.click()
        assert _width(wide, ".episode") > 0.95 * _width(wide, "main")
    expect(wide.locator(".hit").first).to_be_visible()
    assert wide.locator("main aside").count() == 0
    assert _width(wide, ".hit") > 0.95 * _width(wide, "main")


def test_with_facets_they_leave_room_for_them(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/?q=jazz+guitar")
    expect(page.locator("main aside")).to_be_visible()
    hit, filters = (page.locator(each).first.bounding_box() for each in (".hit", "main aside"))
    assert hit
    assert filters
    assert hit["x"] + hit["width"] <= filters["x"]


def _width(page: Page, selector: str) -> float:
    """The width inside its padding, in pixels."""
    width: float = page.locator(selector).first.evaluate(
        "node => { const { paddingLeft, paddingRight } = getComputedStyle(node);"
        " return node.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) }"
    )
    return width
