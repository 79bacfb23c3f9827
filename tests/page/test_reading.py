"""The page for every reader: keyboard, screen readers, dark theme, phones, hostile text."""

import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize, expect

from tests.page.conftest import ask

VIEWS = {
    "home": "/",
    "answers": "/?q=jazz+guitar",
    "filtered": "/?q=jazz&podcast=Sounds&year=2021",
    "unanswered": "/?q=money",
    "refined": "/?q=jazz&like=sounds-1&unlike=stones-1",
    "episode": "/?episode=sounds-1",
    "refused": "/?episode=nobody",
    "map": "/?map=1&q=jazz",
}
PHONE: ViewportSize = {"width": 360, "height": 740}
HOSTILE: dict[str, Any] = {
    "title": "<img src=x onerror=\"document.title='owned'\"> \u202egnp.exe",
    "summary": "<script>document.title='owned'</script> & <b>bold</b> \u202eesrever",
    "podcast": {"title": "</title><script>document.title='owned'</script>"},
    "guests": ["<svg onload=document.title='owned'>"],
    "audio_url": "javascript:document.title='owned'",
    "link": "JavaScript:document.title='owned'",
}


def show(page: Page, view: str) -> None:
    page.goto(VIEWS[view])
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation(page: Page, view: str) -> None:
    show(page, view)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.emulate_media(color_scheme="dark")
    in_dark = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert in_dark.violations_count == 0, in_dark.generate_report()


def test_everything_can_be_done_by_keys_alone(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".hit")).to_have_count(5)
    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("jazz guitar")
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit .title").nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit .title").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jazz and guitar, part 1")
    page.go_back()
    expect(page.locator(".hit .title").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_have_value("")


def test_the_focus_stays_on_the_control_that_was_pressed(page: Page) -> None:
    ask(page, "jazz")
    page.get_by_role("link", name="Sounds 6 episodes").press("Enter")

    expect(page.get_by_role("link", name="Remove Sounds")).to_be_focused()


def test_hostile_text_is_shown_as_text(page: Page) -> None:
    def hostile(route: Route) -> None:
        answer = route.fetch()
        body = json.loads(answer.text().replace('"highlight":{', '"unused":{'))
        for hit in body["hits"]:
            hit["episode"] |= HOSTILE
        route.fulfill(response=answer, json=body)

    page.route("**/search?*", hostile)
    ask(page, "jazz")

    hit = page.locator(".hit").first
    expect(hit.locator(".title")).to_have_text(HOSTILE["title"])
    expect(hit.locator(".evidence")).to_have_text(HOSTILE["summary"])
    expect(hit.locator(".facts")).to_contain_text(HOSTILE["podcast"]["title"])
    assert hit.locator("script, img, svg, b").count() == 0
    assert page.locator("a[href^='javascript' i]").count() == 0
    for text in (".title bdi", ".facts bdi", ".evidence"):
        isolation = hit.locator(text).first.evaluate("node => getComputedStyle(node).unicodeBidi")
        assert isolation in ("isolate", "plaintext", "isolate-override")
    assert page.title() == "\u2068jazz\u2069 · Episode Search"


def test_a_hostile_question_in_an_address_is_shown_as_text(page: Page) -> None:
    page.goto("/?q=%3Cscript%3Edocument.title%3D1%3C%2Fscript%3E&podcast=%3Cb%3E")

    expect(page.get_by_role("link", name="Remove <b>")).to_be_visible()
    assert page.locator("main script, main b").count() == 0


@pytest.mark.parametrize("view", VIEWS)
def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page, view: str) -> None:
    page.set_viewport_size(PHONE)
    show(page, view)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_theme_follows_the_system_until_it_is_switched(page: Page) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    page.emulate_media(color_scheme="light")
    show(page, "home")
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate(ground) == light
    page.reload()
    assert page.evaluate(ground) == light


def test_a_right_to_left_summary_reads_from_the_right(context: BrowserContext) -> None:
    page = context.new_page()

    def hebrew(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["episodes"][0]["summary"] = "שלום עולם"
        route.fulfill(response=answer, json=body)

    page.route("**/episodes?*", hebrew)
    page.goto("/")
    evidence = page.locator(".evidence").first
    expect(evidence).to_have_text("שלום עולם")
    assert evidence.evaluate("node => getComputedStyle(node).direction") == "rtl"
