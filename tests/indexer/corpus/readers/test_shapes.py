"""Exports of directories, apps and spreadsheets, each read by its shape."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.corpus import Rejection, read_corpus
from indexer.corpus.records.record import text_id
from indexer.episode import Episode, Podcast
from indexer.errors import CorpusError
from tests.conftest import REPOSITORY

Read = tuple[list[Episode], list[Rejection]]
ReadJson = Callable[..., Read]  # of a value, and the name of its file

SHARED = REPOSITORY.parent / "shared" / "data" / "exports"

JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1",
    "title": "Kiln",
    "home_page_url": "https://kiln.example/",
    "feed_url": "https://kiln.example/feed.json",
    "icon": "https://kiln.example/icon.png",
    "author": {"name": "Ida Ember"},
    "items": [
        {
            "id": "k1",
            "title": "Ash glazes",
            "url": "https://kiln.example/1",
            "summary": "What wood ash does to clay.",
            "content_html": "<p>A much longer text about wood ash and what it does to clay.</p>",
            "date_published": "2024-05-01T10:00:00+02:00",
            "tags": ["glaze"],
            "attachments": [
                {"url": "https://kiln.example/1.pdf", "mime_type": "application/pdf"},
                {
                    "url": "https://kiln.example/1.mp3",
                    "mime_type": "audio/mpeg",
                    "duration_in_seconds": 61,
                },
            ],
            "_mood": "warm",
        },
        {"id": "k2", "content_text": "How a kiln is built."},
    ],
}
PODCAST_INDEX: dict[str, Any] = {
    "status": "true",
    "items": [
        {
            "id": 7,
            "title": "Salt",
            "link": "https://mine.example/7",
            "description": "<p>A mine under a lake.</p>",
            "guid": "mine-7",
            "datePublished": 1700000000,
            "datePublishedPretty": "November 14, 2023 4:13pm",
            "enclosureUrl": "https://mine.example/7.mp3",
            "enclosureType": "audio/mpeg",
            "duration": 125,
            "explicit": 1,
            "episode": 3,
            "episodeType": "full",
            "season": 2,
            "image": "",
            "feedImage": "https://mine.example/cover.jpg",
            "feedTitle": "Under Ground",
            "feedUrl": "https://mine.example/feed",
            "feedLanguage": "en-GB",
            "podcastGuid": "9b024349-ccf0-5f69-a609-6b82873eab3c",
            "transcriptUrl": "https://mine.example/7.vtt",
            "chaptersUrl": None,
            "persons": [
                {"name": "Hal Pitt", "role": "host", "img": "https://mine.example/hal.jpg"},
                {"name": "Una Shaft", "role": "guest"},
            ],
            "soundbites": [{"startTime": 3, "duration": 9, "title": "The lake"}],
        }
    ],
    "count": 1,
    "description": "Found matching items.",
}
PODCAST_INDEX_FEEDS: dict[str, Any] = {
    "status": "true",
    "feeds": [
        {
            "id": 11,
            "title": "Under Ground",
            "url": "https://mine.example/feed",
            "link": "https://mine.example",
            "description": "Mines and the people in them.",
            "author": "Hal Pitt",
            "image": "https://mine.example/cover.jpg",
            "language": "en",
            "categories": {"67": "Science", "72": "Geology"},
            "newestItemPubdate": 1700000000,
        }
    ],
    "count": 1,
    "description": "Found matching feeds.",
}
APPLE: dict[str, Any] = {
    "resultCount": 2,
    "results": [
        {
            "wrapperType": "track",
            "kind": "podcast",
            "collectionId": 5,
            "trackId": 5,
            "trackName": "Trade Routes",
            "collectionName": "Trade Routes",
            "artistName": "Bo Quay",
            "feedUrl": "https://trade.example/feed",
        },
        {
            "wrapperType": "podcastEpisode",
            "kind": "podcast-episode",
            "collectionId": 5,
            "trackId": 51,
            "trackName": "Tin",
            "collectionName": "Trade Routes",
            "description": "Where bronze came from.",
            "releaseDate": "2023-02-01T06:00:00Z",
            "trackTimeMillis": 90500,
            "episodeGuid": "tin-1",
            "episodeUrl": "https://trade.example/tin.mp3",
            "trackViewUrl": "https://apple.example/tin",
            "artworkUrl600": "https://trade.example/600.jpg",
            "contentAdvisoryRating": "Explicit",
            "genres": [{"name": "History", "id": "1487"}, "Metals"],
        },
    ],
}
LISTEN_NOTES_SEARCH: dict[str, Any] = {
    "took": 0.1,
    "count": 1,
    "total": 1,
    "next_offset": 1,
    "results": [
        {
            "id": "ln1",
            "title_original": "Weather wars",
            "description_original": "Who owns the rain?",
            "pub_date_ms": 1700000000000,
            "audio": "https://rain.example/1.mp3",
            "audio_length_sec": 600,
            "image": "https://rain.example/1.jpg",
            "link": "https://rain.example/1",
            "guid_from_rss": "rain-1",
            "explicit_content": False,
            "rss": "https://rain.example/feed",
            "podcast": {
                "id": "lnp",
                "title_original": "Rain",
                "publisher_original": "Ned Cloud",
            },
        }
    ],
}
LISTEN_NOTES_EPISODE: dict[str, Any] = {
    "id": "ln1",
    "title": "Weather wars",
    "description": "Who owns the rain?",
    "pub_date_ms": 1700000000000,
    "audio": "https://rain.example/1.mp3",
    "audio_length_sec": 600,
    "image": "https://rain.example/1.jpg",
    "link": "https://rain.example/1",
    "guid_from_rss": "rain-1",
    "explicit_content": False,
    "podcast": {
        "id": "lnp",
        "title": "Rain",
        "publisher": "Ned Cloud",
        "rss": "https://rain.example/feed",
    },
}
LISTEN_NOTES_PODCAST: dict[str, Any] = {
    "id": "lnp",
    "title": "Rain",
    "publisher": "Ned Cloud",
    "rss": "https://rain.example/feed",
    "description": "A podcast about rain.",
    "total_episodes": 1,
    "latest_pub_date_ms": 1700000000000,
    "episodes": [
        {name: value for name, value in LISTEN_NOTES_EPISODE.items() if name != "podcast"}
    ],
}
SPOTIFY: dict[str, Any] = {
    "href": "https://api.example/shows/1/episodes?offset=0",
    "limit": 50,
    "total": 1,
    "items": [
        {
            "id": "sp1",
            "name": "Mosses",
            "description": "What grows on a north wall.",
            "html_description": "<p>What grows on a north wall.</p>",
            "release_date": "2024-03-05",
            "release_date_precision": "day",
            "duration_ms": 1500250,
            "explicit": False,
            "language": "en",
            "external_urls": {"spotify": "https://spotify.example/sp1"},
            "images": [{"url": "https://moss.example/640.jpg", "width": 640}],
            "uri": "spotify:episode:sp1",
        }
    ],
}

RAIN = Episode(
    episode_id="ln1",
    guid="rain-1",
    title="Weather wars",
    summary="Who owns the rain?",
    published_at="2023-11-14T22:13:20Z",
    duration_s=600.0,
    audio_url="https://rain.example/1.mp3",
    link="https://rain.example/1",
    image="https://rain.example/1.jpg",
    explicit=False,
    podcast=Podcast("Rain", author="Ned Cloud", feed_url="https://rain.example/feed", id="lnp"),
)


@pytest.fixture
def read_json(tmp_path: Path) -> ReadJson:
    def read_it(value: Any, name: str = "export.json") -> Read:
        file = tmp_path / name
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        return read(file)

    return read_it


def read(*sources: Path) -> Read:
    rejections: list[Rejection] = []
    return list(read_corpus(sources, rejections.append)), rejections


def episode_of(own: dict[str, Any]) -> Episode:
    extra = {name: value for name, value in own.items() if name != "summary"}
    return Episode(episode_id=text_id(None, own["summary"]), summary=own["summary"], extra=extra)


# Each shape, field for field


def test_json_feed(read_json: ReadJson) -> None:
    [ash, kiln], rejections = read_json(JSON_FEED)
    assert rejections == []
    podcast = Podcast(
        "Kiln",
        link="https://kiln.example/",
        feed_url="https://kiln.example/feed.json",
        image="https://kiln.example/icon.png",
        author="Ida Ember",
    )
    assert ash == Episode(
        episode_id="k1",
        guid="k1",
        title="Ash glazes",
        summary="What wood ash does to clay.",
        published_at="2024-05-01T08:00:00Z",
        duration_s=61.0,
        audio_url="https://kiln.example/1.mp3",
        link="https://kiln.example/1",
        tags=("glaze",),
        podcast=podcast,
        extra={
            "content_html": "<p>A much longer text about wood ash and what it does to clay.</p>",
            "_mood": "warm",
        },
    )
    assert [kiln.summary, kiln.podcast] == ["How a kiln is built.", podcast]


def test_podcast_index_episodes(read_json: ReadJson) -> None:
    [salt], rejections = read_json(PODCAST_INDEX)
    assert rejections == []
    assert salt == Episode(
        episode_id="7",
        guid="mine-7",
        title="Salt",
        summary="A mine under a lake.",
        published_at="2023-11-14T22:13:20Z",
        duration_s=125.0,
        audio_url="https://mine.example/7.mp3",
        link="https://mine.example/7",
        image="https://mine.example/cover.jpg",
        season=2,
        episode=3,
        episode_type="full",
        explicit=True,
        transcript_url="https://mine.example/7.vtt",
        hosts=("Hal Pitt",),
        guests=("Una Shaft",),
        language="en-GB",
        podcast=Podcast(
            "Under Ground",
            feed_url="https://mine.example/feed",
            image="https://mine.example/cover.jpg",
            guid="9b024349-ccf0-5f69-a609-6b82873eab3c",
        ),
        extra={
            name: PODCAST_INDEX["items"][0][name]
            for name in ("datePublishedPretty", "enclosureType", "persons", "soundbites")
        },
    )


def test_one_episode_of_podcast_index(read_json: ReadJson) -> None:
    answer = {"status": "true", "id": "7", "episode": PODCAST_INDEX["items"][0]}
    assert read_json(answer) == read_json(PODCAST_INDEX)


def test_podcast_index_feeds(read_json: ReadJson) -> None:
    [mines], rejections = read_json(PODCAST_INDEX_FEEDS)
    assert rejections == []
    assert mines == Episode(
        episode_id="11",
        title="Under Ground",
        summary="Mines and the people in them.",
        published_at="2023-11-14T22:13:20Z",
        link="https://mine.example",
        image="https://mine.example/cover.jpg",
        categories=("Science", "Geology"),
        language="en",
        podcast=Podcast(
            "Under Ground",
            link="https://mine.example",
            feed_url="https://mine.example/feed",
            image="https://mine.example/cover.jpg",
            author="Hal Pitt",
            language="en",
        ),
    )


def test_apple_lookup(read_json: ReadJson) -> None:
    [tin], rejections = read_json(APPLE)
    assert rejections == []
    assert tin == Episode(
        episode_id="51",
        guid="tin-1",
        title="Tin",
        summary="Where bronze came from.",
        published_at="2023-02-01T06:00:00Z",
        duration_s=90.5,
        audio_url="https://trade.example/tin.mp3",
        link="https://apple.example/tin",
        image="https://trade.example/600.jpg",
        explicit=True,
        tags=("History", "Metals"),
        podcast=Podcast("Trade Routes", author="Bo Quay", feed_url="https://trade.example/feed"),
        extra={"wrapperType": "podcastEpisode", "kind": "podcast-episode", "collectionId": 5},
    )


def test_a_podcast_record_of_apple_is_not_an_episode(read_json: ReadJson) -> None:
    episodes, [rejection] = read_json({"resultCount": 1, "results": APPLE["results"][:1]})
    assert episodes == []
    assert "is a podcast and no episode" in rejection.reason
    assert "https://trade.example/feed" in rejection.reason


@pytest.mark.parametrize("answer", [LISTEN_NOTES_SEARCH, LISTEN_NOTES_EPISODE])
def test_listen_notes(read_json: ReadJson, answer: object) -> None:
    assert read_json(answer) == ([RAIN], [])


def test_a_podcast_of_listen_notes_with_its_episodes(read_json: ReadJson) -> None:
    [rain], rejections = read_json(LISTEN_NOTES_PODCAST)
    assert rejections == []
    assert rain.podcast == Podcast("Rain", author="Ned Cloud", feed_url="https://rain.example/feed")
    assert [rain.title, rain.duration_s, rain.guid] == ["Weather wars", 600.0, "rain-1"]


def test_spotify_episodes_of_a_show(read_json: ReadJson) -> None:
    [mosses], rejections = read_json(SPOTIFY)
    assert rejections == []
    assert mosses == Episode(
        episode_id="sp1",
        title="Mosses",
        summary="What grows on a north wall.",
        published_at="2024-03-05",
        duration_s=1500.25,
        link="https://spotify.example/sp1",
        image="https://moss.example/640.jpg",
        explicit=False,
        language="en",
        extra={
            "html_description": "<p>What grows on a north wall.</p>",
            "release_date_precision": "day",
            "uri": "spotify:episode:sp1",
        },
    )


def test_spotify_is_recognised_by_its_date_and_duration_together(read_json: ReadJson) -> None:
    record = {
        "id": "sp1",
        "name": "Mosses",
        "description": "What grows on a north wall.",
        "release_date": "2024-03-05",
        "duration_ms": 1500,
        "show": {"id": "s", "name": "Small Green", "publisher": "Fay"},
    }
    [mosses], rejections = read_json({"episodes": [record]})
    assert rejections == []
    assert mosses.podcast == Podcast("Small Green", author="Fay", id="s")
    assert [mosses.published_at, mosses.duration_s] == ["2024-03-05", 1.5]
    own = {"summary": "Jazz", "duration_ms": 1500}
    assert read_json([own]) == ([episode_of(own)], [])


def test_a_show_of_spotify_gives_its_name_to_its_episodes(read_json: ReadJson) -> None:
    show = {"id": "s", "name": "Small Green", "publisher": "Fay", "episodes": SPOTIFY}
    [mosses], _ = read_json(show)
    assert mosses.podcast == Podcast("Small Green", author="Fay")


@pytest.mark.parametrize("answer", [PODCAST_INDEX, APPLE, SPOTIFY, LISTEN_NOTES_SEARCH])
def test_an_api_answer_is_read_in_every_file_format(
    read_json: ReadJson, answer: dict[str, Any]
) -> None:
    alone: Episode
    [alone], _ = read_json(answer)
    for name, value in (
        ("a.jsonl", json.dumps(answer)),
        ("a", json.dumps(answer, indent=1)),
        ("b.json", json.dumps(answer, indent=1)),
    ):
        assert read_json(value, name) == ([alone], [])


@pytest.mark.parametrize("listed", [PODCAST_INDEX["items"], LISTEN_NOTES_SEARCH["results"]])
def test_records_of_an_api_answer_are_recognised_by_their_names(
    read_json: ReadJson, listed: list[Any]
) -> None:
    lines = "\n".join(map(json.dumps, listed))
    [of_array], _ = read_json(listed)
    assert read_json(lines, "a.jsonl") == ([of_array], [])
    assert of_array.published_at == "2023-11-14T22:13:20Z"


def test_any_object_with_one_list_of_records(read_json: ReadJson) -> None:
    export = {
        "exported": "2024-01-01",
        "colours": [{"name": "red"}],
        "data": {"shows": [{"Name": "Fog", "Show Notes": "On horns.", "Duration": "45 min"}]},
    }
    [fog], rejections = read_json(export)
    assert [fog.title, fog.summary, fog.duration_s, rejections] == ["Fog", "On horns.", 2700.0, []]


@pytest.mark.parametrize(
    ("export", "podcast"),
    [
        ({"podcast": "Sea", "entries": [{"title": "Fog", "text": "On horns."}]}, "Sea"),
        ({"show": {"name": "Sea"}, "items": [{"title": "Fog", "text": "On horns."}]}, "Sea"),
        ({"title": "Sea", "episodes": [{"title": "Fog", "text": "On horns."}]}, "Sea"),
        ({"title": "Results for fog", "items": [{"title": "Fog", "text": "On horns."}]}, None),
        ({"podcast": "Sea", "items": [{"text": "On horns.", "podcast": "Bay"}]}, "Bay"),
        ({"data": {"podcast": {"name": "Sea", "all": {"nodes": [{"text": "Horns."}]}}}}, "Sea"),
    ],
)
def test_an_object_names_the_podcast_of_its_list(
    read_json: ReadJson, export: dict[str, Any], podcast: str | None
) -> None:
    [fog], _ = read_json(export)
    assert (fog.podcast and fog.podcast.title) == podcast


def test_a_status_does_not_make_an_answer_of_podcast_index(read_json: ReadJson) -> None:
    converted = {
        "status": "ok",
        "feed": {"url": "https://sea.example/feed", "title": "Sea", "author": "Ann"},
        "items": [{"title": "Fog", "pubDate": "2024-03-05 08:00:00", "description": "On horns."}],
    }
    [fog], rejections = read_json(converted)
    assert fog.published_at == "2024-03-05T08:00:00Z"
    assert fog.podcast == Podcast("Sea", author="Ann", feed_url="https://sea.example/feed")
    assert rejections == []


def test_own_records_within_an_object(read_json: ReadJson) -> None:
    episodes, _ = read_json({"episodes": [{"id": "1", "summary": "Jazz", "links": [{"to": "x"}]}]})
    assert episodes == [Episode(episode_id="1", summary="Jazz", extra={"links": [{"to": "x"}]})]


# What fits no shape, or two


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"songs": [{"artist": "Ann", "year": 1}]}, "'artist', 'year'"),
        ([{"artist": "Ann", "year": 1}], "'artist', 'year'"),
        ({"artist": "Ann", "year": 1}, "'artist', 'year'"),
        ({"status": "false", "description": "Not allowed."}, "'status', 'description'"),
        (
            {"new": [{"summary": "Jazz"}], "old": [{"summary": "Rome"}]},
            "several lists of episodes, 'new', 'old'",
        ),
    ],
)
def test_an_object_without_a_list_of_episodes_is_refused_with_its_names(
    read_json: ReadJson, tmp_path: Path, value: object, found: str
) -> None:
    with pytest.raises(CorpusError) as refused:
        read_json(value)
    assert str(refused.value).startswith(f"{tmp_path / 'export.json'}: h")
    assert found in str(refused.value)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (
            {"trackName": "Tin", "description": "Bronze.", "datePublished": 1700000000},
            ("'trackName' of Apple", "'datePublished' of Podcast Index"),
        ),
        (
            {"summary": "Bronze.", "trackName": "Tin"},
            ("'trackName' of Apple", "'summary' of this project"),
        ),
    ],
)
def test_a_record_of_two_shapes_is_reported_with_its_location(
    read_json: ReadJson, tmp_path: Path, record: object, told: tuple[str, str]
) -> None:
    episodes, [rejection] = read_json([{"summary": "Jazz"}, record])
    assert [episode.summary for episode in episodes] == ["Jazz"]
    assert str(rejection).startswith(f"{tmp_path / 'export.json'}#2: its fields fit two shapes: ")
    assert all(each in rejection.reason for each in told)


def test_an_api_answer_with_an_empty_list_is_reported(read_json: ReadJson) -> None:
    answers: list[dict[str, Any]] = [{"resultCount": 0, "results": []}, {"episodes": []}]
    for answer in answers:
        episodes, [rejection] = read_json(answer)
        assert episodes == []
        assert "is empty" in rejection.reason


# The shared inputs


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared exports are not here")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "itunes/search.json",
            [
                {
                    "id": "1000",
                    "guid": "abc-1",
                    "title": "The quiet war over salt",
                    "summary": "How the salt tax moved armies.",
                    "published_at": "2023-05-01T07:00:00Z",
                    "duration_s": 2400.0,
                    "audio_url": "https://t.example/1.mp3",
                    "link": "https://t.example/1",
                    "image": "https://t.example/1.jpg",
                    "explicit": False,
                    "tags": ("History",),
                    "podcast": {"title": "Trade Winds"},
                    "wrapperType": "podcastEpisode",
                },
                {
                    "id": "1001",
                    "title": "Pepper",
                    "summary": "A spice worth a ship.",
                    "published_at": "2023-06-01T07:00:00Z",
                    "duration_s": 1800.0,
                    "tags": ("History",),
                    "podcast": {"title": "Trade Winds"},
                    "wrapperType": "podcastEpisode",
                },
            ],
        ),
        (
            "podcastindex/episodes.json",
            [
                {
                    "id": "16795088",
                    "guid": "PC2084",
                    "title": "Bees in winter",
                    "summary": "What a hive does between November and March.",
                    "published_at": "2019-01-02T03:30:13Z",
                    "duration_s": 3600.0,
                    "audio_url": "https://b.example/1.mp3",
                    "link": "https://b.example/1",
                    "explicit": False,
                    "season": 2,
                    "episode": 12,
                    "hosts": ("Ada Okafor",),
                    "language": "en",
                    "transcript_url": "https://b.example/1.srt",
                    "podcast": {"title": "Hive Mind"},
                    "datePublishedPretty": "January 02",
                    "feedId": 75075,
                    "persons": [{"id": 1, "name": "Ada Okafor", "role": "host"}],
                },
                {
                    "id": "16795089",
                    "guid": "PC2085",
                    "title": "Varroa",
                    "summary": "Mites, and how keepers fight them without poison.",
                    "published_at": "2019-02-05T20:50:13Z",
                    "duration_s": 1800.0,
                    "audio_url": "https://b.example/2.mp3",
                    "podcast": {"title": "Hive Mind"},
                },
            ],
        ),
        (
            "jsonfeed/feed.json",
            [
                {
                    "id": "h1",
                    "guid": "h1",
                    "title": "Tides and timetables",
                    "summary": "How ferry crews plan a season around spring tides.",
                    "published_at": "2024-03-05T07:00:00Z",
                    "duration_s": 1834.0,
                    "audio_url": "https://harbour.example/1.mp3",
                    "tags": ("ferries",),
                    "language": "en",
                    "podcast": {
                        "id": "1993cad1-2f5d-53a1-906c-62921bef8293",
                        "title": "Harbour Talk",
                        "link": "https://harbour.example/",
                        "feed_url": "https://harbour.example/feed.json",
                        "author": "Mara Quill",
                        "language": "en",
                    },
                },
                {
                    "id": "h2",
                    "guid": "h2",
                    "title": "Lighthouse keepers",
                    "summary": "The last three lighthouse keepers of the coast tell how they left.",
                    "published_at": "2024-04-05T08:00:00Z",
                    "language": "en",
                    "podcast": {
                        "id": "1993cad1-2f5d-53a1-906c-62921bef8293",
                        "title": "Harbour Talk",
                        "link": "https://harbour.example/",
                        "feed_url": "https://harbour.example/feed.json",
                        "author": "Mara Quill",
                        "language": "en",
                    },
                    "content_text": "Long text about lamps.",
                },
            ],
        ),
        (
            "csv/export_semicolon.csv",
            [
                {
                    "title": "Coffee; and money",
                    "summary": "Why the price of beans doubled;\nand who paid",
                    "published_at": "2024-03-05",
                    "duration_s": 2530.0,
                    "podcast": {"title": "Market Hour"},
                },
                {
                    "title": "Tea",
                    "summary": "A leaf that built ports",
                    "published_at": "2024-03-06",
                    "duration_s": 2530.0,
                    "podcast": {"title": "Market Hour"},
                },
            ],
        ),
        ("csv/latin1.csv", [{"title": "Café", "summary": "Une histoire du café à Genève"}]),
    ],
)
def test_the_shared_exports(name: str, wanted: list[dict[str, object]]) -> None:
    episodes, rejections = read(SHARED / name)
    found = [episode.to_json() for episode in episodes]
    for episode, stated in zip(found, wanted, strict=True):
        assert {name: episode[name] for name in episode if name in stated or name != "id"} == stated
    assert all(each.kept for each in rejections)
    assert len(rejections) == (name == "csv/latin1.csv"), "the encoding alone is a guess"
