"""Ranks episodes by examples: liked and unliked ones, or texts.

The examples become one profile (Rocchio 1971): a vector, distinctive terms, and clauses. A score is
the same convex combination as for a question: the cosine of the text, the cosine of the two clauses
that match best, and BM25 as a share of what the profile's terms could score. Names of people, tags
and the podcast are terms too. The weights were chosen by hiding guests and tags; `python -m
tests.evaluation.similar` prints the gain of each part.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np

from indexer.encoder import Vectors
from indexer.episode import fold
from indexer.index.clause_index import TITLE
from indexer.index.columns.filters import NO_FILTERS, Selection
from indexer.index.indexes import Indexes
from indexer.index.words.lexical_index import LexicalIndex, Ranking
from indexer.ranking.fusion import Ranked, by_text
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Rows, Scores, are_in
from indexer.text.passages import lexical_text
from indexer.text.sentences import Span, split_clauses, split_sentences

Encode = Callable[[list[str]], Vectors]
TermWeights = dict[str, float]  # by term; the weights sum to 1

UNLIKED = 0.5  # factor of the unliked examples, which are subtracted
MOST_TERMS = 25  # as in Lucene's MoreLikeThis; more did not improve nDCG@10
MOST_CLAUSES = 64  # of the texts of a request that are not episodes: each is encoded
MOST_LIKED_CLAUSES = 512  # of the episodes of a request: each is compared with all candidates'
MOST_CLAUSES_A_CANDIDATE = 256  # the first ones; the rest of a text as long as a book is left out
_WINDOW = 64  # candidates whose clauses are in memory at a time
WHOLE = 0.5  # factor of a clause's cosine to the other whole text, in `best_pair`


@dataclass(frozen=True, slots=True)
class SimilarityWeights:
    """Weights of the fused score, the same for every corpus."""

    lexical: float = 0.7  # share of BM25; the dense score has the rest
    evidence: float = 0.4  # share of the best clause in the dense score; the text has the rest


@dataclass(frozen=True)
class ExampleClauses:
    """The clauses of a text: their vectors and their sentences, TITLE for a title."""

    text: str
    vectors: Vectors  # (clauses, dimension)
    sentences: list[Span]

    @cached_property
    def untitled(self) -> "ExampleClauses":
        kept = [n for n, sentence in enumerate(self.sentences) if sentence != TITLE]
        return ExampleClauses(self.text, self.vectors[kept], [self.sentences[n] for n in kept])


@dataclass(frozen=True)
class Example:
    vector: Vectors  # (dimension,)
    term_weights: TermWeights
    clauses: ExampleClauses


@dataclass(frozen=True)
class Profile:
    """The liked examples minus the unliked ones."""

    likes: Sequence[Example]
    unlikes: Sequence[Example] = ()

    @cached_property
    def vector(self) -> Vectors:
        """(dimension,), unit length."""
        vector = _mean(self.likes)
        if self.unlikes:
            vector = vector - np.float32(UNLIKED) * _mean(self.unlikes)
        return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))

    @cached_property
    def term_weights(self) -> TermWeights:
        """The heaviest terms; a term liked and unliked equally has no weight."""
        weights: defaultdict[str, float] = defaultdict(float)
        for examples, sign in ((self.likes, 1), (self.unlikes, -1)):
            for example in examples:
                for term, weight in example.term_weights.items():
                    weights[term] += sign * weight / len(examples)
        heaviest = sorted(weights, key=lambda term: (-weights[term], term))[:MOST_TERMS]
        total = sum(weights[term] for term in heaviest if weights[term] > 0)
        return {term: weights[term] / total for term in heaviest if weights[term] > 0}


class Examples:
    """Prepares episodes and texts for comparison."""

    def __init__(self, indexes: Indexes, episodes: EpisodeStore) -> None:
        self._indexes = indexes
        self._episodes = episodes

    def of_episode(self, row: int, most_clauses: int = MOST_CLAUSES_A_CANDIDATE) -> Example:
        """The episode and its first `most_clauses` clauses."""
        episode = self._episodes.episode(row)
        (vector,) = first_vectors(self._indexes, np.array([row]))
        weights = _term_weights(self._indexes.lexical, lexical_text(episode))
        positions, _ = self._indexes.evidence.segments.gather(np.array([row]), most_clauses)
        vectors = self._indexes.evidence.vectors(positions)
        sentences = self._indexes.evidence.sentences(positions)
        return Example(vector, weights, ExampleClauses(episode.summary, vectors, sentences))

    def of_text(self, text: str, encode: Encode, most_clauses: int = MOST_CLAUSES) -> Example:
        """Encodes the text and its first `most_clauses` clauses."""
        pairs = [
            (clause, sentence)
            for sentence in split_sentences(text)
            for clause in split_clauses(text, sentence)
        ][:most_clauses]
        vectors = encode([fold(text), *(fold(text[slice(*clause)]) for clause, _ in pairs)])
        sentences = [sentence for _, sentence in pairs]
        weights = _term_weights(self._indexes.lexical, fold(text))
        return Example(vectors[0], weights, ExampleClauses(text, vectors[1:], sentences))


def candidates(
    indexes: Indexes,
    profile: Profile,
    depth: int,
    among: Selection | None = None,
    left: Rows | None = None,
) -> tuple[Rows, Ranking]:
    """Candidate rows, the `depth` best by vector and by terms; and the ranking by terms.

    `left`, in ascending order, restricts them to some rows of `among`.
    """
    filters = among.filters if among else NO_FILTERS
    inside = among if left is None else Selection(filters, left)
    (near,) = indexes.nearest(profile.vector[None], depth, inside)
    words = indexes.lexical.search_weighted(profile.term_weights, depth, among)
    by_terms = words.rows if left is None else words.rows[are_in(words.rows, left)]
    return np.union1d(near.rows, by_terms), words


def rank(
    indexes: Indexes, profile: Profile, rows: Rows, words: Ranking, weights: SimilarityWeights
) -> Ranked:
    """Rank `rows`, in ascending order, by similarity to the profile."""
    text = first_vectors(indexes, rows) @ profile.vector
    clause = _best_clauses(indexes, profile.likes, rows, text)
    if profile.unlikes:
        clause -= np.float32(UNLIKED) * _best_clauses(indexes, profile.unlikes, rows, text)
    shared = words.scores_of(rows)
    # Repeated terms can raise BM25 above 1, but do not make an episode more similar.
    common: Scores = np.minimum(shared, np.float32(1))
    evidence, lexical = np.float32(weights.evidence), np.float32(weights.lexical)
    meaning = (1 - evidence) * text + evidence * clause
    scores: Scores = (1 - lexical) * meaning + lexical * common
    unasked = np.full(len(rows), np.nan, np.float32)
    order = np.argsort(-scores, kind="stable")
    return Ranked(rows, scores, text, clause, shared, unasked, by_text(rows)).at(order)


def best_pair(likes: Sequence[Example], this: Example) -> tuple[str, Span] | None:
    """The liked sentence and the sentence of `this` that match best; None if none match.

    Each sentence must also be similar to the other's whole text; otherwise phrases such as
    "subscribe now" would match best.
    """
    best, pair = 0.0, None
    said = this.clauses.untitled
    for example in likes:
        liked = example.clauses.untitled
        fits = liked.vectors @ said.vectors.T
        fits += WHOLE * ((liked.vectors @ this.vector)[:, None] + said.vectors @ example.vector)
        if fits.size and fits.max() > best:
            best = float(fits.max())
            mine, its = np.unravel_index(int(fits.argmax()), fits.shape)
            pair = liked.text[slice(*liked.sentences[mine])], said.sentences[its]
    return pair


def first_vectors(indexes: Indexes, rows: Rows) -> Vectors:
    """(rows, dimension): the first passage of each row, which is its whole text."""
    return indexes.dense.rows(indexes.passages.starts[rows])


def _best_clauses(
    indexes: Indexes, examples: Sequence[Example], rows: Rows, otherwise: Scores
) -> Scores:
    """(rows,): the best cosine between a row's clauses and the examples'; `otherwise` without."""
    said = np.concatenate([example.clauses.vectors for example in examples])
    windows = [slice(at, at + _WINDOW) for at in range(0, len(rows), _WINDOW)]
    best = [_best_of_window(indexes, said, rows[at], otherwise[at]) for at in windows]
    return np.concatenate([otherwise[:0], *best])


def _best_of_window(indexes: Indexes, said: Vectors, rows: Rows, otherwise: Scores) -> Scores:
    positions, counts = indexes.evidence.segments.gather(rows, MOST_CLAUSES_A_CANDIDATE)
    best = otherwise.copy()
    owning = np.flatnonzero(counts)
    if len(owning) and len(said):
        cosines = (said @ indexes.evidence.vectors(positions).T).max(axis=0)
        best[owning] = np.maximum.reduceat(cosines, (np.cumsum(counts) - counts)[owning])
    return best


def _mean(examples: Sequence[Example]) -> Vectors:
    mean: Vectors = np.mean([example.vector for example in examples], axis=0, dtype=np.float32)
    return mean


def _term_weights(lexical: LexicalIndex, text: str) -> TermWeights:
    """Term weights: (1 + log tf) * idf, normalized to sum to one."""
    weights = {term: (1 + log(n)) * lexical.idf(term) for term, n in lexical.terms(text).items()}
    total = sum(weights.values())
    return {term: weight / total for term, weight in weights.items()}
