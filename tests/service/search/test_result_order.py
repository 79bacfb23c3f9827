"""Recency, order by date and the limit per podcast, over five episodes."""

import numpy as np
import pytest

from indexer.ranking.fusion import Ranked, by_text
from indexer.snapshot import Columns
from service.search.result_order import HALF_LIFE_S, limit_per_podcast, newest_first, with_recency
from tests.conftest import OpenFake

ROWS = np.arange(5)
NOW = 1_700_000_000


@pytest.fixture(scope="module")
def columns(open_fake: OpenFake) -> Columns:
    dates = ["2020-01-01", "2024-01-01", None, "2022-01-01", "2023-01-01"]
    podcasts = ["Sounds", "sounds", None, None, "Streams"]
    return open_fake(
        {"summary": f"Jazz {n}.", "published_at": date, "podcast": podcast}
        for n, (date, podcast) in enumerate(zip(dates, podcasts, strict=True))
    ).columns


def ranked(scores: list[float]) -> Ranked:
    values = np.array(scores, np.float32)
    rows = ROWS[: len(scores)]
    return Ranked(rows, values, values, values, values, values, by_text(rows))


def test_newest_rows_are_first_and_undated_rows_last(columns: Columns) -> None:
    assert newest_first(np.array([0, 1, 2, 3]), ROWS, columns).tolist() == [1, 3, 0, 2]


def test_the_first_hits_of_each_podcast_and_all_without_a_podcast_are_kept(
    columns: Columns,
) -> None:
    assert limit_per_podcast(ROWS, ROWS, columns, 1).tolist() == [0, 2, 3, 4]
    assert limit_per_podcast(ROWS[::-1], ROWS, columns, 1).tolist() == [4, 3, 2, 1]
    assert limit_per_podcast(ROWS, ROWS, columns, 2).tolist() == [0, 1, 2, 3, 4]
    assert limit_per_podcast(ROWS[:0], ROWS, columns, 1).tolist() == []


def test_recency_takes_half_of_its_share_in_a_half_life(columns: Columns) -> None:
    now = int(columns.published[0]) + HALF_LIFE_S
    scores = with_recency(ranked([0.8]), columns, 0.5, now).scores
    assert scores.tolist() == pytest.approx([0.8 * (1 - 0.5 * 0.5)])


def test_undated_hits_lose_the_whole_share_of_recency(columns: Columns) -> None:
    result = with_recency(ranked([0.5] * 5), columns, 1, columns.latest)
    assert result.rows.tolist() == [1, 4, 3, 0, 2]
    assert result.scores[0] == 0.5
    assert result.scores[-1] == 0
    assert with_recency(ranked([-0.5] * 5), columns, 1, columns.latest).rows.tolist() == [
        1,
        4,
        3,
        0,
        2,
    ]


def test_a_date_in_the_future_counts_as_now(columns: Columns) -> None:
    assert (
        with_recency(ranked([0.5]), columns, 1, int(columns.published[0]) - 1000).scores[0] == 0.5
    )


def test_without_recency_no_score_changes(columns: Columns) -> None:
    assert with_recency(ranked([0.9, 0.1, 0.7]), columns, 0, NOW).scores.tolist() == pytest.approx(
        [0.9, 0.7, 0.1]
    )
