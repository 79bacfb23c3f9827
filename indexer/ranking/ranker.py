"""Ranks the episodes of a snapshot for questions.

The one way from a question to its ranking: the service, the calibration, the comparison of
snapshots and the evaluation all take it. Each step is a method, so that the service can measure and
interrupt them; `rank` takes all of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from indexer.encoder import Vectors
from indexer.index.columns.filters import NO_FILTERS, Filters, Selection
from indexer.index.indexes import Indexes
from indexer.index.words.forward_index import FoundTerms
from indexer.index.words.lexical_index import Ranking
from indexer.index.words.question_terms import QuestionTerms
from indexer.ranking.calibration.features import SEEN, Asked, Floats, leads_of
from indexer.ranking.fusion import (
    CANDIDATES,
    DEFAULT_WEIGHTS,
    FusionWeights,
    Ranked,
    fuse,
    rank_dense,
    rank_lexical,
)
from indexer.ranking.heard import WORDS, coverage_of, hear, raised
from indexer.ranking.reranking import PairScorer, rerank
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Rows

Mode = Literal["hybrid", "dense", "lexical"]


@dataclass(frozen=True)
class AnalyzedQuestion:
    text: str  # folded
    terms: QuestionTerms
    selection: Selection | None = None  # of the rows that pass its filters; None for all rows
    mode: Mode = "hybrid"


@dataclass(frozen=True)
class Ranker:
    indexes: Indexes
    episodes: EpisodeStore
    reranker: PairScorer | None = None
    weights: FusionWeights = DEFAULT_WEIGHTS

    def analyzed(
        self, text: str, selection: Selection | None = None, mode: Mode = "hybrid"
    ) -> AnalyzedQuestion:
        """`text` is folded."""
        return AnalyzedQuestion(text, self.indexes.lexical.analyzed(text), selection, mode)

    def rank(self, questions: Sequence[AnalyzedQuestion], vectors: Vectors) -> list[Ranked]:
        """The ranking of each question; `vectors` is (questions, dimension). Not yet reranked."""
        nearest = self.nearest(questions, vectors)
        words = map(self.words, questions)
        return list(map(self.fused, questions, vectors, nearest, words))

    def nearest(self, questions: Sequence[AnalyzedQuestion], vectors: Vectors) -> list[Ranking]:
        """Rows by vector; questions with the same filters share one search."""
        together: defaultdict[Filters, list[int]] = defaultdict(list)
        for place, question in enumerate(questions):
            filters = question.selection.filters if question.selection else NO_FILTERS
            together[filters].append(place)
        found: dict[int, Ranking] = {}
        for places in together.values():
            selection = questions[places[0]].selection
            nearest = self.indexes.nearest(vectors[places], CANDIDATES, selection)
            found |= zip(places, nearest, strict=True)
        return [found[place] for place in range(len(questions))]

    def words(self, question: AnalyzedQuestion, depth: int = CANDIDATES) -> Ranking:
        """Rows by BM25."""
        return self.indexes.lexical.search(question.terms, depth, question.selection)

    def fused(
        self, question: AnalyzedQuestion, vector: Vectors, nearest: Ranking, words: Ranking
    ) -> Ranked:
        """Rank the candidates of both rankings by the mode of the question, and what is said."""
        ranked = self._by_text(question, vector, nearest, words)
        if not self.indexes.said_search:
            return ranked
        rows = question.selection.rows if question.selection else None
        shares = {"dense": 0.0, "hybrid": WORDS, "lexical": 1.0}
        share = shares[question.mode]
        heard = hear(self.indexes.said_search, question.terms, vector, share, rows)
        return raised(ranked, heard)

    def _by_text(
        self, question: AnalyzedQuestion, vector: Vectors, nearest: Ranking, words: Ranking
    ) -> Ranked:
        if question.mode == "dense":
            return rank_dense(self.indexes, vector, nearest, words, self.weights)
        if question.mode == "lexical":
            return rank_lexical(self.indexes, vector, words)
        return fuse(self.indexes, vector, nearest, words, self.weights)

    def reranked(self, question: AnalyzedQuestion, ranked: Ranked) -> Ranked:
        """`ranked` with its first hits read by the cross-encoder, if there is one."""
        if not self.reranker or question.mode != "hybrid":
            return ranked
        return rerank(self.reranker, self.episodes, question.text, ranked)

    def found(self, question: AnalyzedQuestion, rows: Rows) -> FoundTerms:
        """The words of the question in the texts of these rows."""
        return self.indexes.words.find(rows, question.terms.sought)

    def asked(self, question: AnalyzedQuestion, found: FoundTerms, coverage: Floats) -> Asked:
        """`found` are the words of the question in its first hits, which cover these shares."""
        terms = question.terms
        words = max(len(question.text.split()), len(terms.counts))
        said = max(found.covered_together, float(coverage.max(initial=0)))
        return Asked(terms.weight, words, 1 - said, len(self.episodes))

    def features(self, question: AnalyzedQuestion, ranked: Ranked) -> Floats:
        """(1, 9) of the first hit of a ranking: what the calibration turns into a probability."""
        first = ranked.at(slice(SEEN))
        found = self.found(question, first.rows)
        coverage = coverage_of(first, found.coverage)
        asked = self.asked(question, found, coverage)
        return asked.features(first.at(slice(1)), leads_of(first.scores)[:1], coverage[:1])
