"""Filters, more and less like this, and the view of an episode."""

import re

from playwright.sync_api import Page, expect

from tests.page.conftest import ask


def titles(page: Page) -> list[str]:
    return page.locator(".hit .title").all_inner_texts()


def test_a_chip_filters_and_is_in_the_address_and_the_history(page: Page) -> None:
    ask(page, "the stream of history")
    page.get_by_role("link", name="Stones 6 episodes").click()

    expect(page.locator(".hit")).to_have_count(6)
    expect(page.locator(".facts").first).to_contain_text("Stones")
    assert "podcast=Stones" in page.url
    page.reload()
    expect(page.locator(".hit")).to_have_count(6)
    page.go_back()
    expect(page.locator(".hit")).to_have_count(10)
    page.go_forward()
    page.get_by_role("link", name="Remove Stones").click()
    expect(page.locator(".hit")).to_have_count(10)


def test_years_and_lengths_filter_too(page: Page) -> None:
    ask(page, "music")
    page.get_by_role("link", name="2021").click()
    expect(page.locator(".hit")).to_have_count(4)
    page.get_by_role("link", name="20 to 60 min").click()
    expect(page.locator(".facts").first).to_contain_text("30 min")
    page.get_by_role("link", name="20 to 60 min").click()
    page.get_by_role("link", name="under 20 min").click()
    expect(page.locator(".verdict")).to_have_text("Nothing here fits these filters.")


def test_the_newest_can_come_first(page: Page) -> None:
    ask(page, "jazz")
    page.get_by_role("link", name="Newest first").click()
    expect(page.get_by_role("link", name="Newest first")).to_have_attribute("aria-current", "true")

    years = [text[-4:] for text in page.locator(".hit time").all_inner_texts()]
    assert years == sorted(years, reverse=True)


def test_more_and_less_like_this_refine_the_results(page: Page) -> None:
    ask(page, "jazz")
    liked = titles(page)[0]
    page.locator(".hit").first.get_by_role("link", name="More like this").click()

    expect(page.get_by_role("link", name=f"More like {liked}")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_value("jazz")
    expect(page.locator(".reason dd").first).to_be_visible()
    assert liked not in titles(page)
    unliked = titles(page)[0]
    page.locator(".hit").first.get_by_role("link", name="Less like this").click()
    expect(page.get_by_role("link", name=f"Less like {unliked}")).to_be_visible()
    assert unliked not in titles(page)
    assert re.search(r"like=sounds-\d&unlike=", page.url)
    page.get_by_role("link", name="Start over").click()
    expect(page.locator(".hit .title").first).to_have_text(liked)


def test_an_episode_has_a_view_with_similar_episodes_and_reasons(page: Page) -> None:
    ask(page, "rocket moon")
    page.locator(".hit .title").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Rocket and moon, part 4")
    expect(page.locator(".summary")).to_contain_text("From rocket we come to moon.")
    expect(page.get_by_role("link", name="Listen").first).to_have_attribute(
        "href", "https://example.org/skies/3.mp3"
    )
    expect(page.locator(".hit")).not_to_have_count(0)
    expect(page.locator(".reason").first.locator("dd")).to_have_count(2)
    assert page.title() == "\u2068Rocket and moon, part 4\u2069 · Episode Search"
    page.locator(".hit .title").first.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Rocket and moon, part 4")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rocket and moon, part 4")
    page.go_back()
    expect(page.locator(".hit .title").first).to_be_focused()


def test_people_and_podcasts_of_a_hit_link_to_their_episodes(page: Page) -> None:
    ask(page, "kafka")
    page.locator(".hit").first.get_by_role("link", name="Mary Okoro").click()

    expect(page.locator(".verdict")).to_have_text("8 episodes, newest first.")
