"""Answers a batch of questions from a snapshot; does not depend on HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
import orjson

from indexer.episode import fold
from indexer.ranking.calibration import GOOD_MATCH
from indexer.ranking.fusion import DEFAULT_WEIGHTS, FusionWeights
from indexer.ranking.ranker import AnalyzedQuestion
from indexer.snapshot import Ranking, Snapshot
from service.search.background import in_background
from service.search.cancellation import Cancellation, Steps, in_turn
from service.search.completion.completion import Completion
from service.search.completion.spelling import meant_by
from service.search.highlight import ShownClauses
from service.search.moments import Moment, MomentFinder, Record
from service.search.query import Answer, Meant, Query, Question
from service.search.question_cache import MAX_BYTES, QuestionCache, Recent
from service.search.question_encoder import QuestionEncoder
from service.search.similar import Similar
from service.search.understanding.reading import Reader, Reading
from service.telemetry.stage_timing import stage

_CACHED_TEXTS = 1000
_MAX_TEXT_BYTES = 8 * 1024**2
_MIN_EPISODES_FOR_THREAD = 500_000  # with 100,000 episodes, a thread costs as much as it saves
_NO_ANSWER = Answer([], answered=False)  # for a cancelled question


class Retriever:
    """Safe to share between threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        cache: QuestionCache,
        weights: FusionWeights = DEFAULT_WEIGHTS,
        cached_answers: int = 0,
        max_cached_bytes: int = MAX_BYTES,
        good_match: float = GOOD_MATCH,
    ) -> None:
        """Answers are cached up to `cached_answers` entries and `max_cached_bytes`.

        An answer whose first hit has a relevance of at least `good_match` is `answered`.
        """
        self.good_match = good_match
        self.snapshot = snapshot
        self._columns = snapshot.columns
        encoder, record = snapshot.encoder, snapshot.manifest.encoder
        self._encode = QuestionEncoder(encoder, record, cache)
        self._ranker = snapshot.ranker(weights)
        # Texts of similar-episode requests have a separate cache, so they do not evict questions.
        texts = QuestionCache(_CACHED_TEXTS, _MAX_TEXT_BYTES)
        self.similar = Similar(snapshot, QuestionEncoder(encoder, record, texts))
        self._reader = Reader(snapshot)
        self.completion = Completion(snapshot)
        self._answers: Recent[Question, Answer] = Recent(cached_answers, max_cached_bytes)

    def remembered(self, question: Question) -> Answer | None:
        """The cached answer of this snapshot; None if there is none."""
        return self._answers.get(question)

    def search(
        self, questions: Sequence[Question], cancellations: Sequence[Cancellation] = ()
    ) -> list[Answer]:
        """An answer to each question; an empty one if its cancellation is cancelled."""
        readings = [self._reader.read(question) for question in questions]
        own = [reading.question for reading in readings]
        found = ((place, self._as_meant(question)) for place, question in enumerate(own))
        meant = {place: question for place, question in found if question}
        watched = cancellations or [Cancellation() for _ in own]
        steps = self._answering_all(own, [*meant.values()])
        answers = in_turn(steps, [*watched, *(watched[place] for place in meant)])
        as_meant = dict(zip(meant, answers[len(own) :], strict=True))
        return [
            self._told(reading, answers[place], meant.get(place), as_meant.get(place))
            for place, reading in enumerate(readings)
        ]

    def _as_meant(self, question: Question) -> Question | None:
        """The question with its words that are in no episode put right; None if none is."""
        if not question.understand or question.offset:
            return None
        text = meant_by(self.snapshot, question.text)
        if text is None:
            return None
        return replace(question, text=text, understand=False, facets=())

    def _answering_all(
        self, own: Sequence[Question], meant: Sequence[Question]
    ) -> list[Steps[Answer]]:
        """The work of answering questions and those that some of them mean.

        An int8 vector depends a little on its batch: that of a lone question stays as it is.
        """
        asked = [*own, *meant]
        batches = [asked] if len(own) > 1 else [[each] for each in asked]
        return [*chain.from_iterable(map(self._answering, batches))]

    def _answering(self, questions: Sequence[Question]) -> list[Steps[Answer]]:
        """The work of answering each question; the candidates of all are found in one batch."""
        asked = list(map(self._analyzed, questions))
        # Several questions keep all processors busy already.
        worth_it = len(questions) == 1 and len(self._columns) > _MIN_EPISODES_FOR_THREAD
        with in_background(partial(self._words, asked), worth_it=worth_it) as words:
            with stage("encode"):
                vectors = self._encode([each.text for each in asked])
            with stage("dense"):
                nearest = self._ranker.nearest(asked, vectors)
            found = zip(nearest, words(), strict=True)
        query = partial(Query, self.snapshot, self._ranker, good_match=self.good_match)
        queries = map(query, questions, asked, vectors)
        return [each.answer(*of_it) for each, of_it in zip(queries, found, strict=True)]

    def moments(self, row: int, question: str, most: int) -> list[Moment]:
        """The moments of one episode that match the question best."""
        asked = self._ranker.analyzed(fold(question))
        (vector,) = self._encode([asked.text])
        record = Record(row, orjson.loads(self.snapshot.episodes.record(row)))
        indexes, rows = self.snapshot.indexes, np.array([row])
        clauses = ShownClauses.of(indexes, rows, vector)
        finder = MomentFinder(indexes, vector, asked.terms.shares)
        (moments,) = finder.moments([record], clauses, self._ranker.found(asked, rows), most)
        return moments

    def _analyzed(self, question: Question) -> AnalyzedQuestion:
        selection = self._columns.select(question.filters)
        return self._ranker.analyzed(fold(question.text), selection, question.mode)

    def _words(self, asked: Sequence[AnalyzedQuestion]) -> list[Ranking]:
        with stage("lexical"):
            return list(map(self._ranker.words, asked))

    def _told(
        self,
        reading: Reading,
        answer: Answer | None,
        meant: Question | None,
        as_meant: Answer | None,
    ) -> Answer:
        """What is told and kept; an answer is None if it was cancelled."""
        if answer is None:
            return _NO_ANSWER
        answer = reading.told_in(answer)
        if meant:
            if as_meant is None:
                return _NO_ANSWER
            answer = replace(answer, meant=Meant(meant.text, as_meant))
        if not reading.of_today:
            self._answers.put(reading.asked, answer)
        return answer
