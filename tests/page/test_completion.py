"""The search box completes names as an ARIA combobox, by mouse and by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.conftest import ask


def typed(page: Page, text: str) -> None:
    page.goto("/")
    page.get_by_role("combobox").press_sequentially(text, delay=20)
    expect(page.get_by_role("listbox")).to_be_visible()


def test_typing_shows_names_and_escape_closes_them(page: Page) -> None:
    typed(page, "mar")
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("option").first).to_have_text("Mary OkoroPerson")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("mar")


def test_arrows_move_through_the_options_and_enter_chooses(page: Page) -> None:
    typed(page, "mar")
    box = page.get_by_role("combobox")
    box.press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "completion-0")
    expect(box).to_be_focused()
    box.press("ArrowUp")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    box.press("ArrowDown")
    box.press("Enter")
    expect(page.locator(".in-force .chip")).to_contain_text("Mary Okoro")
    assert page.url.endswith("/?person=Mary+Okoro")
    expect(box).to_have_value("")


def test_a_title_leads_to_its_episode(page: Page) -> None:
    typed(page, "jazz and guitar, part 1")
    page.get_by_role("option", name="Jazz and guitar, part 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jazz and guitar, part 1")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_suggestions_pass_the_filters(page: Page) -> None:
    page.goto("/?podcast=Sounds")
    page.get_by_role("combobox").press_sequentially("so", delay=20)
    expect(page.get_by_role("option").first).to_have_text("SoundsPodcast")
    page.goto("/?podcast=Sounds&year=1999")
    page.get_by_role("combobox").fill("sound")
    expect(page.locator(".verdict")).to_have_text("Nothing here fits these filters.")
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Page, scheme: str) -> None:
    page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    typed(page, "mar")
    page.get_by_role("combobox").press("ArrowDown")
    page.wait_for_url("**/?q=mar")  # what is typed is searched, and pale until it is answered
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_misspelled_question_offers_what_is_meant(page: Page) -> None:
    ask(page, "guitarr history")
    page.get_by_role("link", name="guitar history").click()
    expect(page.get_by_role("combobox")).to_have_value("guitar history")
    expect(page.locator(".meant")).to_have_count(0)
