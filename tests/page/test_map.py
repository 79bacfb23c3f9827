"""The map: every episode is a dot, a question highlights its hits, a click opens an episode."""

import re
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

DOTS = """() => {
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = {};
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] > 180) {
      const colour = [...data.slice(at, at + 3)].join();
      colours[colour] = (colours[colour] ?? 0) + 1;
    }
  return colours;
}"""
LIT = "217,72,15"  # --lit of the light theme


@pytest.fixture
def map_page(page: Page) -> Page:
    page.goto("/?map=1")
    expect(page.locator(".verdict")).to_have_text("24 episodes; similar ones lie close together.")
    page.wait_for_function(f"Object.keys(({DOTS})()).length > 0")
    return page


class Dot(NamedTuple):
    """A pixel of the map and the episodes there; the fake encoder gives some the same vector."""

    x: float
    y: float
    titles: re.Pattern[str]


def dot_of(page: Page, episode: str) -> Dot:
    """The dot of an episode, computed from the map's margin of 6% of the shorter side."""
    answer = page.request.get("/map").json()
    places = list(zip(answer["x"], answer["y"], strict=True))
    place = places[answer["ids"].index(episode)]
    titles = [title for title, at in zip(answer["titles"], places, strict=True) if at == place]
    assert len(titles) < 12
    box = page.locator("canvas").bounding_box()
    assert box
    side = min(box["width"], box["height"]) * 0.88
    across, down = (side * (unit / 65535 - 0.5) for unit in place)
    return Dot(
        box["width"] / 2 + across,
        box["height"] / 2 + down,
        re.compile("|".join(map(re.escape, titles))),
    )


def test_a_click_on_a_dot_opens_its_episode(map_page: Page) -> None:
    x, y, titles = dot_of(map_page, "skies-3")
    map_page.locator("canvas").hover(position={"x": x, "y": y})
    expect(map_page.locator(".tip")).to_have_text(titles)
    map_page.locator("canvas").click(position={"x": x, "y": y})

    expect(map_page.get_by_role("heading", level=1)).to_have_text(titles)
    map_page.go_back()
    expect(map_page.locator("canvas")).to_be_visible()


def test_a_question_highlights_its_hits(map_page: Page) -> None:
    assert LIT not in map_page.evaluate(DOTS)
    map_page.get_by_role("combobox").fill("jazz guitar")

    expect(map_page.locator(".legend ol .title").first).to_have_text("Jazz and guitar, part 1")
    map_page.wait_for_function(f"({DOTS})()['{LIT}'] > 20")
    assert "map=1" in map_page.url


def test_dots_can_be_clicked_after_panning_and_zooming(map_page: Page) -> None:
    canvas = map_page.locator("canvas")
    x, y, titles = dot_of(map_page, "stones-3")
    canvas.hover(position={"x": x, "y": y})
    map_page.mouse.wheel(0, -400)
    map_page.mouse.down()
    box = canvas.bounding_box()
    assert box
    map_page.mouse.move(box["x"] + x + 30, box["y"] + y - 20, steps=4)
    map_page.mouse.up()
    expect(canvas).to_be_visible()  # a drag does not open an episode

    canvas.click(position={"x": x + 30, "y": y - 20})
    expect(map_page.get_by_role("heading", level=1)).to_have_text(titles)


def test_the_map_can_be_used_by_keys(map_page: Page) -> None:
    before = map_page.evaluate(DOTS)
    map_page.locator("canvas").focus()
    for key in ("+", "ArrowLeft", "ArrowUp"):
        map_page.keyboard.press(key)
    map_page.wait_for_function(f"JSON.stringify(({DOTS})()) !== {str(before)!r}")
    map_page.keyboard.press("0")
    subject = map_page.locator(".legend ul a").first
    name = subject.inner_text()
    subject.focus()
    map_page.keyboard.press("Enter")

    expect(map_page.get_by_role("combobox")).to_have_value(name)
    expect(map_page.locator(".legend ol .title").first).to_be_visible()
