"""Sorts hits by recency or date, and limits the hits of each podcast."""

from collections import Counter
from typing import Literal

import numpy as np

from indexer.ranking.fusion import Ranked
from indexer.snapshot import NO_PODCAST, Columns, Positions, Rows
from indexer.storage.segments import are_in

Sort = Literal["relevance", "date"]

HALF_LIFE_S = 365 * 86_400  # of a score with recency 1
LOST_BY_OTHERS = 0.2  # the share of its score that a hit loses which is not preferred


def with_recency(ranked: Ranked, columns: Columns, recency: float, now: int) -> Ranked:
    """Sorted by score - recency * |score| * (1 - 2 ** (-age / half-life)).

    `now` is in seconds since 1970. An episode without a date counts as the oldest.
    """
    age = np.maximum(now - columns.published[ranked.rows].astype(np.float64), 0)
    lost = recency * (1 - np.exp2(-age / HALF_LIFE_S))
    scores = (ranked.scores - np.abs(ranked.scores) * lost).astype(np.float32)
    return ranked._replace(scores=scores).at(np.argsort(-scores, kind="stable"))


def with_preference(ranked: Ranked, preferred: Rows) -> Ranked:
    """Sorted by score, of which hits lose a share that are not among the preferred rows."""
    lost = np.where(are_in(ranked.rows, preferred), 0, LOST_BY_OTHERS)
    scores = (ranked.scores - np.abs(ranked.scores) * lost).astype(np.float32)
    return ranked._replace(scores=scores).at(np.argsort(-scores, kind="stable"))


def newest_first(positions: Positions, rows: Rows, columns: Columns) -> Positions:
    """Sort `positions` of `rows` by date, the newest first."""
    return positions[np.argsort(columns.date_ranks[rows[positions]])]


def limit_per_podcast(
    positions: Positions, rows: Rows, columns: Columns, per_podcast: int
) -> Positions:
    """Keep the first `per_podcast` hits of each podcast, and all without a podcast."""
    seen: Counter[int] = Counter()
    kept = []
    for position, podcast in zip(
        positions, columns.podcasts_of(rows[positions]).tolist(), strict=True
    ):
        seen[podcast] += 1
        if podcast == NO_PODCAST or seen[podcast] <= per_podcast:
            kept.append(position)
    return np.array(kept, np.int64)
