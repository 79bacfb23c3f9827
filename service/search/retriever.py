"""Answers a batch of questions from a snapshot; does not depend on HTTP."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from indexer.encoder import Vectors
from indexer.episode import fold
from indexer.index.columns.filters import Filters
from indexer.ranking.fusion import CANDIDATES, FusionWeights
from indexer.snapshot import Ranking, Selection, Snapshot
from service.search.background import in_background
from service.search.cancellation import Cancellation, Cancelled, check
from service.search.completion.spelling import meant_by
from service.search.query import Answer, Meant, Query, Question
from service.search.question_cache import MAX_BYTES, QuestionCache, Recent
from service.search.question_encoder import QuestionEncoder
from service.search.similar import Similar
from service.search.understanding.reading import Reader, Reading
from service.telemetry.stage_timing import stage

DEFAULT_WEIGHTS = FusionWeights()
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
    ) -> None:
        """Answers are cached up to `cached_answers` entries and `max_cached_bytes`."""
        self.snapshot = snapshot
        self._indexes = snapshot.indexes
        self._columns = snapshot.columns
        encoder, record = snapshot.encoder, snapshot.manifest.encoder
        self._encode = QuestionEncoder(encoder, record, cache)
        self._weights = weights
        # Texts of similar-episode requests have a separate cache, so they do not evict questions.
        texts = QuestionCache(_CACHED_TEXTS, _MAX_TEXT_BYTES)
        self.similar = Similar(snapshot, QuestionEncoder(encoder, record, texts))
        self._reader = Reader(snapshot)
        self._answers: Recent[Question, Answer] = Recent(cached_answers, max_cached_bytes)

    def remembered(self, question: Question) -> Answer | None:
        """The cached answer of this snapshot; None if there is none."""
        return self._answers.get(question)

    def search(
        self, questions: Sequence[Question], cancellations: Sequence[Cancellation] = ()
    ) -> list[Answer]:
        """An answer to each question; an empty one if its cancellation is cancelled."""
        readings = [self._reader.read(question) for question in questions]
        questions = [reading.question for reading in readings]
        texts = [fold(question.text) for question in questions]
        selections = [self._columns.select(question.filters) for question in questions]
        look_up = partial(self._words, texts, selections)
        # Several questions keep all processors busy already.
        worth_it = len(questions) == 1 and len(self._columns) > _MIN_EPISODES_FOR_THREAD
        with in_background(look_up, worth_it=worth_it) as words:
            with stage("encode"):
                vectors = self._encode(texts)
            with stage("dense"):
                nearest = self._nearest(questions, vectors)
            found = zip(nearest, words(), strict=True)
        query = partial(Query, self.snapshot, self._weights)
        queries = map(query, questions, texts, vectors, selections)
        watched = cancellations or [Cancellation() for _ in questions]
        return [
            self._answer(cancellation, reading, each, *of_it)
            for cancellation, reading, each, of_it in zip(
                watched, readings, queries, found, strict=True
            )
        ]

    def _meant(self, question: Question, cancellation: Cancellation) -> Meant | None:
        """The answer to the question with its words that are in no episode put right."""
        if not question.understand or question.offset:
            return None
        text = meant_by(self.snapshot, question.text)
        if text is None:
            return None
        as_meant = replace(question, text=text, understand=False, facets=())
        (answer,) = self.search([as_meant], [cancellation])
        return Meant(text, answer)

    def _words(self, texts: list[str], selections: list[Selection | None]) -> list[Ranking]:
        with stage("lexical"):
            search = self._indexes.lexical.search
            pairs = zip(texts, selections, strict=True)
            return [search(text, CANDIDATES, selection) for text, selection in pairs]

    def _nearest(self, questions: Sequence[Question], vectors: Vectors) -> list[Ranking]:
        """Nearest rows; questions with the same filters share one search."""
        together: defaultdict[Filters, list[int]] = defaultdict(list)
        for position, question in enumerate(questions):
            together[question.filters].append(position)
        found: dict[int, Ranking] = {}
        for filters, places in together.items():
            rows = self._columns.rows(filters)
            nearest = self._indexes.nearest(vectors[places], CANDIDATES, rows)
            found |= zip(places, nearest, strict=True)
        return [found[position] for position in range(len(questions))]

    def _answer(
        self,
        cancellation: Cancellation,
        reading: Reading,
        query: Query,
        nearest: Ranking,
        words: Ranking,
    ) -> Answer:
        try:
            with cancellation.watched():
                check()
                answer = reading.told_in(query.answer(nearest, words))
                answer = replace(answer, meant=self._meant(reading.question, cancellation))
        except Cancelled:
            return _NO_ANSWER
        if not reading.of_today:
            self._answers.put(reading.asked, answer)
        return answer
