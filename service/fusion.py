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
from indexer.snapshot import Positions, Ranking, Rows, Snapshot

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
    best_clause: Positions  # in the snapshot's evidence; -1 where a summary has none

    def at(self, places: slice | NDArray[Any]) -> "Ranked":
        columns: list[Any] = [column[places] for column in self]
        return Ranked(*columns)

    def then(self, deeper: "Ranked") -> "Ranked":
        """These, then what else `deeper` found, which cannot score above the last of these."""
        rest = deeper.at(np.isin(deeper.rows, self.rows, invert=True))
        rest = rest._replace(scores=np.minimum(rest.scores, self.scores[-1]))
        pairs: list[Any] = list(zip(self, rest, strict=True))
        return Ranked(*map(np.concatenate, pairs))


def fuse(
    snapshot: Snapshot, question: Vectors, dense: Ranking, lexical: Ranking, weights: Weights
) -> Ranked:
    """Score the union of both sides' candidates. `question` is (dimension,) float32."""
    rows = np.union1d(dense.rows, lexical.rows)
    candidates = _Candidates(snapshot, rows)
    words = _spread(lexical, rows)
    measured = candidates.measure(question)
    scores = _fused(measured, words, weights)
    if weights.feedback and len(rows) >= FEWEST_FOR_FEEDBACK:
        found = candidates.documents[np.argsort(-scores, kind="stable")[:FEEDBACK_HITS]]
        moved = question + np.float32(weights.feedback) * found.mean(axis=0)
        scores = _fused(candidates.measure(moved / np.linalg.norm(moved)), words, weights)
    return measured.ranked(rows, scores, words).at(np.argsort(-scores, kind="stable"))


def rank_dense(snapshot: Snapshot, question: Vectors, dense: Ranking, weights: Weights) -> Ranked:
    """By meaning alone: the whole text and its best clause."""
    measured = _Candidates(snapshot, dense.rows).measure(question)
    scores = measured.blend(weights)
    ranked = measured.ranked(dense.rows, scores, np.zeros_like(scores))
    return ranked.at(np.lexsort((dense.rows, -scores)))


def rank_lexical(snapshot: Snapshot, question: Vectors, lexical: Ranking) -> Ranked:
    """By words alone; the vectors only say which sentence to show."""
    measured = _Candidates(snapshot, lexical.rows).measure(question)
    return measured.ranked(lexical.rows, lexical.scores, lexical.scores)


def _fused(measured: "_Measured", words: Scores, weights: Weights) -> Scores:
    share = np.float32(weights.lexical)
    fused: Scores = (1 - share) * measured.blend(weights) + share * words
    return fused


def _spread(lexical: Ranking, rows: Rows) -> Scores:
    """Each row's lexical score. One that was not found has no word of the question, or, where

    as many were found as were asked for, scores no more than the last of them did.
    """
    full = len(lexical.rows) >= CANDIDATES
    words = np.full(len(rows), lexical.scores[-1] if full else 0, np.float32)
    words[np.searchsorted(rows, lexical.rows)] = lexical.scores
    return words


@dataclass(frozen=True, slots=True)
class _Measured:
    """Of one vector to every candidate."""

    passage: Scores  # cosine of the best one
    clause: Scores
    best_clause: Positions

    def blend(self, weights: Weights) -> Scores:
        share = np.float32(weights.evidence)
        return (1 - share) * self.passage + share * self.clause

    def ranked(self, rows: Rows, scores: Scores, words: Scores) -> Ranked:
        return Ranked(rows, scores, self.passage, self.clause, words, self.best_clause)


class _Candidates:
    """The vectors of the rows in question, gathered once for both rounds."""

    def __init__(self, snapshot: Snapshot, rows: Rows) -> None:
        positions, self._passage_counts = snapshot.passages.gather(rows)
        self._passages = snapshot.dense.vectors[positions]
        self._whole = np.cumsum(self._passage_counts) - self._passage_counts
        self._handicap = np.full(len(positions), LATER_PASSAGE_HANDICAP, np.float32)
        self._handicap[self._whole] = 0
        self._clause_positions, self._clause_counts = snapshot.evidence.segments.gather(rows)
        self._clauses = snapshot.evidence.vectors(self._clause_positions)

    @property
    def documents(self) -> Vectors:
        """Each row's first passage, which is its whole text."""
        whole: Vectors = self._passages[self._whole]
        return whole

    def measure(self, vector: Vectors) -> _Measured:
        passage, _ = _best_of(self._passages @ vector - self._handicap, self._passage_counts)
        clause, place = _best_of(self._clauses @ vector, self._clause_counts)
        has_clause = place >= 0
        return _Measured(
            passage,
            np.where(has_clause, clause, passage),
            np.append(self._clause_positions, -1)[place],  # place -1 is the last: none
        )


def _best_of(values: Scores, counts: Positions) -> tuple[Scores, Positions]:
    """The largest value of each row and its place; 0 and -1 for a row that owns none."""
    best = np.zeros(len(counts), np.float32)
    place = np.full(len(counts), -1, np.int64)
    owning = np.flatnonzero(counts)
    if len(owning):
        ends = np.cumsum(counts[owning])
        best[owning] = np.maximum.reduceat(values, ends - counts[owning])
        owners = np.repeat(owning, counts[owning])
        hits = np.flatnonzero(values == best[owners])
        place[owners[hits[::-1]]] = hits[::-1]  # of equals the first stays
    return best, place
