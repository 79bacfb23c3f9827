"""Finds episodes by what is said in them, and ranks them among those that their texts find.

An hour of speech has a hundred passages, so its best one is near to any question by chance. The
score of an episode is therefore that of its best passage, less a handicap, and less a part of its
lead over the next best: what an episode speaks of is seldom said only once. Both grow as the
expected maximum of that many draws does; passages are never added up. A passage that is worse than
the best text is probably near by chance too, and falls behind by more than it lacks. Whatever is
said, an episode ranks no lower than by its own text.
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
PASSAGES_BY_WORD = 100  # the words of all others weigh no more than those of the last
WORDS = 0.3  # share of words in a score; less than of a text's, since more passages match by chance
HANDICAP = 0.005  # times the square root of twice the logarithm of an episode's passages
LEAD = 0.07  # times the same: of the best passage over the next one
LACK = 0.6  # a score loses so much more of what it lacks to that of the best text

_APART = 8.0  # more than two scores differ by


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
    saying = search.saying(terms, PASSAGES_BY_WORD, among)
    passages = union(nearest, saying.rows[: None if lexical else 0])
    cosines = search.said.vectors.cosines(passages, vector)
    words = saying.scores_of(passages)
    share = np.float32(lexical)
    scores = (1 - share) * cosines + share * words
    segments = search.said.segments
    rows = segments.rows_of(passages)
    order = (_APART * rows - scores).argsort(kind="stable")  # row by row, best first
    least = (1 - share) * cosines.min(initial=1) + share * np.float32(saying.upper_bound)
    best, following = _first_two(rows[order], scores[order], least)
    at = order[best]
    handicaps = _handicaps(segments.counts_of(rows[at]), scores[at] - following)
    return Heard(rows[at], passages[at], scores[at] - handicaps, cosines[at], words[at])


def raised(ranked: Ranked, heard: Heard) -> Ranked:
    """The ranking with the episodes that are found by a passage, at its score if that is higher."""
    own = Ranking(ranked.rows, ranked.scores, -np.inf).scores_of(heard.rows)
    heard = heard._replace(scores=_behind(ranked.scores, heard.scores))
    (better,) = (heard.scores > own).nonzero()
    if not len(better):
        return ranked
    (kept,) = (~are_in(ranked.rows, heard.rows[better])).nonzero()
    places = np.concatenate((kept, len(ranked.rows) + better))
    scores = np.concatenate((ranked.scores, heard.scores))[places]
    order = places[(-scores).argsort(kind="stable")]
    columns: list[Any] = list(zip(ranked, _ranked(heard), strict=True))
    return Ranked(*(np.concatenate(both)[order] for both in columns))


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


def _handicaps(passages: Positions, leads: Scores) -> Scores:
    """Of the best of so many draws, which leads the next one by so much."""
    expected: Scores = np.sqrt(2 * np.log(passages)).astype(np.float32)
    return expected * (np.float32(HANDICAP) + np.float32(LEAD) * leads)


def _first_two(rows: Rows, scores: Scores, least: np.float32) -> tuple[Positions, Scores]:
    """Where each row has its best score, and its next one; at most `least` if it has no other.

    The scores of a row follow one another, best first.
    """
    is_first = np.ones(len(rows) + 1, np.bool_)
    np.not_equal(rows[1:], rows[:-1], out=is_first[1:-1])
    (first,) = is_first[:-1].nonzero()
    others = scores.take(first + 1, mode="clip")
    return first, np.where(is_first[first + 1], np.minimum(least, scores[first]), others)


def _behind(texts: Scores, scores: Scores) -> Scores:
    """`scores` of passages; those that are worse than the best text fall further behind it."""
    if not len(texts):
        return scores
    fallen: Scores = scores - np.float32(LACK) * np.maximum(texts[0] - scores, 0)
    return fallen


def coverage_of(ranked: Ranked, by_text: Floats) -> Floats:
    """(rows,): the share of the question that the words of each hit cover.

    `by_text` is that of its own text. Passages have few words, of which each counts once, and are
    of nearly one length, so their share of BM25 is about the share of the words that they have.
    """
    said = np.minimum(ranked.lexical, 1).astype(np.float64)
    coverage: Floats = np.where(ranked.passages == NO_PASSAGE, by_text, said)
    return coverage
