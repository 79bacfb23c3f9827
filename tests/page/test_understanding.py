"""The page shows what was understood of a question, and one click takes it back."""

from playwright.sync_api import Page, expect

from tests.page.conftest import ask


def test_a_constraint_is_a_chip_that_one_click_removes(page: Page) -> None:
    ask(page, "jazz published in 2020")
    understood = page.locator(".understood")
    expect(understood).to_contain_text("Only")
    understood.get_by_role("link", name="Remove published in 2020").click()
    expect(understood).to_have_count(0)
    assert "as_words=published+in+2020" in page.url
    expect(page.locator(".hit").first).to_be_visible()

    page.get_by_role("combobox").fill("rome published in 2020")
    expect(understood).to_contain_text("published in 2020")


def test_a_constraint_that_leaves_nothing_is_told(page: Page) -> None:
    ask(page, "jazz published in 2004")
    expect(page.locator(".understood")).to_have_text(
        "No episode fits, so not applied: published in 2004"
    )
    expect(page.locator(".understood a")).to_have_count(0)
