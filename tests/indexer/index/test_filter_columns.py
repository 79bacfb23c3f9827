"""Filters, facets and the order by date, over a few episodes."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.episode import Episode, Podcast
from indexer.index.columns.filter_columns import ColumnFiles, Columns, ColumnWriter
from indexer.index.columns.filters import (
    FACETS,
    NO_FILTERS,
    Attributes,
    Filters,
    attributes_of,
    moment_of,
)
from indexer.index.columns.labels import LabelFiles

STREAMS, JAZZ, ROME, SOIL, BARE = range(5)
EPISODES: tuple[Mapping[str, object], ...] = (
    {
        "podcast": Podcast("Stream\u2011ing"),
        "hosts": ("Tim Berglund",),
        "guests": ("Aravind Suresh", "Sophie Blee\u2010Goldman"),
        "tags": ("Kafka", "Databases"),
        "language": "en-US",
        "published_at": "2025-06-30T23:59:59Z",
        "duration_s": 1800.1,
        "season": 2,
        "episode": 5,
    },
    {
        "podcast": Podcast("Sounds"),
        "hosts": ("Mary Beard",),
        "tags": ("music",),
        "categories": ("Music", "Arts"),
        "language": "EN",
        "published_at": "2025-07-01",
        "duration_s": 60,
        "explicit": True,
        "season": 2,
        "episode": 15,
    },
    {
        "podcast": Podcast("sounds"),
        "guests": ("mary  beard",),
        "language": "de",
        "published_at": "2024-12-31T23:00:00-05:00",
        "duration_s": 7200,
        "season": 0,
        "explicit": False,
    },
    {"podcast": Podcast("Zebra"), "tags": ("music",), "published_at": "2024-01-01T00:00:00Z"},
    {},
)


def columns_of(directory: Path, episodes: tuple[Mapping[str, Any], ...]) -> Columns:
    told = enumerate(episodes)
    return columns_with(
        directory,
        [attributes_of(Episode(episode_id=f"e{n}", summary="", **fields)) for n, fields in told],
    )


def columns_with(directory: Path, attributes: Iterable[Attributes]) -> Columns:
    names = iter("abcdefghij")
    labels = LabelFiles(*(directory / f"{next(names)}.npy" for _ in range(6)))
    files = ColumnFiles(labels, *(directory / f"{next(names)}.npy" for _ in range(4)))
    writer = ColumnWriter(files)
    for each in attributes:
        writer.add(each)
    writer.close()
    return Columns(files)


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    return columns_of(tmp_path_factory.mktemp("columns"), EPISODES)


def passing(columns: Columns, filters: Filters) -> list[int]:
    rows = columns.rows(filters)
    assert rows is not None
    return [int(row) for row in rows]


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(podcast=("Sounds",)), [JAZZ, ROME]),
        (Filters(podcast=("STREAM-ING",)), [STREAMS]),
        (Filters(podcast=("stream",)), []),
        (Filters(person=("aravind suresh",)), [STREAMS]),
        (Filters(person=("Sophie Blee-Goldman",)), [STREAMS]),
        (Filters(person=("Mary Beard",)), [JAZZ, ROME]),
        (Filters(person=("Aravind Suresh", "MARY BEARD", "nobody")), [STREAMS, JAZZ, ROME]),
        (Filters(tag=("music",)), [JAZZ, SOIL]),
        (Filters(tag=("arts",)), [JAZZ]),
        (Filters(language=("en",)), [STREAMS, JAZZ]),
        (Filters(language=("en-GB", "de_AT")), [STREAMS, JAZZ, ROME]),
        (Filters(explicit=True), [JAZZ]),
        (Filters(season=(2,)), [STREAMS, JAZZ]),
        (Filters(season=(2,), episode=(5,)), [STREAMS]),
        (Filters(season=(0, 7)), [ROME]),
        (Filters(episode=(5, 15)), [STREAMS, JAZZ]),
        (Filters(episode=(1,)), []),
        (Filters(explicit=False), [STREAMS, ROME, SOIL, BARE]),
        (Filters(min_duration_s=1800.1), [STREAMS, ROME]),
        (Filters(max_duration_s=1800.1), [STREAMS, JAZZ]),
        (Filters(min_duration_s=0), [STREAMS, JAZZ, ROME]),
        (Filters(published_after=moment_of("2025-07-01")), [JAZZ]),
        (Filters(published_before=moment_of("2025-07-01")), [STREAMS, ROME, SOIL]),
        (Filters(published_before=moment_of("2024-01-01")), []),
        (
            Filters(
                published_after=moment_of("2025-01-01"), published_before=moment_of("2026-01-01")
            ),
            [STREAMS, JAZZ, ROME],
        ),
        (Filters(podcast=("sounds",), tag=("music",)), [JAZZ]),
        (Filters(podcast=("sounds",), person=("mary beard",), explicit=False), [ROME]),
        (Filters(podcast=("sounds",), tag=("kafka",)), []),
        (Filters(tag=("music",), published_before=moment_of("2025-01-01")), [SOIL]),
        (Filters(tag=("nothing of the kind",)), []),
    ],
)
def test_a_filter_needs_any_value_of_every_field(
    columns: Columns, filters: Filters, rows: list[int]
) -> None:
    assert passing(columns, filters) == rows
    assert passing(columns, filters) == rows  # now from the cache


def test_without_filters_there_is_no_selection(columns: Columns) -> None:
    assert columns.rows(NO_FILTERS) is None


def test_a_value_matches_neither_a_prefix_nor_another_field(columns: Columns) -> None:
    for value in ("person:mary beard", "Mary", "", "mary beard "):
        wanted = [JAZZ, ROME] if value.strip() == "mary beard" else []
        assert passing(columns, Filters(person=(value,))) == wanted
    assert passing(columns, Filters(podcast=("mary beard",))) == []


def test_facets_count_each_row_once_and_keep_the_spelling_of_values(columns: Columns) -> None:
    counted = {
        field: [(count.value, count.count) for count in counts]
        for field, counts in columns.facets(None, FACETS).items()
    }
    assert counted == {
        "podcast": [("Sounds", 2), ("Stream\u2011ing", 1), ("Zebra", 1)],
        "year": [("2025", 3), ("2024", 1)],
        "person": [
            ("Mary Beard", 2),
            ("Aravind Suresh", 1),
            ("Sophie Blee\u2010Goldman", 1),
            ("Tim Berglund", 1),
        ],
        "tag": [("music", 2), ("Arts", 1), ("Databases", 1), ("Kafka", 1)],
        "language": [("en", 2), ("de", 1)],
    }


def test_facets_of_some_rows_omit_values_without_rows(columns: Columns) -> None:
    counted = columns.facets(np.array([ROME, SOIL, BARE]), ("podcast", "language"))
    assert [(c.value, c.count) for c in counted["podcast"]] == [("Sounds", 1), ("Zebra", 1)]
    assert [(c.value, c.count) for c in counted["language"]] == [("de", 1)]
    assert columns.facets(np.array([], np.int64), ("tag",)) == {"tag": []}


def test_newest_rows_are_first_and_undated_rows_last(columns: Columns) -> None:
    assert columns.newest(None, 10).tolist() == [JAZZ, STREAMS, ROME, SOIL, BARE]
    some = np.array([STREAMS, SOIL, BARE])
    assert columns.newest(some, 10).tolist() == [STREAMS, SOIL, BARE]
    after = int(columns.date_ranks[STREAMS])
    assert columns.newest(None, 2, after).tolist() == [ROME, SOIL]
    assert columns.newest(some, 1, after).tolist() == [SOIL]
    assert columns.newest(None, 10, int(columns.date_ranks[BARE])).tolist() == []


def test_podcasts_of_one_title_are_told_apart_by_what_else_is_known(tmp_path: Path) -> None:
    feeds = ("https://a.example/f", "https://b.example/f", "http://a.example/f/")
    columns = columns_of(tmp_path, tuple({"podcast": Podcast("Deep", feed_url=f)} for f in feeds))
    first, second = columns.podcasts.ids
    assert columns.podcasts.titles == ["Deep", "Deep"]
    assert sorted(columns.podcasts.episodes.tolist()) == [1, 2]
    rows = [passing(columns, Filters(podcast=(each,))) for each in (first, second, "deep")]
    assert sorted(rows) == [[0, 1, 2], [0, 2], [1]]


def test_columns_from_before_podcasts_had_ids_know_them_by_their_titles(tmp_path: Path) -> None:
    columns = columns_with(tmp_path, [Attributes((f"podcast:{title}",)) for title in "ABA"])
    assert columns.podcasts.titles == columns.podcasts.ids == ["A", "B"]
    assert [(c.value, c.count) for c in columns.facets(None, ("podcast",))["podcast"]] == [
        ("A", 2),
        ("B", 1),
    ]


def test_podcasts_are_sorted_by_title(columns: Columns) -> None:
    assert columns.podcasts.titles == ["Sounds", "Stream\u2011ing", "Zebra"]
    assert columns.podcasts.episodes.tolist() == [2, 1, 1]
    assert columns.podcasts.newest.tolist() == [JAZZ, STREAMS, SOIL]
    numbers = columns.podcasts_of(np.arange(5)).tolist()
    assert numbers[JAZZ] == numbers[ROME] != numbers[STREAMS]
    assert numbers[BARE] == -1


def test_episodes_without_fields_can_be_filtered(tmp_path: Path) -> None:
    columns = columns_of(tmp_path, ({}, {}))
    assert passing(columns, Filters(podcast=("any",))) == []
    assert passing(columns, Filters(published_before=datetime.now(UTC))) == []
    assert passing(columns, Filters(explicit=False)) == [0, 1]
    assert columns.facets(None, FACETS) == {field: [] for field in FACETS}
    assert columns.podcasts.episodes.tolist() == []
    assert columns.newest(None, 5).tolist() == [0, 1]


def test_filters_give_the_same_rows_as_checking_every_episode(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    choices = [f"tag {n}" for n in range(4)]
    episodes: tuple[dict[str, Any], ...] = tuple(
        {
            "tags": tuple(rng.permutation(choices)[: rng.integers(0, 4)].tolist()),
            "duration_s": float(rng.integers(0, 4)),
        }
        for _ in range(200)
    )
    columns = columns_of(tmp_path, episodes)
    for tags, least, most in product(
        [(), ("tag 1",), ("Tag 0", "TAG 3")], [None, 0, 2], [None, 1, 3]
    ):
        filters = Filters(tag=tags, min_duration_s=least, max_duration_s=most)
        wanted = [
            row
            for row, episode in enumerate(episodes)
            if (not tags or {*map(str.lower, tags)} & {*episode["tags"]})
            and (least or 0) <= episode["duration_s"] <= (9 if most is None else most)
        ]
        if filters != NO_FILTERS:
            assert passing(columns, filters) == wanted
