"""Runs questions like the service, and can remove an episode from the hits."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Encoder, Vectors
from indexer.encoder.cpu_count import available_cpus
from indexer.episode import fold
from indexer.ranking.calibration import Floats
from indexer.ranking.fusion import Ranked
from indexer.ranking.more_like_this import first_vectors
from indexer.ranking.ranker import AnalyzedQuestion, Ranker

_ALL = 0.999  # of a question's words
_SAME_EPISODE = 0.95  # rows with at least this cosine are copies of an episode


class Run(NamedTuple):
    question: AnalyzedQuestion
    ranked: Ranked

    def at(self, places: NDArray[np.bool_]) -> "Run":
        return self._replace(ranked=self.ranked.at(places))


@dataclass(frozen=True)
class QueryRunner:
    ranker: Ranker  # that of the service: the first hit is the one it shows
    encoder: Encoder
    threads: int = field(default_factory=available_cpus)  # for the reranker

    def run(self, texts: Sequence[str]) -> list[Run]:
        return self.run_embedded(texts, self.encoder.encode_queries([fold(t) for t in texts]))

    def run_embedded(self, texts: Sequence[str], vectors: Vectors) -> list[Run]:
        """Run questions whose vectors, (texts, dimension), are given."""
        questions = [self.ranker.analyzed(fold(text)) for text in texts]
        runs = list(map(Run, questions, self.ranker.rank(questions, vectors)))
        if not self.ranker.reranker:
            return runs
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(self.reranked, runs))

    def reranked(self, run: Run) -> Run:
        """`run` with its first hits read by the reranker, if there is one."""
        return run._replace(ranked=self.ranker.reranked(*run))

    def first(self, run: Run) -> Floats:
        """The features of the first hit, (1, 9)."""
        return self.ranker.features(run.question, run.ranked)

    def without(self, ranked: Ranked, row: int) -> NDArray[np.bool_]:
        """Mask of the hits that are neither this episode nor a copy of it."""
        indexes = self.ranker.indexes
        alike = first_vectors(indexes, ranked.rows) @ first_vectors(indexes, np.array([row]))[0]
        others: NDArray[np.bool_] = (alike < _SAME_EPISODE) & (ranked.rows != row)
        return others

    def not_saying(self, run: Run) -> NDArray[np.bool_]:
        """Mask of the hits that do not say every word of the question."""
        coverage = self.ranker.found(run.question, run.ranked.rows).coverage
        others: NDArray[np.bool_] = coverage < _ALL
        return others
