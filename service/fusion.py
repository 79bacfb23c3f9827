"""Two rankings of one question -> one, with the evidence of single sentences.

Scores of each side are put in units of three standard deviations around the mean of that side's
candidates (distribution-based score fusion, Mazzeschi 2023), weighed and added. One round of
pseudo-relevance feedback (Rocchio 1971) then moves the question towards what it found. The
weights were chosen to hold for every collection of tests/evaluation at once.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.snapshot import Positions, Ranking, Rows, Snapshot

Scores = NDArray[np.float32]

DENSE_WEIGHT = 0.55  # the rest is the lexical side's
DOCUMENT_SHARE = 0.65  # of the dense side; the rest is the best sentence's
FEEDBACK_WEIGHT = 0.6
FEEDBACK_HITS = 3


class Ranked(NamedTuple):
    """Rows, best first, with what was measured of each: arrays of one length."""

    rows: Rows
    scores: Scores
    dense: Scores  # cosine of the best passage
    sentence: Scores  # cosine of the best sentence
    lexical: Scores  # BM25, 0 where no word matched
    best_sentence: Positions  # in the snapshot's sentences; -1 where a summary has none

    def at(self, places: slice | NDArray[Any]) -> "Ranked":
        columns: list[Any] = [column[places] for column in self]
        return Ranked(*columns)

    def then(self, deeper: "Ranked") -> "Ranked":
        """These, then what else `deeper` found, which cannot score above the last of these."""
        rest = deeper.at(np.isin(deeper.rows, self.rows, invert=True))
        rest = rest._replace(scores=np.minimum(rest.scores, self.scores[-1]))
        pairs: list[Any] = list(zip(self, rest, strict=True))
        return Ranked(*map(np.concatenate, pairs))


def fuse(snapshot: Snapshot, question: Vectors, dense: Ranking, lexical: Ranking) -> Ranked:
    """Score the union of both sides' candidates. `question` is (dimension,) float32."""
    rows = np.union1d(dense.rows, lexical.rows)
    candidates = _Candidates(snapshot, rows)
    from_dense = np.isin(rows, dense.rows, assume_unique=True)
    words, lexical_side = _lexical_side(rows, lexical)

    first = candidates.similarities(question)
    scores = _dense_side(first, from_dense) + lexical_side
    if len(rows) > FEEDBACK_HITS:
        top = np.argpartition(-scores, FEEDBACK_HITS)[:FEEDBACK_HITS]
        shift = np.float32(FEEDBACK_WEIGHT) * candidates.documents[top].mean(axis=0)
        moved = first.plus(candidates.similarities(shift))
        scores = _dense_side(moved, from_dense) + lexical_side
    sentence, position = first.best_sentences()
    measured = Ranked(rows, scores, first.documents(), sentence, words, position)
    return measured.at(np.argsort(-scores, kind="stable"))


def measure(snapshot: Snapshot, question: Vectors, ranking: Ranking) -> Ranked:
    """One side's ranking as it is, with the evidence for each row."""
    similarities = _Candidates(snapshot, ranking.rows).similarities(question)
    sentence, position = similarities.best_sentences()
    documents = similarities.documents()
    words = np.zeros_like(documents)
    return Ranked(*ranking, documents, sentence, words, position)


@dataclass(frozen=True, slots=True)
class _Owned:
    """Numbers of several segments a row, one row after the other."""

    values: Scores
    counts: Positions

    def plus(self, other: "_Owned") -> "_Owned":
        return _Owned(self.values + other.values, self.counts)

    def best(self) -> tuple[Scores, Positions]:
        """The largest of each row and its place; -inf and -1 for a row that has none."""
        best = np.full(len(self.counts), -np.inf, np.float32)
        place = np.full(len(self.counts), -1, np.int64)
        some = self.counts > 0
        if some.any():
            offsets = np.concatenate(([0], np.cumsum(self.counts[some])[:-1]))
            best[some] = np.maximum.reduceat(self.values, offsets)
            owners = np.repeat(np.flatnonzero(some), self.counts[some])
            hits = np.flatnonzero(self.values >= best[owners])
            place[owners[hits[::-1]]] = hits[::-1]  # of equals the first stays
        return best, place


@dataclass(frozen=True, slots=True)
class _Similarities:
    """Of one vector to every candidate's passages and sentences."""

    passages: _Owned
    sentences: _Owned
    positions: Positions  # of the sentences, in the snapshot

    def plus(self, other: "_Similarities") -> "_Similarities":
        return _Similarities(
            self.passages.plus(other.passages), self.sentences.plus(other.sentences), self.positions
        )

    def documents(self) -> Scores:
        return self.passages.best()[0]

    def best_sentences(self) -> tuple[Scores, Positions]:
        """A summary without sentences has its whole text's cosine."""
        best, place = self.sentences.best()
        positions = np.append(self.positions, -1)[place]  # place -1 is the last: none
        return np.where(place < 0, self.documents(), best), positions


class _Candidates:
    """The vectors of the rows in question, gathered once for both rounds."""

    def __init__(self, snapshot: Snapshot, rows: Rows) -> None:
        passages, self._passage_counts = snapshot.passages.gather(rows)
        self._passages = snapshot.dense.vectors[passages]
        self._positions, self._sentence_counts = snapshot.sentences.segments.gather(rows)
        self._sentences = snapshot.sentences.vectors(self._positions)
        self.documents = self._passages[np.cumsum(self._passage_counts) - self._passage_counts]

    def similarities(self, vector: Vectors) -> _Similarities:
        return _Similarities(
            _Owned(self._passages @ vector, self._passage_counts),
            _Owned(self._sentences @ vector, self._sentence_counts),
            self._positions,
        )


def _lexical_side(rows: Rows, lexical: Ranking) -> tuple[Scores, Scores]:
    """Every candidate's BM25, and its share of the fused score.

    A row that the lexical side did not return counts as its last one did: looking up the true
    score takes seven times as long and ranks no better.
    """
    words = np.zeros(len(rows), np.float32)
    if not len(lexical.rows):
        return words, words
    words[np.searchsorted(rows, lexical.rows)] = lexical.scores
    floored = np.maximum(words, lexical.scores.min())
    return words, np.float32(1 - DENSE_WEIGHT) * _normalised(floored, lexical.scores)


def _dense_side(similarities: _Similarities, from_dense: NDArray[np.bool_]) -> Scores:
    sentence, _ = similarities.best_sentences()
    share = np.float32(DOCUMENT_SHARE)
    blend = share * similarities.documents() + (1 - share) * sentence
    return np.float32(DENSE_WEIGHT) * _normalised(blend, blend[from_dense])


def _normalised(scores: Scores, side: Scores) -> Scores:
    spread = max(3 * float(side.std()), 1e-6)
    return (scores - np.float32(side.mean())) / np.float32(spread)
