"""The RSS feed of a question, read by two feed parsers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import feedparser
import pytest
from fastapi.testclient import TestClient

from service.api.rss import rss
from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake

HOSTILE = "<script>alert(1)</script> ]]> & \x00\x0b\ufffe \U0001f600 \u202e"
EPISODE: dict[str, Any] = {
    "id": "a/b c?",
    "title": "Jazz & guitars",
    "summary": "Jazz on guitar. <b>Piano</b>.",
    "published_at": "2024-05-06T07:08:09+00:00",
    "link": "https://a.example/jazz?a=1&b=2",
    "audio_url": "https://a.example/jazz.m4a?x=1",
    "duration_s": 3725.0,
    "podcast": {"title": "Sounds"},
}
# In a separate process, because the corpus readers change podcastparser when they are imported.
PODCASTPARSER = """
import json, sys, podcastparser
print(json.dumps(podcastparser.parse("https://here.example", sys.stdin.buffer)["episodes"]))
"""
ADDRESS = "https://here.example/search.rss?q=jazz&k=5"


def feed(*episodes: dict[str, Any], question: str = "jazz") -> bytes:
    found = [(episode, ()) for episode in episodes]
    return rss(question, "https://here.example/?q=jazz", ADDRESS, found)


def test_feedparser_reads_every_field() -> None:
    read = feedparser.parse(feed(EPISODE))

    assert not read.bozo
    assert read.version == "rss20"
    assert read.feed.title == "Episodes: jazz"
    assert {"rel": "self", "href": ADDRESS, "type": "application/rss+xml"} in read.feed.links
    (entry,) = read.entries
    assert entry.id == "a/b c?"
    assert not entry.guidislink
    assert entry.title == "Jazz & guitars · Sounds"
    assert entry.link == EPISODE["link"]
    assert entry.published_parsed[:6] == (2024, 5, 6, 7, 8, 9)
    assert entry.itunes_duration == "3725"
    assert entry.enclosures[0].href == EPISODE["audio_url"]
    assert entry.enclosures[0].type.startswith("audio/")


def test_podcastparser_reads_it_as_a_podcast() -> None:
    command = [sys.executable, "-c", PODCASTPARSER]
    read = subprocess.run(command, input=feed(EPISODE), capture_output=True, check=True)

    (episode,) = json.loads(read.stdout)
    assert episode["guid"] == "a/b c?"
    assert episode["total_time"] == 3725
    assert episode["published"] == 1714979289
    assert episode["enclosures"][0]["url"] == EPISODE["audio_url"]


def test_hostile_text_is_escaped() -> None:
    written = feed({**EPISODE, "title": HOSTILE, "summary": HOSTILE}, question=HOSTILE)

    said = fromstring(written).findtext("channel/item/description")
    assert said == HOSTILE.translate(dict.fromkeys((0x00, 0x0B, 0xFFFE), 0xFFFD))
    assert b"<script" not in written


@pytest.mark.parametrize("name", ["link", "audio_url"])
def test_addresses_with_other_schemes_than_http_are_omitted(name: str) -> None:
    written = feed({**EPISODE, name: "javascript:alert(1)"})

    assert b"javascript" not in written


def test_missing_fields_are_omitted() -> None:
    bare = {"id": "1", "summary": "Jazz.", "published_at": "some day"}

    (entry,) = feedparser.parse(feed(bare)).entries

    assert entry.title == "Jazz."
    assert {"published", "link", "enclosures"}.isdisjoint(key for key in entry if entry[key])


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake(
        [
            {"id": f"j{n}", "summary": "Jazz guitar.", "published_at": f"2024-01-0{n}"}
            for n in (2, 3, 1)
        ]
        + [{"id": "rome", "summary": "A history of Rome."}]
    )
    with TestClient(create_app(Settings(snapshots=root, refresh_interval=0.05))) as client:
        yield client


def test_answers_are_sorted_newest_first(client: TestClient) -> None:
    answer = client.get("/search.rss", params={"q": "jazz guitar"})

    assert answer.headers["Content-Type"].startswith("application/rss+xml")
    assert [entry.id for entry in feedparser.parse(answer.content).entries] == ["j3", "j2", "j1"]
    some = client.get("/search.rss", params={"q": "jazz", "published_after": "2024-01-02"})
    assert [entry.id for entry in feedparser.parse(some.content).entries] == ["j3", "j2"]


def test_an_unchanged_feed_is_answered_with_304(client: TestClient) -> None:
    first = client.get("/search.rss", params={"q": "jazz"})
    tag = first.headers["ETag"]

    again = client.get("/search.rss", params={"q": "jazz"}, headers={"If-None-Match": tag})
    weak = client.get("/search.rss?q=jazz", headers={"If-None-Match": f'"x", W/{tag}'})
    other = client.get("/search.rss", params={"q": "rome"}, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    assert "max-age" in again.headers["Cache-Control"]
    assert weak.status_code == 304
    assert other.status_code == 200


def test_an_empty_question_is_refused(client: TestClient) -> None:
    assert client.get("/search.rss", params={"q": " "}).status_code == 422
    assert client.get("/search.rss").status_code == 422


def test_the_map_is_compressed_and_answered_with_304_if_unchanged(client: TestClient) -> None:
    plain = client.get("/map", headers={"Accept-Encoding": "identity"})
    packed = client.get("/map")

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert plain.json()["snapshot"] == client.get("/readyz").json()["snapshot"]
    assert sorted(plain.json()["ids"]) == ["j1", "j2", "j3", "rome"]
    tag = packed.headers["ETag"]
    assert client.get("/map", headers={"If-None-Match": tag}).status_code == 304
    assert plain.headers["ETag"] != tag
