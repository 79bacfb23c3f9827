"""Feeds of every kind: well-formed, malformed and malicious."""

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.corpus import Rejection, read_corpus
from indexer.corpus.feeds.podcast_namespace import NAMESPACES
from indexer.episode import Episode, Podcast
from indexer.errors import CorpusError
from tests.conftest import REPOSITORY

Read = tuple[list[Episode], list[Rejection]]
ReadFeed = Callable[[str | bytes], Read]

REAL = REPOSITORY.parent / "shared" / "data" / "feeds"

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
  <atom:link rel="self" type="application/rss+xml" href="https://example.org/feed"/>
  <title>Sounds &amp; Rooms</title> <language>en-GB</language>
  <link>https://example.org</link> <podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>
  <itunes:author>Radio Ann</itunes:author> <itunes:explicit>no</itunes:explicit>
  <itunes:image href="https://example.org/cover.jpg"/>
  <itunes:category text="Music"><itunes:category text="Music History"/></itunes:category>
  <podcast:person>Ann</podcast:person>
  <podcast:person role="guest">Guy of all</podcast:person>
  <item>
    <title>Jazz &amp;amp; blues</title>
    <guid isPermaLink="false">5bd7ee1c-jazz-and-blues</guid>
    <link>https://example.org/jazz</link>
    <description>Jazz on &lt;b&gt;guitar&lt;/b&gt;.&lt;br/&gt;And on the cafÃ©'s piano.
    </description>
    <itunes:summary>Jazz.</itunes:summary>
    <content:encoded><![CDATA[<p>https://example.org/a</p>]]></content:encoded>
    <enclosure url="https://example.org/jazz.jpg" type="image/jpeg"/>
    <enclosure url="https://example.org/jazz.mp3" type="audio/mpeg" length="1"/>
    <pubDate>Sat, 31 Jan 2026 08:00:00 +0200</pubDate>
    <itunes:duration>1:02:03</itunes:duration>
    <itunes:season>2</itunes:season> <itunes:episode>7</itunes:episode>
    <itunes:episodeType>Bonus</itunes:episodeType> <itunes:explicit>yes</itunes:explicit>
    <itunes:keywords>piano, guitar</itunes:keywords> <category>Blues</category>
    <podcast:person role="host">Bo</podcast:person>
    <podcast:person role="guest">Cy</podcast:person>
    <podcast:person role="guest">Di</podcast:person>
    <podcast:person role="editor" group="audio post-production">Ed</podcast:person>
    <podcast:transcript url="https://example.org/jazz.vtt" type="text/vtt"/>
    <podcast:chapters url="https://example.org/jazz.json" type="application/json+chapters"/>
  </item>
  <item><title>Rooms</title><guid>1</guid></item>
</channel></rss>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://example.org/"><title>Sounds</title></channel>
<item rdf:about="https://example.org/jazz"><title>Jazz</title><link>https://example.org/jazz</link>
<description>Jazz on guitar.</description><dc:date>2026-01-31T08:00:00Z</dc:date></item>
</rdf:RDF>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Sounds</title>
<entry><id>tag:example.org,2026:jazz</id><title>Jazz</title><updated>2026-01-31T08:00:00Z</updated>
<link href="https://example.org/jazz"/>
<link rel="enclosure" type="audio/mpeg" href="https://example.org/jazz.mp3"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Jazz on <b>guitar</b>.</div>
</content>
</entry></feed>"""


SOUNDS = Podcast(
    title="Sounds & Rooms",
    link="https://example.org",
    feed_url="https://example.org/feed",
    image="https://example.org/cover.jpg",
    author="Radio Ann",
    guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
    language="en-GB",
)


def feed_of(items: str, before: str = "") -> str:
    return f"{before}<rss version='2.0'><channel><title>Sounds</title>{items}</channel></rss>"


ITEM = "<item><title>Jazz</title><description>Jazz on guitar.</description></item>"


@pytest.fixture
def read_feed(tmp_path: Path) -> ReadFeed:
    def read_it(content: str | bytes) -> Read:
        file = tmp_path / "feed.xml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(file)

    return read_it


def read(*sources: str | Path) -> Read:
    rejections: list[Rejection] = []
    return list(read_corpus(sources, rejections.append)), rejections


# Fields of a feed


def test_an_item_with_everything(read_feed: ReadFeed) -> None:
    [jazz, _], rejections = read_feed(RSS)
    assert rejections == []
    assert jazz == Episode(
        episode_id="5bd7ee1c-jazz-and-blues",
        guid="5bd7ee1c-jazz-and-blues",
        title="Jazz & blues",
        summary="Jazz on guitar.\nAnd on the café's piano.",
        podcast=SOUNDS,
        published_at="2026-01-31T06:00:00Z",
        link="https://example.org/jazz",
        audio_url="https://example.org/jazz.mp3",
        image="https://example.org/cover.jpg",
        season=2,
        episode=7,
        episode_type="bonus",
        explicit=True,
        transcript_url="https://example.org/jazz.vtt",
        chapters_url="https://example.org/jazz.json",
        hosts=("Bo",),
        guests=("Cy", "Di"),
        tags=("piano", "guitar", "Blues"),
        categories=("Music", "Music History"),
        language="en-GB",
        duration_s=3723.0,
        extra={
            "persons": [
                {"name": "Bo", "role": "host"},
                {"name": "Cy", "role": "guest"},
                {"name": "Di", "role": "guest"},
                {"name": "Ed", "role": "editor", "group": "audio post-production"},
            ]
        },
    )


def test_every_person_transcript_and_soundbite_of_an_item_is_kept(read_feed: ReadFeed) -> None:
    several = RSS.replace(
        "<podcast:chapters",
        """<podcast:transcript url="https://example.org/jazz.srt" type="application/srt"
        language="en" rel="captions"/>
        <podcast:soundbite startTime="73.0" duration="60.5"/>
        <podcast:soundbite startTime="9" duration="12">Why <![CDATA[guitars]]></podcast:soundbite>
        <podcast:person role="Author" href="https://example.org/fay" img="/fay.jpg"> Fay
        </podcast:person><podcast:chapters""",
    )
    for feed in (several, several.replace("Radio Ann", "Radio & Ann")):
        [jazz, _], rejections = read_feed(feed)
        assert rejections == []
        assert jazz.transcript_url == "https://example.org/jazz.vtt"
        assert jazz.extra["transcripts"] == [
            {"url": "https://example.org/jazz.vtt", "type": "text/vtt"},
            {
                "url": "https://example.org/jazz.srt",
                "type": "application/srt",
                "language": "en",
                "rel": "captions",
            },
        ]
        assert jazz.extra["soundbites"] == [
            {"startTime": 73.0, "duration": 60.5},
            {"startTime": 9.0, "duration": 12.0, "title": "Why guitars"},
        ]
        assert [p["name"] for p in jazz.extra["persons"]] == ["Bo", "Cy", "Di", "Ed", "Fay"]
        assert jazz.extra["persons"][-1] == {
            "name": "Fay",
            "role": "author",
            "href": "https://example.org/fay",
            "img": "/fay.jpg",
        }


def test_season_and_episode_may_stand_in_the_podcast_namespace(read_feed: ReadFeed) -> None:
    for feed in (RSS, RSS.replace("Radio Ann", "Radio & Ann")):
        other = feed.replace(
            "<itunes:season>2</itunes:season> <itunes:episode>7</itunes:episode>",
            '<podcast:season name="Two">2</podcast:season>'
            '<podcast:episode display="Ch.3">204</podcast:episode>',
        )
        [jazz, _], rejections = read_feed(other)
        assert [jazz.season, jazz.episode, rejections] == [2, 204, []]


def test_an_item_inherits_fields_of_its_channel(read_feed: ReadFeed) -> None:
    [_, rooms], _ = read_feed(RSS)
    assert [rooms.hosts, rooms.guests, rooms.explicit] == [("Ann",), ("Guy of all",), False]
    assert rooms.summary == rooms.title == "Rooms"
    assert rooms.episode_id == "Sounds & Rooms: 1", "a short guid is another podcast's as well"


def test_a_malformed_feed_gives_the_same_fields_as_a_well_formed_one(read_feed: ReadFeed) -> None:
    well_formed, _ = read_feed(RSS)
    malformed, rejections = read_feed(RSS.replace("Radio Ann", "Radio Ann & \x01"))
    assert rejections == []
    for ours, theirs in zip(malformed, well_formed, strict=True):
        assert ours.podcast
        assert replace(ours.podcast, author="Radio Ann") == theirs.podcast
        assert replace(ours, podcast=theirs.podcast, author=theirs.author) == theirs


def test_the_podcast_namespace_may_have_any_prefix(read_feed: ReadFeed) -> None:
    other = RSS.replace("podcast:", "pc:").replace(":podcast=", ":pc=")
    old = other.replace(NAMESPACES[0], NAMESPACES[1])
    for feed in (other, "\n" + other, old, "\n" + old):
        [jazz, rooms], _ = read_feed(feed)
        assert [jazz.hosts, jazz.guests, rooms.hosts] == [("Bo",), ("Cy", "Di"), ("Ann",)]
        assert jazz.transcript_url == "https://example.org/jazz.vtt"


@pytest.mark.parametrize("feed", [RDF, ATOM, RDF.encode("utf-16"), "\n " + ATOM])
def test_rdf_and_atom(read_feed: ReadFeed, feed: str | bytes) -> None:
    [jazz], rejections = read_feed(feed)
    assert rejections == []
    assert [jazz.title, jazz.summary, jazz.podcast] == [
        "Jazz",
        "Jazz on guitar.",
        Podcast("Sounds"),
    ]
    assert [jazz.link, jazz.published_at] == ["https://example.org/jazz", "2026-01-31T08:00:00Z"]


@pytest.mark.parametrize(
    "feed",
    [
        pytest.param("\n" + RSS, id="white space first"),
        pytest.param(RSS.replace("&amp;amp;", "&"), id="bare ampersand"),
        pytest.param(RSS.replace("&amp;amp;", "&nbsp;&amp;&nbsp;"), id="undeclared entity"),
        pytest.param(RSS.removesuffix("</channel></rss>"), id="cut short"),
        pytest.param(RSS.replace("Ã©", "\x01"), id="control character"),
        pytest.param(RSS.replace("Ã©", "é").encode("latin-1"), id="not the encoding it says"),
    ],
)
def test_a_malformed_feed_is_read(read_feed: ReadFeed, feed: str | bytes) -> None:
    episodes, rejections = read_feed(feed)
    assert [len(episodes), rejections] == [2, []]
    assert episodes[0].summary.startswith("Jazz on guitar.\n")
    assert episodes[0].audio_url == "https://example.org/jazz.mp3"


def test_a_guid_used_twice_identifies_neither(read_feed: ReadFeed) -> None:
    twice = "".join(
        f"<item><guid>not-so-unique-after-all</guid><description>{name}</description></item>"
        for name in ("Jazz", "Rome")
    )
    episodes, rejections = read_feed(feed_of(twice))
    assert rejections == []
    assert len({episode.episode_id for episode in episodes}) == 2


def test_episodes_of_two_feeds_with_the_same_guid_stay_separate(tmp_path: Path) -> None:
    for name, text in (("a", "Jazz on guitar."), ("b", "A history of Rome.")):
        (tmp_path / f"{name}.xml").write_text(
            feed_of(
                f"<item><guid>not-so-unique-after-all</guid><description>{text}</description></item>"
                f"<item><link>/2</link><description>More on {text}</description></item>"
            )
        )
    episodes, rejections = read(tmp_path)
    assert rejections == []
    assert len({episode.episode_id for episode in episodes}) == 4


def test_unusable_fields_of_an_item_are_reported_with_their_location(
    read_feed: ReadFeed, tmp_path: Path
) -> None:
    odd = "<item><title>Jazz</title><pubDate>soon</pubDate></item><item/>"
    [jazz], rejections = read_feed(feed_of(odd))
    assert jazz.published_at is None
    assert [str(rejection).split(" ")[0] for rejection in rejections] == [
        f"{tmp_path / 'feed.xml'}#1:",
        f"{tmp_path / 'feed.xml'}#2:",
    ]


# Files that are not feeds


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<!DOCTYPE html><html><body>Gone</body></html>", "is a web page and no feed"),
        ("<?xml version='1.0'?><songs><song/></songs>", "is no RSS, RDF or Atom feed"),
        ("Jazz on guitar.", "is no RSS, RDF or Atom feed"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is no RSS, RDF or Atom feed"),
    ],
)
def test_a_file_that_is_not_a_feed_is_refused_by_name(
    read_feed: ReadFeed, tmp_path: Path, content: str | bytes, reason: str
) -> None:
    with pytest.raises(CorpusError) as refused:
        read_feed(content)
    assert str(refused.value).startswith(f"{tmp_path / 'feed.xml'}: {reason}")


@pytest.mark.parametrize(
    ("content", "reason"), [("", "the file is empty"), (feed_of(""), "the feed has no items")]
)
def test_a_feed_without_items_is_reported(read_feed: ReadFeed, content: str, reason: str) -> None:
    episodes, [rejection] = read_feed(content)
    assert [episodes, rejection.kept] == [[], False]
    assert rejection.reason.startswith(reason)


# Malicious feeds: read or refused, with limited memory and time


@pytest.fixture
def frugal() -> Callable[[Callable[[], Read]], Read]:
    def within_bounds(reading: Callable[[], Read]) -> Read:
        started = time.process_time()
        tracemalloc.start()
        try:
            return reading()
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 400 << 20
            assert time.process_time() - started < 25

    return within_bounds


Frugal = Callable[[Callable[[], Read]], Read]

LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
)
HOSTILE_ITEM = "<item><title>Jazz</title><description>On {}.</description></item>"


@pytest.mark.parametrize("junk", ["", "\n"])
@pytest.mark.parametrize(
    ("declared", "used"),
    [
        pytest.param(LAUGHS, "&a9;", id="billion laughs"),
        pytest.param(f'<!ENTITY a "{"ha" * 50_000}">', "&a;" * 20_000, id="quadratic"),
    ],
)
def test_entities_are_not_expanded(
    read_feed: ReadFeed, frugal: Frugal, declared: str, used: str, junk: str
) -> None:
    feed = feed_of(
        HOSTILE_ITEM.format(used), f'{junk}<?xml version="1.0"?><!DOCTYPE rss [{declared}]>'
    )
    [episode], _ = frugal(lambda: read_feed(feed))
    assert len(episode.summary) < 100_000


@pytest.mark.parametrize("junk", ["", "\n"])
def test_an_external_entity_is_not_read(read_feed: ReadFeed, tmp_path: Path, junk: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the combination is 1234")
    doctype = f'{junk}<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    [episode], _ = read_feed(feed_of(HOSTILE_ITEM.format("&x;"), doctype))
    assert "1234" not in json.dumps(episode.to_json())


def test_a_feed_of_fifty_thousand_items(read_feed: ReadFeed) -> None:
    items = "".join(
        f"<item><guid>https://example.org/{n}</guid><title>Jazz {n}</title>"
        f"<description>Jazz on guitar number {n}.</description></item>"
        for n in range(50_000)
    )
    started = time.process_time()
    assert len(read_feed(feed_of(items))[0]) == 50_000
    assert time.process_time() - started < 25


def test_a_feed_of_two_hundred_megabytes_is_refused(tmp_path: Path, frugal: Frugal) -> None:
    with (tmp_path / "feed.xml").open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(CorpusError, match="larger than 64 MiB"):
        frugal(lambda: read(tmp_path / "feed.xml"))


@pytest.mark.parametrize("name", ["feed.xml.gz", "corpus.jsonl.gz", "corpus.json.gz", "corpus"])
def test_a_gzip_bomb_is_refused(tmp_path: Path, frugal: Frugal, name: str) -> None:
    with gzip.open(tmp_path / name, "wb") as file:
        for _ in range(600):
            file.write(b" " * (1 << 20))
    with pytest.raises(CorpusError, match=name):
        frugal(lambda: read(tmp_path / name))


def test_a_thousand_comments_before_another_root_are_refused(read_feed: ReadFeed) -> None:
    started = time.process_time()
    with pytest.raises(CorpusError, match="is no RSS, RDF or Atom feed"):
        read_feed("<!-- a -->" * 1000 + "<songs/>")
    with pytest.raises(CorpusError, match="is a web page"):
        read_feed("<!-- a -->" * 900 + "<html></html>")
    assert time.process_time() - started < 5


def test_a_hundred_thousand_levels_of_elements(read_feed: ReadFeed) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    [episode], _ = read_feed(feed_of(ITEM + deep))
    assert episode.summary == "Jazz on guitar."


# Real feeds, if their files are available


@pytest.mark.skipif(not REAL.is_dir(), reason="the real feeds are not here")
def test_every_real_feed_with_items_yields_its_episodes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    read_in_time = [_in_time(path) for path in sorted((REAL / "real2012").iterdir())]
    yielding = sum(map(bool, read_in_time))
    with capsys.disabled():
        print(f"\nof {len(read_in_time)} real feeds, with episodes: {yielding}")
    assert yielding >= 153


def _in_time(path: Path) -> list[Episode]:
    started = time.process_time()
    try:
        found = read(path)[0]
    except CorpusError as error:
        if not str(error).startswith(f"{path}: "):
            raise
        found = []
    assert time.process_time() - started < 5
    return found


AGREED = {
    "title": "title",
    "link": "link",
    "total_time": "duration_s",
    "season": "season",
    "number": "episode",
    "type": "episode_type",
    "explicit": "explicit",
    "episode_art_url": "image",
    "transcript_url": "transcript_url",
    "chapters_json_url": "chapters_url",
}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real feeds are not here")
@pytest.mark.parametrize("feed", sorted((REAL / "podcastparser").glob("*.rss")), ids=str)
def test_feeds_of_podcastparsers_own_tests_are_read_as_expected(feed: Path) -> None:
    stated = json.loads(feed.with_suffix(".json").read_text())["episodes"]
    episodes = {episode.title: episode for episode in read(feed)[0]}
    for item in stated:
        episode = episodes[item["title"]]
        for theirs, ours in AGREED.items():
            # podcastparser resolves relative addresses against the file's directory.
            if item.get(theirs) and not str(item[theirs]).startswith(("file:", "episode:")):
                assert getattr(episode, ours) == item[theirs], ours
