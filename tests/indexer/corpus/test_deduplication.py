import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from indexer.corpus.deduplication import Clues, clues_of, merge_duplicates
from indexer.episode import Appearance, Episode, Podcast
from indexer.storage.episode_store import EpisodeFiles, EpisodeStore, EpisodeWriter, episode_record
from tests.conftest import BuildFake, OpenFake

TEXT = "Ann talks to Mary about the gardens of Rome, the seeds that grew there, and what they cost."
GARDENS = Episode(
    episode_id="gardens",
    title="Gardens of Rome",
    summary=TEXT,
    podcast=Podcast("Soil"),
    guid="https://soil.example/gardens",
    published_at="2026-01-31T08:00:00Z",
    audio_url="https://soil.example/gardens.mp3",
    duration_s=1801.0,
)
NETWORK = Podcast("The Network")
MORE = f"{TEXT} From The Network: more at our site."
Merge = Callable[..., list[Episode]]


class Read(NamedTuple):
    episode_id: str
    written: bytes
    clues: Clues


def read(episode: Episode) -> Read:
    return Read(episode.episode_id, episode_record(episode), clues_of(episode))


@pytest.fixture
def merge(tmp_path: Path) -> Merge:
    files = EpisodeFiles(tmp_path / "once.jsonl", tmp_path / "starts.npy", tmp_path / "rows.npy")

    def merged(*episodes: Episode) -> list[Episode]:
        with closing(EpisodeWriter(files)) as once:
            repeats = merge_duplicates(map(read, episodes), tmp_path, once).repeats
        assert len(once) + len(repeats) == len(episodes)
        return list(EpisodeStore(files))

    return merged


def elsewhere(**changes: Any) -> Episode:
    """The same episode in a second feed, with another guid, address and audio."""
    theirs: dict[str, Any] = {
        "episode_id": "other",
        "podcast": NETWORK,
        "guid": "urn:network:17",
        "link": "https://network.example/17",
        "audio_url": "https://network.example/17.mp3",
    }
    return replace(GARDENS, **theirs | changes)


def again(**changes: Any) -> Episode:
    """The same episode, published again by its podcast a year later."""
    later: dict[str, Any] = {"episode_id": "again", "guid": "soil-2", "published_at": "2027-01-31"}
    return replace(GARDENS, **later | changes)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(elsewhere(), id="text"),
        pytest.param(elsewhere(summary=MORE), id="text and a line of the other feed's"),
        pytest.param(elsewhere(published_at="2026-01-30"), id="a day that began elsewhere"),
        pytest.param(
            elsewhere(guid=GARDENS.guid, summary="In Rome.", published_at="2026-06-01"),
            id="guid and title",
        ),
        pytest.param(
            elsewhere(guid=GARDENS.guid, title="Soil: Gardens of Rome"), id="guid and text"
        ),
        pytest.param(again(), id="published again, the same audio"),
        pytest.param(again(guid=GARDENS.guid, audio_url=None), id="published again, the same guid"),
    ],
)
def test_copies_of_an_episode_are_merged(merge: Merge, other: Episode) -> None:
    [gardens] = merge(GARDENS, other)
    assert gardens == replace(GARDENS, also_in=(Appearance.of(other),))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(elsewhere(title="Gardens of Rome, part 2"), id="a part of a series"),
        pytest.param(elsewhere(title="Kafka"), id="one text under many titles"),
        pytest.param(elsewhere(published_at="2026-02-01T08:00:00Z"), id="a daily show"),
        pytest.param(elsewhere(duration_s=600.0), id="another length"),
        pytest.param(elsewhere(summary=TEXT.replace("Rome", "Space")), id="a template"),
        pytest.param(
            elsewhere(guid=GARDENS.guid, title="Kafka", summary="Streams."), id="a shared guid"
        ),
        pytest.param(
            elsewhere(guid=GARDENS.guid, title="Gardens of Rome 2"), id="a guid for a series"
        ),
        pytest.param(
            again(published_at=GARDENS.published_at, audio_url="https://soil.example/2.mp3"),
            id="two recordings of one day",
        ),
        pytest.param(
            again(title="Kafka", summary="Streams."), id="audio that was linked by mistake"
        ),
    ],
)
def test_similar_episodes_are_not_merged(merge: Merge, other: Episode) -> None:
    assert merge(GARDENS, other) == [GARDENS, other]


def test_a_numeric_guid_does_not_merge_episodes_of_two_podcasts(merge: Merge) -> None:
    one = replace(GARDENS, guid="1", title="Welcome", summary="Our first, on soil.")
    other = replace(elsewhere(), guid="1", title="Welcome", summary="Jazz from now on.")
    assert merge(one, other) == [one, other]


def test_a_short_text_that_recurs_does_not_merge_episodes(merge: Merge) -> None:
    one, other = (replace(e, title="News", summary="The news.") for e in (GARDENS, elsewhere()))
    assert merge(one, other) == [one, other]


def test_copies_are_listed_in_order_and_other_fields_stay(merge: Merge) -> None:
    jazz = Episode(episode_id="jazz", summary="Jazz.")
    third = elsewhere(episode_id="third", podcast=Podcast("Another network"))
    episodes = merge(jazz, GARDENS, elsewhere(), replace(jazz, episode_id="rome"), third)
    assert [episode.episode_id for episode in episodes] == ["jazz", "gardens", "rome"]
    assert [place.id for place in episodes[1].also_in] == ["other", "third"]


def test_a_corpus_of_one_text_takes_no_more_than_linear_time(merge: Merge) -> None:
    news = replace(GARDENS, guid=None, published_at=None)
    many = [replace(news, episode_id=f"{n}", audio_url=f"{n}.mp3") for n in range(3000)]
    assert len(merge(*many)) == 3000


def test_no_episodes_are_merged_to_none(merge: Merge) -> None:
    assert merge() == []


def test_a_merged_episode_is_found_by_each_of_its_ids(open_fake: OpenFake) -> None:
    snapshot = open_fake([GARDENS.to_json(), elsewhere().to_json()])
    row = snapshot.episodes.row_of("other")
    assert [row, len(snapshot.episodes)] == [snapshot.episodes.row_of("gardens"), 1]
    assert json.loads(snapshot.episodes.record(row))["also_in"] == [
        {
            "id": "other",
            "podcast": "The Network",
            "guid": "urn:network:17",
            "link": "https://network.example/17",
            "audio_url": "https://network.example/17.mp3",
        }
    ]
    assert snapshot.manifest.corpus.merged == 1


def test_a_build_with_merged_episodes_is_repeatable(build_fake: BuildFake) -> None:
    episodes = [GARDENS.to_json(), elsewhere().to_json()]
    assert build_fake(episodes).changes.new == 1
    assert build_fake(episodes).embedded == 0
