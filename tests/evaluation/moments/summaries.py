"""Measures whether questions about summaries lose when episodes have transcripts.

The transcripts are of another show, and given to episodes drawn by chance: they answer nothing, so
all that they do is harm. They are indexed as they would be by a build.
"""

import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexer.index.said_index import SaidIndex
from indexer.index.said_search import SaidSearch
from indexer.snapshot import Snapshot
from indexer.storage.segments import Positions, Segments
from service.evaluation.collection import Collection, Query
from service.evaluation.metrics import Estimate, estimate, mrr_at_10, ndcg_at_10
from service.evaluation.systems import SYSTEMS, rankings
from tests.evaluation.moments.questions import Asked

_SEED = 7
_MOST_QUESTIONS = 300


def with_transcripts_of(snapshot: Snapshot, talks: Snapshot) -> Snapshot:
    """`snapshot` with the transcripts of `talks` at as many of its episodes."""
    said, search = talks.indexes.said, talks.indexes.said_search
    assert said
    assert search
    lengths = said.segments.counts_of(np.arange(len(said.segments)))
    given = _given(said, lengths[lengths > 0], len(snapshot.episodes))
    changed = copy.copy(snapshot)
    finds = SaidSearch(given, search.near, search.words)
    changed.indexes = replace(snapshot.indexes, said=given, said_search=finds)
    return changed


def _given(said: SaidIndex, lengths: Positions, episodes: int) -> SaidIndex:
    rng = random.Random(_SEED)
    count = min(len(lengths), episodes)
    chosen = sorted(rng.sample(range(episodes), count))
    counts = np.zeros(episodes, np.int64)
    counts[chosen] = lengths[:count]
    counts[chosen[-1]] += lengths[count:].sum()  # a small corpus has one very long episode
    given = copy.copy(said)
    given.segments = Segments.of_counts(counts)
    return given


def changes(
    snapshot: Snapshot, talks: Snapshot, collection: Collection
) -> Iterator[tuple[str, Estimate]]:
    """Each metric without transcripts, and what it gains by them, question by question."""
    asked = random.Random(_SEED).sample(
        collection.queries, min(_MOST_QUESTIONS, len(collection.queries))
    )
    served, questions = SYSTEMS[-1], [query.text for query in asked]
    before = rankings(snapshot, served, questions)
    after = rankings(with_transcripts_of(snapshot, talks), served, questions)
    relevant = [collection.qrels[query.query_id] for query in asked]
    for name, metric in (("nDCG@10", ndcg_at_10), ("MRR@10", mrr_at_10)):
        plain, said = (list(map(metric, found, relevant)) for found in (before, after))
        yield name, estimate(plain)
        gains = [value - without for value, without in zip(said, plain, strict=True)]
        yield f"{name}, change", estimate(gains)


def topics(asked: Sequence[Asked], corpus: Path) -> Collection:
    """The questions by the lines of show notes, whose episodes answer them."""
    queries = [Query(str(number), each.query) for number, each in enumerate(asked)]
    answers = {str(number): {each.episode_id: 1} for number, each in enumerate(asked)}
    return Collection(corpus.stem, corpus, queries, answers)
