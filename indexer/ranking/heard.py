"""Finds episodes by what is said in them, and ranks them among those that their texts find.

An hour of speech has a hundred passages, so its best one is near to any question by chance. The
score of an episode is therefore that of its best passage alone, less a handicap that grows as the
expected maximum of that many draws does; passages are never added up. Whatever is said, an episode
ranks no lower than by its own text.
"""

from typing import Any, NamedTuple

import numpy as np

from indexer.encoder import Vectors
from indexer.index.said_search import SaidSearch
from indexer.index.words.lexical_index import Ranking
from indexer.index.words.question_terms import QuestionTerms
from indexer.ranking.calibration import Floats
from indexer.ranking.fusion import NO_PASSAGE, Ranked
from indexer.storage.segments import Positions, Rows, Scores, are_in, union

PASSAGES = 200  # by coarse vectors, which have nearly all of the fifty nearest
PASSAGES_BY_WORD = 100
_WORDS_KNOWN = 200  # passages whose words are scored; all others have no more than the last
WORDS = 0.3  # share of words in a score; less than of a text's, since more passages match by chance
HANDICAP = 0.01  # times the square root of twice the logarithm of an episode's passages


class Heard(NamedTuple):
    """Episodes in ascending order, and the best passage of each."""

    rows: Rows
    passages: Positions
    scores: Scores
    cosines: Scores
    words: Scores  # BM25 as a share of the question's total idf


def hear(
    search: SaidSearch,
    terms: QuestionTerms,
    vector: Vectors,
    lexical: float,
    among: Rows | None = None,
) -> Heard:
    """`lexical` is the share of words in a score: 0 ranks by vectors alone, 1 by words alone."""
    nearest = search.nearest(vector, PASSAGES, among) if lexical < 1 else np.empty(0, np.int64)
    saying = search.saying(terms, _WORDS_KNOWN, among)
    passages = union(nearest, saying.rows[: PASSAGES_BY_WORD if lexical else 0])
    cosines = search.said.vectors.cosines(passages, vector)
    words = saying.scores_of(passages)
    segments = search.said.segments
    rows = segments.rows_of(passages)
    share = np.float32(lexical)
    scores = (1 - share) * cosines + share * words - _handicaps(segments.counts_of(rows))
    best = _best_of_each(rows, scores)
    return Heard(rows[best], passages[best], scores[best], cosines[best], words[best])


def raised(ranked: Ranked, heard: Heard) -> Ranked:
    """The ranking with the episodes that are found by a passage, at its score if that is higher."""
    own = Ranking(ranked.rows, ranked.scores, -np.inf).scores_of(heard.rows)
    better = heard.scores > own
    if not better.any():
        return ranked
    kept = ranked.at(~are_in(ranked.rows, heard.rows[better]))
    columns: list[Any] = list(zip(kept, _ranked(heard).at(better), strict=True))
    both = Ranked(*map(np.concatenate, columns))
    return both.at((-both.scores).argsort(kind="stable"))


def _ranked(heard: Heard) -> Ranked:
    unread = np.full(len(heard.rows), np.nan, np.float32)
    return Ranked(
        rows=heard.rows,
        scores=heard.scores,
        dense=heard.cosines,
        evidence=heard.cosines,
        lexical=heard.words,
        reranker=unread,
        passages=heard.passages,
    )


def _handicaps(passages: Positions) -> Scores:
    """Of the best of so many draws."""
    expected: Scores = np.sqrt(2 * np.log(passages)).astype(np.float32)
    return np.float32(HANDICAP) * expected


def _best_of_each(rows: Rows, scores: Scores) -> Positions:
    """The place of the highest score of each row; `rows` are in ascending order."""
    order = np.lexsort((-scores, rows))
    first = np.ones(len(rows), np.bool_)
    np.not_equal(rows[order][1:], rows[order][:-1], out=first[1:])
    best: Positions = order[first]
    return best


def coverage_of(ranked: Ranked, by_text: Floats) -> Floats:
    """(rows,): the share of the question that the words of each hit cover.

    `by_text` is that of its own text. Passages have few words, of which each counts once, and are
    of nearly one length, so their share of BM25 is about the share of the words that they have.
    """
    said = np.minimum(ranked.lexical, 1).astype(np.float64)
    coverage: Floats = np.where(ranked.passages == NO_PASSAGE, by_text, said)
    return coverage
