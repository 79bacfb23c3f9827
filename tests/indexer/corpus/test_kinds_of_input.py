"""Lists of feeds as apps and people have them, folders, subtitles, and stray characters."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.corpus import (
    FeedHistory,
    Fetch,
    Record,
    Rejection,
    fetch_nothing,
    gather,
    lasting_name,
    read_corpus,
    records_of,
)
from indexer.corpus.fetching.answer import Answer, Page
from indexer.episode import Episode, Podcast
from indexer.errors import CorpusError
from tests.conftest import REPOSITORY

Read = tuple[list[Episode], list[Rejection]]

SHARED = REPOSITORY.parent / "shared" / "data"


def feed(name: str) -> str:
    return (
        f'<rss version="2.0"><channel><title>{name}</title><item><title>On {name}</title>'
        f"<description>All about {name}.</description></item></channel></rss>"
    )


def read(*sources: Path | str, fetch: Fetch = fetch_nothing) -> Read:
    rejections: list[Rejection] = []
    return list(read_corpus(sources, rejections.append, fetch)), rejections


class Asked(list[str]):
    """A fetch that gives a feed for every address, and keeps what it was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, addresses: Sequence[str]) -> dict[str, Answer | str]:
        self.extend(addresses)
        given: dict[str, Answer | str] = {}
        for number, address in enumerate(addresses):
            file = self._folder / f"{len(self)}-{number}.xml"
            file.write_text(feed(f"feed {address.partition('//')[2]}"))
            given[address] = Answer((Page(file, address),))
        return given


@pytest.fixture
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return Asked(tmp_path_factory.mktemp("fetched"))


# Lists


def test_a_text_of_addresses_is_a_list_of_feeds(tmp_path: Path, asked: Asked) -> None:
    (tmp_path / "urls.txt").write_text(
        "\ufeff# mine\nhttps://a.example/soil\r\n\n"
        'http://a.example/jazz "music" "~Jazz"\nfeed://a.example/rome\nhttps://a.example/soil\n'
    )
    episodes, rejections = read(tmp_path / "urls.txt", fetch=asked)
    assert [e.title for e in episodes] == [
        f"On feed a.example/{n}" for n in ("soil", "jazz", "rome")
    ]
    assert asked == ["https://a.example/soil", "http://a.example/jazz", "http://a.example/rome"]
    assert rejections == []


JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Sea",
        "items": [{"id": "1", "title": "Fog", "content_text": "On horns."}],
    }
)


@pytest.mark.parametrize("address", ["https://a.example/feed.php?x=1.csv", "https://a.example/f"])
def test_a_list_may_name_a_json_feed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, address: str
) -> None:
    def fetch(addresses: Sequence[str]) -> dict[str, Answer | str]:
        file = tmp_path_factory.mktemp("fetched") / "feed"
        file.write_text(JSON_FEED)
        return {each: Answer((Page(file, each),)) for each in addresses}

    (tmp_path / "urls.txt").write_text(f"{address}\n")
    [fog], rejections = read(tmp_path / "urls.txt", fetch=fetch)
    assert [fog.title, fog.podcast, rejections] == ["Fog", Podcast("Sea"), []]
    listed = [tmp_path / "urls.txt"]
    with FeedHistory(tmp_path / "h") as history, gather(listed, fetch, history) as [part]:
        [record] = records_of([part])
    assert isinstance(record, Record)
    assert record.fields["title"] == "Fog"


def test_a_line_that_is_not_an_address_is_reported(tmp_path: Path, asked: Asked) -> None:
    (tmp_path / "urls.txt").write_text(
        "https://a.example/1\nhttps://a.example/2\nsoon more\nhttps://a.example/3\n"
    )
    episodes, [rejection] = read(tmp_path / "urls.txt", fetch=asked)
    assert len(episodes) == 3
    assert str(rejection).startswith(f"{tmp_path / 'urls.txt'}:3: is no address of a feed")


def test_a_text_that_mentions_an_address_is_a_text(tmp_path: Path, asked: Asked) -> None:
    (tmp_path / "a.txt").write_text("https://a.example/1 has Jazz on guitar.\nA history of Rome.\n")
    episodes, _ = read(tmp_path / "a.txt", fetch=asked)
    assert [len(episodes), asked] == [2, []]


OUTLINES = '<outline type="rss" text="a" xmlUrl="a.xml"/>\n<outline text="b" xmlUrl="b.xml"/>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.xml", f'<?xml version="1.0"?>\n{OUTLINES}'.encode()),
        ("list.opml", OUTLINES.encode()),
        ("list.opml", f"<opml><body>{OUTLINES}</body></opml>".encode("utf-16")),
        ("list.xml", f"<opml><body>{OUTLINES}</body></opml>".encode("utf-16")),
        ("list", f"<OPML><BODY>{OUTLINES.upper().replace('.XML', '.xml')}</BODY></OPML>".encode()),
    ],
)
def test_a_list_without_a_root_or_in_utf_16(tmp_path: Path, name: str, content: bytes) -> None:
    for each in ("a", "b", "A", "B"):
        (tmp_path / f"{each}.xml").write_text(feed(each.lower()))
    (tmp_path / name).write_bytes(content)
    episodes, rejections = read(tmp_path / name)
    assert [[e.title for e in episodes], rejections] == [["On a", "On b"], []]


@pytest.mark.parametrize(
    ("written", "fetched"),
    [
        ("feed://a.example/f", "http://a.example/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        ("feed://https://a.example/f", "https://a.example/f"),
        ("itpc://a.example/f?x=1&y", "http://a.example/f?x=1&y"),
        ("pcast://a.example/f", "http://a.example/f"),
        ("PODCAST://a.example/f", "http://a.example/f"),
        ("HTTPS://a.example/f", "HTTPS://a.example/f"),
    ],
)
def test_schemes_that_apps_give_to_feeds(
    tmp_path: Path, asked: Asked, written: str, fetched: str
) -> None:
    (tmp_path / "list.opml").write_text(f'<opml><outline xmlUrl="{written}"/></opml>')
    for source in (tmp_path / "list.opml", written):
        episodes, rejections = read(source, fetch=asked)
        assert [len(episodes), rejections] == [1, []]
    assert asked == [fetched, fetched]
    assert lasting_name(written) == fetched


def test_an_outline_of_a_feed_may_call_its_address_a_url(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(feed("a"))
    (tmp_path / "list.opml").write_text(
        '<opml><outline text="a" type="rss" url="a.xml"/><outline text="only a folder"/>'
        '<outline text="c" type="link" url="http://c.example"/></opml>'
    )
    [a], [rejection] = read(tmp_path / "list.opml")
    assert a.title == "On a"
    assert rejection.reason.startswith("the outline 'c' is of no feed")


def test_a_feed_that_is_named_twice_is_read_once(tmp_path: Path, asked: Asked) -> None:
    (tmp_path / "a.xml").write_text(feed("a"))
    (tmp_path / "one.opml").write_text(
        '<opml><outline xmlUrl="a.xml"/><outline xmlUrl="feed://a.example/b"/></opml>'
    )
    (tmp_path / "two.txt").write_text("http://a.example/b\n")
    episodes, rejections = read(tmp_path, "http://a.example/b", tmp_path / "a.xml", fetch=asked)
    assert [e.title for e in episodes] == ["On a", "On feed a.example/b"]
    assert rejections == []


# Folders


def test_folders_in_a_folder_are_read(tmp_path: Path) -> None:
    for path in ("b.txt", "a/c.txt", "a/deep/d.txt", ".hidden/e.txt", "a/.f.txt"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"A summary in {path}.")
    episodes, rejections = read(tmp_path)
    assert [e.summary.split()[-1] for e in episodes] == ["a/c.txt.", "a/deep/d.txt.", "b.txt."]
    assert rejections == []


def test_a_link_to_a_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("Jazz.")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    [jazz], [rejection] = read(tmp_path)
    assert jazz.summary == "Jazz."
    assert str(rejection).startswith(f"{tmp_path / 'a' / 'again'}: is a link to a folder")


# Subtitles

SRT = "\ufeff1\r\n00:00:01,000 --> 00:00:04,000\r\nWelcome to the show.\r\n\r\n2\r\n"
VTT = "WEBVTT - of the show\n\n00:01.000 --> 00:04.000\nWelcome to the show.\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.srt", SRT), ("a.vtt", VTT), ("a.txt", SRT), ("a.txt", VTT), ("a", VTT)],
)
def test_subtitles_are_no_episodes(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CorpusError, match="is a file of subtitles"):
        read(tmp_path / name)
    (tmp_path / "jazz.txt").write_text("Jazz.")
    episodes, [rejection] = read(tmp_path)
    assert [e.summary for e in episodes] == ["Jazz."]
    assert str(rejection).startswith(f"{tmp_path / name}: is a file of subtitles")


# Characters that no text has


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", json.dumps({"summary": "Ja\0zz \x07on", "tags": ["a\x1bb"], "mood": "\x7fb"})),
        ("a.jsonl", '{"summary": "Ja\0zz \x07on", "tags": ["a\x1bb"], "mood": "\x7fb"}'),
        ("a.jsonl", '\0{"summary": "Jazz on", \0"tags": ["ab"], "mood": "b"}'),
        ("a.json", '[{"summary": "Ja\0zz \x07on", "tags": ["a\x1bb"], "mood": "\x7fb"}]'),
        ("a.csv", "summary,tags,mood\nJa\0zz \x07on,a\x1bb,\x7fb\n"),
    ],
)
def test_only_the_control_character_is_removed(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    [jazz], rejections = read(tmp_path / name)
    assert [jazz.summary, jazz.tags, jazz.extra] == ["Jazz on", ("ab",), {"mood": "b"}]
    assert rejections == []


@pytest.mark.parametrize("stray", ["\0", "\x01", "&#0;", "&#x1F;", "&#11;", "\ufffe"])
def test_only_the_control_character_of_a_feed_is_removed(tmp_path: Path, stray: str) -> None:
    items = "".join(
        f"<item><title>Jazz {n}</title><description>On gui{stray}tar &amp; piano.</description>"
        "<enclosure url='https://a.example/1.mp3' type='audio/mpeg'/></item>"
        for n in (1, 2)
    )
    (tmp_path / "a.xml").write_text(f"<rss version='2.0'><channel>{items}</channel></rss>")
    episodes, rejections = read(tmp_path / "a.xml")
    assert [e.summary for e in episodes] == ["On guitar & piano."] * 2
    assert rejections == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")
@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("apps.opml", ["a", "b", "d", "f", "g", "h"]),
        ("bare-outlines.xml", ["a", "b"]),
        ("utf16.opml", ["a"]),
        ("urls.txt", []),
    ],
)
def test_the_shared_lists(name: str, titles: list[str], asked: Asked) -> None:
    episodes, _ = read(SHARED / "cases" / "opml-kinds" / name, fetch=asked)
    of_files = [e.title for e in episodes if (e.title or "").startswith("Sub")]
    of_addresses = len(episodes) - len(of_files)
    assert of_files == [f"Sub {t} one" for t in titles if t not in "fg"]
    assert of_addresses == {"apps.opml": 2, "urls.txt": 3}.get(name, 0)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")
@pytest.mark.parametrize(
    ("name", "feeds"),
    [("german_tech_podcasts_2026.opml", 111), ("matiassingers_podcasts_2015.opml", 10)],
)
def test_real_subscriptions(name: str, feeds: int, asked: Asked) -> None:
    read(SHARED / "opml" / name, fetch=asked)
    assert len(asked) == feeds
