"""Runs questions like the service, and can remove an episode from the hits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Encoder, Vectors
from indexer.encoder.cpu_count import available_cpus
from indexer.episode import fold
from indexer.index.indexes import Indexes
from indexer.index.words.lexical_index import Ranking
from indexer.index.words.term_matcher import TermMatcher
from indexer.ranking.calibration import Floats, features_of
from indexer.ranking.calibration.term_coverage import coverage_of
from indexer.ranking.fusion import CANDIDATES, FusionWeights, Ranked, fuse
from indexer.ranking.reranking import PairScorer, rerank
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Rows

_SAME_EPISODE = 0.95  # rows with at least this cosine are copies of an episode


@dataclass(frozen=True)
class QueryRunner:
    indexes: Indexes
    encoder: Encoder
    episodes: EpisodeStore
    reranker: PairScorer | None  # that of the snapshot: the first hit is the one it shows
    threads: int = field(default_factory=available_cpus)  # for the reranker

    def run(self, texts: list[str]) -> list[Ranked]:
        return self.run_embedded(texts, self.encoder.encode_queries([fold(t) for t in texts]))

    def run_embedded(self, texts: list[str], vectors: Vectors) -> list[Ranked]:
        """Run questions whose vectors, (texts, dimension), are given."""
        nearest = self.indexes.nearest(vectors, CANDIDATES)
        fused = list(map(self._fused, texts, vectors, nearest))
        if not self.reranker:
            return fused
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(self.reranked, fused, texts))

    def reranked(self, ranked: Ranked, text: str) -> Ranked:
        """`ranked` with its first hits read by the reranker, if there is one."""
        if not self.reranker:
            return ranked
        return rerank(self.reranker, self.episodes, fold(text), ranked)

    def first(self, ranked: Ranked, text: str) -> Floats:
        """The features of the first hit, (1, 4)."""
        hit, asked, lexical = ranked.at(slice(1)), fold(text), self.indexes.lexical
        terms = TermMatcher(lexical, lexical.term_weights(asked))
        coverage = coverage_of(terms, self.episodes, hit.rows)
        return features_of(hit, coverage, lexical.weight(asked))

    def without(self, ranked: Ranked, row: int) -> NDArray[np.bool_]:
        """Mask of the hits that are neither this episode nor a copy of it."""
        alike = self._documents(ranked.rows) @ self._documents(np.array([row]))[0]
        others: NDArray[np.bool_] = alike < _SAME_EPISODE
        return others

    def _fused(self, text: str, vector: Vectors, dense: Ranking) -> Ranked:
        words = self.indexes.lexical.search(fold(text), CANDIDATES)
        return fuse(self.indexes, vector, dense, words, FusionWeights())

    def _documents(self, rows: Rows) -> Vectors:
        return self.indexes.dense.rows(self.indexes.passages.starts[rows])
