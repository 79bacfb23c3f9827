"""Typing a question gives its answer, and never a late answer of another question."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.conftest import ask

SLOW = {"offline": False, "latency": 1500, "downloadThroughput": -1, "uploadThroughput": -1}


def test_the_home_view_shows_podcasts_and_newest_episodes(page: Page) -> None:
    page.goto("/")

    expect(page.locator(".lead")).to_have_text("Ask 24 episodes of 4 podcasts in your own words.")
    expect(page.locator(".hit")).to_have_count(5)
    expect(page.locator(".hit .title").first).to_have_text("Empire and soil, part 6")
    page.get_by_role("link", name="Sounds 6").click()
    expect(page.locator(".verdict")).to_have_text("6 episodes, newest first.")


def test_it_answers_while_typing_and_marks_the_matches(page: Page) -> None:
    page.goto("/")
    page.get_by_role("combobox").press_sequentially("jazz guitar", delay=20)

    hit = page.locator(".hit").first
    expect(hit.locator(".title")).to_have_text("Jazz and guitar, part 1")
    expect(hit.locator("mark")).to_have_text(["jazz", "guitar"])
    expect(hit.locator(".facts")).to_have_text("Sounds14 Jan 202015 minwith Mary Okoro")
    expect(hit.locator(".relevance")).to_contain_text("%")
    expect(page.get_by_role("status")).to_contain_text("episodes shown")
    assert page.url.endswith("/?q=jazz+guitar")


def test_typing_sends_one_request_after_a_pause(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.get_by_role("combobox").press_sequentially("kafka flink")
    expect(page.locator("mark").first).to_be_visible()

    assert len([url for url in asked if "/search?" in url]) == 1


def test_typing_a_question_adds_one_history_entry(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox")
    for part in ("jazz", " guitar"):
        box.press_sequentially(part)
        expect(page.locator("mark").last).to_have_text(part.strip())
    box.press("Enter")
    box.fill("rocket")
    expect(page.locator("mark").first).to_have_text("rocket")

    page.go_back()
    expect(box).to_have_value("jazz guitar")
    expect(page.locator(".hit .title").first).to_have_text("Jazz and guitar, part 1")
    page.go_back()
    expect(box).to_have_value("")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What would you like")
    page.go_forward()
    expect(box).to_have_value("jazz guitar")


def test_a_late_answer_never_replaces_that_of_a_later_question(page: Page) -> None:
    held: list[Route] = []
    page.goto("/")
    page.route("**/search?q=jazz&*", lambda route: held.append(route))
    with page.expect_request("**/search?q=jazz&*"):
        page.get_by_role("combobox").fill("jazz")
    page.get_by_role("combobox").fill("rocket moon")
    expect(page.locator(".hit .title").first).to_have_text("Rocket and moon, part 4")
    held[0].continue_()
    page.wait_for_timeout(300)

    expect(page.locator(".hit .title").first).to_have_text("Rocket and moon, part 4")
    assert page.get_by_role("combobox").input_value() == "rocket moon"


def test_it_shows_that_it_waits_on_a_slow_network(page: Page) -> None:
    ask(page, "jazz")
    network = page.context.new_cdp_session(page)
    network.send("Network.emulateNetworkConditions", SLOW)
    page.get_by_role("combobox").fill("rocket")
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#waiting")).to_be_visible()
    expect(page.locator(".hit")).not_to_have_count(0)
    expect(page.locator("mark").first).to_have_text("rocket")
    expect(page.locator("#waiting")).to_be_hidden()


def test_if_nothing_answers_it_says_so_and_shows_the_nearest(page: Page) -> None:
    ask(page, "money")

    expect(page.locator(".verdict")).to_have_text("Nothing here answers that; the nearest are:")
    expect(page.locator(".hit")).not_to_have_count(0)


def test_if_no_episode_passes_the_filters_it_says_so_and_offers_to_clear_them(page: Page) -> None:
    page.goto("/?q=jazz&podcast=Skies&person=Nobody")

    expect(page.locator(".verdict")).to_have_text("Nothing here fits these filters.")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator(".hit .title").first).to_have_text("Jazz and guitar, part 1")


@pytest.mark.parametrize("query", ["?q=jazz&year=soon", "?episode=nobody"])
def test_the_message_of_a_refusal_is_shown(page: Page, query: str) -> None:
    page.goto(f"/{query}")

    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("link", name="Episode Search").click()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_more_hits_and_the_feed_are_offered(page: Page) -> None:
    ask(page, "space")
    expect(page.locator(".hit")).to_have_count(10)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator(".hit")).to_have_count(24)

    feed = page.get_by_role("link", name="Follow by RSS").get_attribute("href")
    assert feed
    answer = page.request.get(f"/{feed}")
    assert answer.ok
    assert "<rss" in answer.text()


def test_answers_without_facets_take_the_whole_width(page: Page) -> None:
    page.set_viewport_size({"width": 1300, "height": 800})
    ask(page, "jazz guitar")
    hit = page.locator(".hit").first
    beside = hit.bounding_box()
    page.locator("aside").evaluate("aside => aside.remove()")
    alone = hit.bounding_box()
    assert beside
    assert alone
    assert alone["width"] > beside["width"] * 1.2
