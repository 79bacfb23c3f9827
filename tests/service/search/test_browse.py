from itertools import pairwise

import orjson
import pytest

from indexer.index.columns.filters import NO_FILTERS, Filters
from indexer.snapshot import Snapshot
from service.search.browse import EpisodePage, UnknownCursor, browse, podcasts
from service.search.cancellation import Cancellation, Cancelled
from tests.conftest import OpenFake

COUNT = 50


@pytest.fixture(scope="module")
def snapshot(open_fake: OpenFake) -> Snapshot:
    """Episodes of three podcasts; several have the same date, some have none."""
    return open_fake(
        {
            "id": f"e{n}/é",
            "summary": f"Jazz {n}.",
            "podcast": {"title": "ABC"[n % 3], "link": f"https://{n}.example.org"},
            "tags": ["even"] * (n % 2 == 0),
            "published_at": None if n % 10 == 9 else f"2025-01-{1 + n * 7 % 20:02}",
        }
        for n in range(COUNT)
    )


def pages(snapshot: Snapshot, filters: Filters, limit: int) -> list[EpisodePage]:
    found = [browse(snapshot, filters, (), limit, None)]
    while cursor := found[-1].next:
        found.append(browse(snapshot, filters, (), limit, cursor))
    return found


@pytest.mark.parametrize("filters", [NO_FILTERS, Filters(tag=("even",)), Filters(podcast=("a",))])
@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_pages_list_every_episode_once_newest_first(
    snapshot: Snapshot, filters: Filters, limit: int
) -> None:
    found = pages(snapshot, filters, limit)
    episodes = [orjson.loads(record) for page in found for record in page.records]
    rows = snapshot.columns.rows(filters)
    wanted = range(COUNT) if rows is None else rows.tolist()
    assert sorted(episode["id"] for episode in episodes) == sorted(f"e{n}/é" for n in wanted)
    dates = [episode.get("published_at", "") for episode in episodes]
    assert all(one >= next_one for one, next_one in pairwise(dates))
    assert {page.total for page in found} == {len(wanted)}
    assert all(len(page.records) == limit for page in found[:-1])


def test_filters_that_match_nothing_give_an_empty_page(snapshot: Snapshot) -> None:
    page = browse(snapshot, Filters(tag=("nothing",)), ("podcast",), 10, None)
    assert page == EpisodePage([], None, 0, {"podcast": []})


def test_facets_count_all_pages(snapshot: Snapshot) -> None:
    filters = Filters(tag=("even",))
    first = browse(snapshot, filters, ("podcast",), 3, None)
    second = browse(snapshot, filters, ("podcast",), 3, first.next)
    assert first.facets == second.facets
    assert first.facets
    assert {each.value: each.count for each in first.facets["podcast"]} == {"A": 9, "B": 8, "C": 8}


@pytest.mark.parametrize("cursor", ["", "x", "é", "bm9ib2R5", "===", "_w"])
def test_an_unknown_cursor_is_refused(snapshot: Snapshot, cursor: str) -> None:
    with pytest.raises(UnknownCursor, match="begin again"):
        browse(snapshot, NO_FILTERS, (), 10, cursor)


def test_podcasts_are_sorted_by_title_or_by_size(snapshot: Snapshot) -> None:
    found, total = podcasts(snapshot, "title", 2, 0)
    assert ([each.title for each in found], total) == (["A", "B"], 3)
    assert [each.episodes for each in found] == [17, 17]
    newest = browse(snapshot, Filters(podcast=("A",)), (), 1, None)
    first = orjson.loads(newest.records[0])
    assert (found[0].latest, found[0].link) == (first["published_at"], first["podcast"]["link"])
    assert [each.title for each in podcasts(snapshot, "episodes", 9, 1)[0]] == ["B", "C"]
    assert podcasts(snapshot, "title", 9, 9) == ([], 3)


MERGED = "An hour of jazz guitar, from the first records to the last, told by those who played."


def test_a_podcast_of_merged_episodes_only_is_listed(open_fake: OpenFake) -> None:
    audio = {"title": "Jazz", "summary": MERGED, "audio_url": "https://a.example/1.mp3"}
    feed = {"title": "Sounds", "link": "https://sounds.example"}
    merged = open_fake([{"id": "a", **audio}, {"id": "b", **audio, "podcast": feed}])
    assert len(merged.episodes) == 1

    (listed,), _ = podcasts(merged, "title", 10, 0)

    assert (listed.title, listed.episodes, listed.link) == ("Sounds", 1, None)


def test_a_podcast_never_shows_the_link_of_another(open_fake: OpenFake) -> None:
    audio = {"title": "Jazz", "summary": MERGED, "audio_url": "https://a.example/1.mp3"}
    one, other = ({"title": name, "link": f"https://{name}.example"} for name in ("one", "other"))
    merged = open_fake(
        [
            {"id": "a", **audio, "podcast": one, "published_at": "2025-02-02"},
            {"id": "b", **audio, "podcast": other, "published_at": "2025-02-02"},
            {"id": "c", "summary": "Rome.", "podcast": other, "published_at": "2024-01-01"},
        ]
    )

    listed, _ = podcasts(merged, "title", 10, 0)

    assert [(each.title, each.link) for each in listed] == [
        ("one", "https://one.example"),
        ("other", "https://other.example"),
    ]


def test_podcasts_are_listed_no_longer_than_someone_waits(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancellation, record, read = Cancellation(), snapshot.episodes.record, []

    def reading(row: int) -> bytes:
        read.append(row)
        cancellation.cancel()
        return record(row)

    monkeypatch.setattr(snapshot.episodes, "record", reading)

    with pytest.raises(Cancelled), cancellation.watched():
        podcasts(snapshot, "title", 3, 0)

    assert len(read) == 1
