"""Fuses the dense and the lexical ranking of a question, with the evidence of single clauses.

A score is a convex combination of three numbers whose meaning does not depend on the corpus: the
cosine of the text, the cosine of its best clause, and BM25 as a share of the question's total
inverse document frequency. One round of feedback (Rocchio 1971) then moves the question towards the
best hits, and similar candidates share scores. The weights are the same for every collection; `make
evaluate` prints what each part gains.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.indexes import Indexes
from indexer.index.words.lexical_index import Ranking
from indexer.ranking.candidates import CandidateClauses, CandidateTexts
from indexer.ranking.score_regularization import regularized
from indexer.storage.segments import Positions, Rows, Scores, union

CANDIDATES = 100  # from each ranking; more did not improve nDCG@10
EXAMINED = 50  # candidates that are fully scored; with fewer, feedback is not used
FEEDBACK_HITS = 3
NO_PASSAGE = -1


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """Weights of the fused score, the same for every corpus."""

    lexical: float = 0.375  # share of BM25; the dense score has the rest
    evidence: float = 0.4  # share of the best clause in the dense score; the text has the rest
    feedback: float = 0.3  # factor of the mean of the first three hits, added to the question
    neighbours: float = 0.5  # share of a score that comes from the text's neighbours


DEFAULT_WEIGHTS = FusionWeights()


class Ranked(NamedTuple):
    """Rows, best first, and their scores: arrays of equal length."""

    rows: Rows
    scores: Scores
    dense: Scores  # cosine of the best passage
    evidence: Scores  # cosine of the best clause
    lexical: Scores  # BM25 as a share of the question's total idf; 0 if no word matches
    reranker: Scores  # probability; nan for rows that were not reranked
    passages: Positions  # of what is said, the one by which a row is found; NO_PASSAGE for its text

    def at(self, places: slice | NDArray[Any]) -> "Ranked":
        columns: list[Any] = [column[places] for column in self]
        return Ranked(*columns)

    def reranked(self, places: Positions, probabilities: Scores) -> "Ranked":
        """Add the reranker's probabilities to the scores at `places` and sort again.

        Probabilities are positive, so if these are the first hits, none falls below another hit.
        """
        scores, reranker = self.scores.copy(), self.reranker.copy()
        scores[places] += probabilities
        reranker[places] = probabilities
        raised = self._replace(scores=scores, reranker=reranker)
        return raised.at(np.argsort(-scores, kind="stable"))

    def extended_by(self, deeper: "Ranked") -> "Ranked":
        """These hits, then the others of `deeper`, whose scores are capped by the least here."""
        return self.followed_by(deeper.at(np.isin(deeper.rows, self.rows, invert=True)))

    def followed_by(self, others: "Ranked") -> "Ranked":
        """These hits, then `others`, which are disjoint from them."""
        scores = np.minimum(others.scores, self.scores.min(initial=np.inf))
        pairs: list[Any] = list(zip(self, others._replace(scores=scores), strict=True))
        return Ranked(*map(np.concatenate, pairs))


def fuse(
    indexes: Indexes, question: Vectors, dense: Ranking, lexical: Ranking, weights: FusionWeights
) -> Ranked:
    """Rank the union of both rankings. `question` is (dimension,) float32."""
    rows = union(dense.rows, lexical.rows)
    return _rank(indexes, question, rows, lexical.scores_of(rows), weights)


def rank_dense(
    indexes: Indexes, question: Vectors, dense: Ranking, lexical: Ranking, weights: FusionWeights
) -> Ranked:
    """Rank by the cosines of text and best clause; lexical scores are only reported."""
    rows = np.sort(dense.rows)
    meaning = replace(weights, lexical=0, feedback=0, neighbours=0)
    return _rank(indexes, question, rows, lexical.scores_of(rows), meaning)


def rank_lexical(indexes: Indexes, question: Vectors, lexical: Ranking) -> Ranked:
    """Rank by BM25; cosines are only reported."""
    text = CandidateTexts.of(indexes, lexical.rows).cosines(question)
    clause = CandidateClauses.of(indexes, lexical.rows).cosines(question, text)
    return _ranked(lexical.rows, lexical.scores, text, clause, lexical.scores)


def _rank(
    indexes: Indexes, question: Vectors, rows: Rows, words: Scores, weights: FusionWeights
) -> Ranked:
    """Rank the best candidates by all scores; the others follow by text and word scores."""
    texts = CandidateTexts.of(indexes, rows)
    text = texts.cosines(question)
    likely = _weigh(text, text, words, weights)
    order = (-likely).argsort(kind="stable")
    head, rest = np.sort(order[:EXAMINED]), order[EXAMINED:]
    clauses = CandidateClauses.of(indexes, rows[head])
    clause = clauses.cosines(question, text[head])
    examined = _ranked(rows[head], likely[head], text[head], clause, words[head])
    examined = _examine(examined, texts.at(head), clauses, question, weights)
    others = _ranked(rows[rest], likely[rest], text[rest], text[rest], words[rest])
    return examined.followed_by(others)


def _examine(
    ranked: Ranked,
    texts: CandidateTexts,
    clauses: CandidateClauses,
    question: Vectors,
    weights: FusionWeights,
) -> Ranked:
    """Score by text, clause and words, again after feedback, then regularize the scores."""
    scores, words = _weigh(ranked.dense, ranked.evidence, ranked.lexical, weights), ranked.lexical
    if weights.feedback and len(scores) >= EXAMINED:
        moved = _rocchio(texts.whole, scores, question, weights)
        text_again = texts.cosines(moved)
        scores = _weigh(text_again, clauses.cosines(moved, text_again), words, weights)
    if weights.neighbours:
        scores = regularized(scores, texts.whole, weights.neighbours)
    return ranked._replace(scores=scores).at((-scores).argsort(kind="stable"))


def _rocchio(texts: Vectors, scores: Scores, question: Vectors, weights: FusionWeights) -> Vectors:
    """The question moved towards the best texts (Rocchio 1971), unit length."""
    best = texts[(-scores).argsort(kind="stable")[:FEEDBACK_HITS]]
    moved: Vectors = question + np.float32(weights.feedback) * (best.sum(axis=0) / len(best))
    moved /= np.sqrt(moved @ moved)
    return moved


def _ranked(rows: Rows, scores: Scores, text: Scores, clause: Scores, words: Scores) -> Ranked:
    unasked = np.full(len(rows), np.nan, np.float32)
    return Ranked(rows, scores, text, clause, words, unasked, by_text(rows))


def by_text(rows: Rows) -> Positions:
    """(rows,): no passage of what is said finds them."""
    return np.full(len(rows), NO_PASSAGE)


def _weigh(text: Scores, clause: Scores, words: Scores, weights: FusionWeights) -> Scores:
    lexical, evidence = np.float32(weights.lexical), np.float32(weights.evidence)
    meaning = (1 - evidence) * text + evidence * clause
    fused: Scores = (1 - lexical) * meaning + lexical * words
    return fused
