"""The probabilities of the hits of a ranking, in its order: no hit is above a less probable one."""

from collections.abc import Callable

import numpy as np

from indexer.index.words.forward_index import FoundTerms
from indexer.ranking.calibration import Calibration, Floats
from indexer.ranking.calibration.features import SEEN, Asked, leads_of
from indexer.ranking.fusion import Ranked
from indexer.ranking.heard import coverage_of
from indexer.ranking.ranker import AnalyzedQuestion, Ranker
from indexer.storage.segments import Rows

_TEXTS_A_STEP = 100  # read between two calls of `check`


class Relevance:
    """Computed only as deep as it is asked for."""

    def __init__(
        self,
        ranker: Ranker,
        calibration: Calibration,
        question: AnalyzedQuestion,
        ranked: Ranked,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`check` is called between steps, and may raise."""
        self._ranker, self._calibration, self._question = ranker, calibration, question
        self._ranked = ranked
        self._check = check
        self._leads = leads_of(ranked.scores)
        self._asked: Asked | None = None
        self._seen: FoundTerms | None = None  # in the first hits
        self._known = np.empty(0)  # probabilities of the first hits

    @property
    def best(self) -> float:
        """That of the first hit; 0 if there is none."""
        return float(self._first(1).max(initial=0.0))

    def reaching(self, least: float) -> int:
        """The number of hits that are at least so probable."""
        while len(self._known) < len(self._ranked.rows) and self._known.min(initial=1.0) >= least:
            self._extend()
        return int((self._known >= least).sum())

    def of(self, rows: Rows) -> Floats:
        """(rows,): those of some of the hits."""
        order = np.argsort(self._ranked.rows, kind="stable")
        places = order[np.searchsorted(self._ranked.rows, rows, sorter=order)]
        return self._first(int(places.max(initial=-1)) + 1)[places]

    def found(self, rows: Rows) -> FoundTerms:
        """The words of the question in some of the hits; those of the first are found already."""
        first = self._ranked.rows[:SEEN]
        if self._seen and np.array_equal(rows, first):
            return self._seen
        return self._ranker.found(self._question, rows)

    def _first(self, count: int) -> Floats:
        while len(self._known) < min(count, len(self._ranked.rows)):
            self._extend()
        return self._known

    def _extend(self) -> None:
        self._check()
        start = len(self._known)
        step = slice(start, start + (_TEXTS_A_STEP if start else SEEN))
        hits = self._ranked.at(step)
        found = self._ranker.found(self._question, hits.rows)
        coverage = coverage_of(hits, found.coverage)
        if self._asked is None:
            self._seen, self._asked = found, self._ranker.asked(self._question, found, coverage)
        features = self._asked.features(hits, self._leads[step], coverage)
        chances = self._calibration.relevance.probability(features)
        self._known = np.minimum.accumulate(np.concatenate((self._known, chances)))
