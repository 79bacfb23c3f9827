"""Two rankings of one question -> one, with the evidence of single clauses.

A candidate's score is a convex combination of three numbers that mean the same for every corpus,
of eight episodes or of ten million: the cosine of its text, the cosine of its best clause, and
its BM25 as a share of the question's total inverse document frequency. One round of feedback
(Rocchio 1971) then moves the question towards what it found. The weights are one setting for
every collection; `make evaluate` prints what each part gains.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.indexes import Indexes
from indexer.lexical_index import Ranking
from indexer.segments import Positions, Rows

Scores = NDArray[np.float32]

CANDIDATES = 100  # from each side; more ranked no better
FEEDBACK_HITS = 3
LATER_PASSAGE_HANDICAP = 0.05  # of a stretch of a long text: short texts have higher cosines
FEWEST_FOR_FEEDBACK = 100  # candidates; among a handful the first three are no evidence


@dataclass(frozen=True, slots=True)
class Weights:
    """One setting for every corpus."""

    lexical: float = 0.375  # the rest is the dense side's
    evidence: float = 0.4  # of the dense side; the rest is the whole text's
    feedback: float = 0.3  # of the mean of the first three, added to the question


class Ranked(NamedTuple):
    """Rows, best first, with what was measured of each: arrays of one length."""

    rows: Rows
    scores: Scores
    dense: Scores  # cosine of the best passage
    evidence: Scores  # cosine of the best clause
    lexical: Scores  # share of the question's words, by weight; 0 where none matched

    def at(self, places: slice | NDArray[Any]) -> "Ranked":
        columns: list[Any] = [column[places] for column in self]
        return Ranked(*columns)

    def then(self, deeper: "Ranked") -> "Ranked":
        """These, then what else `deeper` found, which cannot score above the last of these."""
        rest = deeper.at(np.isin(deeper.rows, self.rows, invert=True))
        rest = rest._replace(scores=np.minimum(rest.scores, self.scores.min(initial=np.inf)))
        pairs: list[Any] = list(zip(self, rest, strict=True))
        return Ranked(*map(np.concatenate, pairs))


def fuse(
    indexes: Indexes, question: Vectors, dense: Ranking, lexical: Ranking, weights: Weights
) -> Ranked:
    """Score the union of both sides' candidates. `question` is (dimension,) float32."""
    rows = np.union1d(dense.rows, lexical.rows)
    candidates = _Candidates(indexes, rows)
    words = _spread(lexical, rows)
    measured = candidates.measure(question)
    scores = _fused(measured, words, weights)
    if weights.feedback and len(rows) >= FEWEST_FOR_FEEDBACK:
        found = candidates.documents[np.argsort(-scores, kind="stable")[:FEEDBACK_HITS]]
        moved = question + np.float32(weights.feedback) * found.mean(axis=0)
        scores = _fused(candidates.measure(moved / np.linalg.norm(moved)), words, weights)
    return measured.ranked(rows, scores, words).at(np.argsort(-scores, kind="stable"))


def rank_dense(
    indexes: Indexes, question: Vectors, dense: Ranking, lexical: Ranking, weights: Weights
) -> Ranked:
    """By meaning alone: the whole text and its best clause. Words are told, not counted."""
    rows = np.sort(dense.rows)
    measured = _Candidates(indexes, rows).measure(question)
    scores = measured.blend(weights)
    ranked = measured.ranked(rows, scores, _spread(lexical, rows))
    return ranked.at(np.argsort(-scores, kind="stable"))


def rank_lexical(indexes: Indexes, question: Vectors, lexical: Ranking) -> Ranked:
    """By words alone; the vectors only say which sentence to show."""
    measured = _Candidates(indexes, lexical.rows).measure(question)
    return measured.ranked(lexical.rows, lexical.scores, lexical.scores)


def _fused(measured: "_Measured", words: Scores, weights: Weights) -> Scores:
    share = np.float32(weights.lexical)
    fused: Scores = (1 - share) * measured.blend(weights) + share * words
    return fused


def _spread(lexical: Ranking, rows: Rows) -> Scores:
    """Each row's lexical score; where it was not found, the most that it can have."""
    words = np.full(len(rows), lexical.rest, np.float32)
    found = np.isin(lexical.rows, rows, assume_unique=True)
    words[np.searchsorted(rows, lexical.rows[found])] = lexical.scores[found]
    return words


@dataclass(frozen=True, slots=True)
class _Measured:
    """Of one vector to every candidate: its best passage's cosine, its best clause's."""

    passage: Scores
    clause: Scores

    def blend(self, weights: Weights) -> Scores:
        share = np.float32(weights.evidence)
        return (1 - share) * self.passage + share * self.clause

    def ranked(self, rows: Rows, scores: Scores, words: Scores) -> Ranked:
        return Ranked(rows, scores, self.passage, self.clause, words)


class _Candidates:
    """The vectors of the rows in question, gathered once for both rounds."""

    def __init__(self, indexes: Indexes, rows: Rows) -> None:
        positions, self._passage_counts = indexes.passages.gather(rows)
        self._passages = indexes.dense.vectors[positions]
        self._whole = np.cumsum(self._passage_counts) - self._passage_counts
        self._handicap = np.full(len(positions), LATER_PASSAGE_HANDICAP, np.float32)
        self._handicap[self._whole] = 0
        positions, self._clause_counts = indexes.evidence.segments.gather(rows)
        self._clauses = indexes.evidence.vectors(positions)

    @property
    def documents(self) -> Vectors:
        """Each row's first passage, which is its whole text."""
        whole: Vectors = self._passages[self._whole]
        return whole

    def measure(self, vector: Vectors) -> _Measured:
        """A summary without a clause is measured by its whole text."""
        passages = self._passages @ vector - self._handicap
        passage = _best_of(passages, self._passage_counts, np.zeros(len(self._whole), np.float32))
        clause = _best_of(self._clauses @ vector, self._clause_counts, passage)
        return _Measured(passage, clause)


def _best_of(values: Scores, counts: Positions, otherwise: Scores) -> Scores:
    """The largest value of each row; `otherwise` for a row that owns none."""
    best = otherwise.copy()
    owning = np.flatnonzero(counts)
    if len(owning):
        starts = np.cumsum(counts[owning]) - counts[owning]
        best[owning] = np.maximum.reduceat(values, starts)
    return best
