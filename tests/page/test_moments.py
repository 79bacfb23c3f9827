"""A feed with notes, chapters and a transcript, from its host to a second of sound in Chromium."""

import io
import json
import re
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import Message

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from indexer.build import BuildOptions, build
from indexer.corpus.companions import Companions
from indexer.corpus.fetching.fetcher import Fetcher
from indexer.encoder.artifact import Artifact
from indexer.snapshot import TRANSCRIPTS
from tests.http_host import Reply, http_host
from tests.page.conftest import LIMIT_MS
from tests.test_server import Server, serving

SECONDS = 120
RATE = 4000
NOTES = "A talk about streams.&lt;br&gt;(0:05) Kafka and the queue&lt;br&gt;(1:10) Jazz guitar"
CHAPTERS = {
    "version": "1.2.0",
    "chapters": [
        {"startTime": 0, "title": "The moon", "url": "javascript:document.title='owned'"},
        {"startTime": 80, "title": "<img src=x onerror=document.title='owned'> Rome"},
    ],
}
TRANSCRIPT = """WEBVTT

00:01.000 --> 00:04.000
<v Ana>Soil and seeds, she said.

01:20.000 --> 01:24.000
<v Bo>A <i>piano</i> (x.*) and a guitar.
"""


def sound() -> bytes:
    """Silence, as a file that browsers play."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(1)
        written.setframerate(RATE)
        written.writeframes(b"\x80" * (SECONDS * RATE))
    return file.getvalue()


@dataclass
class Show:
    """The host of a podcast, with all that its feed names."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    audio: bytes = field(default_factory=sound)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, path: str, headers: Message) -> Reply:
        self.asked.append(path)
        if path.startswith("/audio"):
            return self._sound(headers)
        pages = {
            "/feed": self._feed(),
            "/chapters": json.dumps(CHAPTERS).encode(),
            "/said": TRANSCRIPT.encode(),
        }
        return (200, pages[path], {}) if path in pages else (404, b"", {})

    def _sound(self, headers: Message) -> Reply:
        """The part that is asked for: browsers seek only where a host gives parts."""
        asked = re.match(r"bytes=(\d+)-(\d*)", headers.get("Range", "bytes=0-"))
        start, end = (int(asked[1]), int(asked[2] or len(self.audio) - 1)) if asked else (0, 0)
        said = {
            "Content-Type": "audio/wav",
            "Accept-Ranges": "bytes",
            "Content-Range": f"bytes {start}-{end}/{len(self.audio)}",
        }
        return 206, self.audio[start : end + 1], said

    def _feed(self) -> bytes:
        here = self.address
        return f"""<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"
            xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Sea</title>
            <item><guid>notes</guid><title>Monday</title><description>{NOTES}</description>
            <itunes:duration>{SECONDS}</itunes:duration>
            <enclosure url="{here}/audio/notes.wav" type="audio/wav" length="0"/></item>
            <item><guid>files</guid><title>Tuesday</title><description>About rockets.</description>
            <enclosure url="{here}/audio/files.wav" type="audio/wav" length="0"/>
            <podcast:chapters url="{here}/chapters" type="application/json+chapters"/>
            <podcast:transcript url="{here}/said" type="text/vtt"/></item>
            </channel></rss>""".encode()


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    show = Show()
    with http_host(show.reply) as port:
        show.port = port
        yield show


@pytest.fixture(scope="module")
def served(
    show: Show, artifact: Artifact, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("moments")
    root = directory / "snapshots"
    options = BuildOptions(
        fetch=Fetcher(root / "feeds", allow_private=True),
        companions=Companions(root / TRANSCRIPTS, allow_private=True),
    )
    with ThreadPoolExecutor(1) as thread:  # in this one, the browser's event loop may run
        thread.submit(build, [f"{show.address}/feed"], root, artifact, options).result()
    with serving(root, directory / "log") as server:
        yield server


@pytest.fixture
def ids(served: Server) -> dict[str, str]:
    """The id of each episode, by its title."""
    episodes = served.client.get("/episodes").json()["episodes"]
    return {each["title"]: each["id"] for each in episodes}


@pytest.fixture
def page(chromium: Browser, served: Server) -> Iterator[Page]:
    """Fails at the end if the console tells of an error of the page."""
    context = chromium.new_context(base_url=str(served.client.base_url), locale="en-GB")
    context.set_default_timeout(LIMIT_MS)
    expect.set_options(timeout=LIMIT_MS)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [text for text in said if "Failed to load resource" not in text] == []


def played_from(page: Page, seconds: float) -> None:
    """Waits until the sound is at this second, or a little later."""
    page.wait_for_function(
        "at => { const { currentTime: now } = document.querySelector('audio');"
        " return now >= at && now < at + 9; }",
        arg=seconds,
    )


def test_moments_come_over_http(served: Server, ids: dict[str, str]) -> None:
    hits = served.client.get("/search", params={"q": "jazz guitar"}).json()["hits"]
    moments = {hit["episode"]["title"]: hit["moments"] for hit in hits}
    best = moments["Monday"][0]
    assert (best["start_s"], best["text"], best["source"]) == (70, "Jazz guitar", "notes")
    assert {moment["source"] for moment in moments["Tuesday"]} == {"chapter", "transcript"}
    episode = served.client.get(f"/episodes/{ids['Tuesday']}").json()
    assert [each["start_s"] for each in episode["chapters"]] == [0, 80]
    assert episode["transcript_id"]


def test_a_click_on_a_moment_plays_from_its_second(page: Page, show: Show) -> None:
    show.asked.clear()
    page.goto("/?q=jazz+guitar")
    moment = page.locator(".hit .evidence .moment")
    expect(moment).to_have_text("1:10 ▸")
    expect(page.locator("#player")).to_be_hidden()
    assert show.asked == []  # nothing is loaded before a click
    moment.click()
    expect(page.locator("#player")).to_be_visible()
    played_from(page, 70)
    assert {*show.asked} == {"/audio/notes.wav"}
    assert page.url.endswith("/?q=jazz+guitar")


def test_the_page_of_an_episode_lists_chapters_that_play(page: Page, ids: dict[str, str]) -> None:
    page.goto(f"/?episode={ids['Monday']}")
    chapters = page.locator(".chapters li")
    expect(chapters).to_have_text(["0:05 ▸ Kafka and the queue", "1:10 ▸ Jazz guitar"])
    chapters.nth(1).locator(".moment").click()
    played_from(page, 70)
    expect(chapters.nth(1).locator(".moment")).to_have_attribute("aria-current", "true")
    assert page.evaluate("location.hash") == "#t=70"
    page.get_by_role("button", name="Close the player").click()
    expect(page.locator("#player")).to_be_hidden()


def test_an_address_holds_the_second(page: Page, show: Show, ids: dict[str, str]) -> None:
    show.asked.clear()
    page.goto(f"/?episode={ids['Monday']}#t=70")
    assert show.asked == []
    page.locator(".episode > .actions .moment").click()
    played_from(page, 70)


def test_keys_pause_and_move(page: Page, ids: dict[str, str]) -> None:
    page.goto(f"/?episode={ids['Monday']}")
    page.locator(".chapters .moment").first.click()
    played_from(page, 5)
    page.locator("main").focus()
    page.keyboard.press("l")
    played_from(page, 35)
    page.keyboard.press("j")
    played_from(page, 20)
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('audio').paused")
    page.keyboard.press("Space")
    page.wait_for_function("!document.querySelector('audio').paused")
    page.keyboard.press("/")
    page.keyboard.type("jazz l j")
    expect(page.locator("#question")).to_have_value("jazz l j")


def test_chapters_are_text_and_never_code(page: Page, ids: dict[str, str]) -> None:
    page.goto(f"/?episode={ids['Tuesday']}")
    expect(page.locator(".chapters li").nth(1)).to_contain_text("Rome")
    assert page.locator(".chapters img, .chapters a.outward").count() == 0
    assert "owned" not in page.title()


def test_a_transcript_is_read_and_clicked(page: Page, ids: dict[str, str]) -> None:
    page.goto(f"/?episode={ids['Tuesday']}")
    page.get_by_text("Transcript", exact=True).click()
    said = page.locator(".transcript li")
    expect(said).to_contain_text(["0:01 ▸", "1:20 ▸"])
    expect(said.first).to_contain_text("Soil and seeds, she said.")
    assert Axe().run(page).violations_count == 0
    said.first.locator(".moment").click()
    played_from(page, 1)
    expect(said.first.locator(".moment")).to_have_attribute("aria-current", "true")


def test_a_transcript_is_searched(page: Page, ids: dict[str, str]) -> None:
    page.goto(f"/?episode={ids['Tuesday']}")
    page.get_by_text("Transcript", exact=True).click()
    box, shown = page.get_by_label("Search the transcript"), page.locator(".transcript li:visible")
    told = page.locator(".transcript [role=status]")
    box.fill("GUITAR piano")
    expect(told).to_have_text("1 passage")
    expect(shown.locator("mark")).to_have_text(["piano", "guitar"])
    assert Axe().run(page).violations_count == 0
    box.fill("(x.*)")
    expect(shown.locator("mark")).to_have_text(["(x.*)"])
    shown.locator(".moment").click()
    played_from(page, 80)
    box.fill("soil garden")  # no passage has both
    expect(told).to_contain_text("nearest by meaning")
    box.press("Escape")
    expect(told).to_be_empty()
    expect(shown).to_have_count(2)
    expect(box).to_be_focused()


@pytest.mark.parametrize("address", ["/?q=jazz+guitar", "/?q=moon", "/?episode={Monday}#t=70"])
def test_axe_finds_no_violation_while_it_plays(
    page: Page, address: str, ids: dict[str, str]
) -> None:
    page.goto(address.format(**ids))
    page.locator(".moment").first.click()
    expect(page.locator("#player")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_player_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/?q=jazz+guitar")
    page.locator(".moment").first.click()
    expect(page.locator("#player")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_sound_that_is_not_there_is_told(page: Page) -> None:
    page.goto("/?q=jazz+guitar")
    page.route("**/audio/*", lambda route: route.abort())
    page.locator(".moment").first.click()
    expect(page.locator("#player")).to_contain_text("cannot be played")
    page.goto("about:blank")
