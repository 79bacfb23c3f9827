import json
from contextlib import closing
from pathlib import Path

import pytest

from indexer.episode import Episode
from indexer.errors import UnknownEpisode
from indexer.storage.episode_store import EpisodeFiles, EpisodeStore, EpisodeWriter

EPISODES = (
    Episode(episode_id="kafka", summary="A stream of queues.", guests=("Ann",), duration_s=90.0),
    Episode(episode_id="東京 🗼", summary="Two\nlines\u2028or three, “quoted” 🎷\u00e9e\u0301"),
    Episode(episode_id="3", summary="Soil", extra={"mood": "blue"}),
)


@pytest.fixture
def files(tmp_path: Path) -> EpisodeFiles:
    return EpisodeFiles(*(tmp_path / name for name in ("records", "offsets.npy", "ids.npy")))


def written(files: EpisodeFiles, episodes: tuple[Episode, ...] = EPISODES) -> EpisodeStore:
    with closing(EpisodeWriter(files)) as writer:
        for episode in episodes:
            writer.add(episode)
    return EpisodeStore(files)


def test_rows_are_in_the_order_of_adding(files: EpisodeFiles) -> None:
    store = written(files)
    assert [store.episode(row) for row in range(len(store))] == list(EPISODES)


def test_a_record_is_the_json_that_clients_get(files: EpisodeFiles) -> None:
    store = written(files)
    seen = [json.loads(store.record(row)) for row in range(3)]
    assert seen == json.loads(json.dumps([episode.to_json() for episode in EPISODES]))


def test_each_id_gives_its_row(files: EpisodeFiles) -> None:
    store = written(files)
    assert [store.row_of(episode.episode_id) for episode in EPISODES] == [0, 1, 2]


def test_ids_with_the_same_hash_give_their_own_rows(
    files: EpisodeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.storage.episode_store.id_hash", lambda _: 7)
    store = written(files)
    assert [store.row_of(episode.episode_id) for episode in EPISODES] == [0, 1, 2]


@pytest.mark.parametrize("unknown", ["jazz", "", "KAFKA", "\ud800", "a" * 10_000])
def test_an_unknown_id_is_reported_in_a_short_sentence(files: EpisodeFiles, unknown: str) -> None:
    with pytest.raises(UnknownEpisode, match="No episode has the id") as told:
        written(files).row_of(unknown)
    assert len(str(told.value)) < 200


def test_equal_episodes_have_equal_checksums_and_others_have_not(files: EpisodeFiles) -> None:
    sums = []
    for episodes in (EPISODES, EPISODES, EPISODES[:2]):
        with closing(EpisodeWriter(files)) as writer:
            for episode in episodes:
                writer.add(episode)
        sums.append(writer.sha256)
    assert sums[0] == sums[1] != sums[2]


def test_an_empty_store_has_no_rows(files: EpisodeFiles) -> None:
    assert len(written(files, ())) == 0
