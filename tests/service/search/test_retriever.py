"""Answers, over snapshots whose scores can be checked by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args

import orjson
import pytest

from indexer.encoder import Vectors
from indexer.index.columns.filters import Filters
from indexer.index.words.forward_index import FoundTerms
from indexer.ranking.fusion import FusionWeights
from indexer.ranking.ranker import AnalyzedQuestion, Mode, Ranker
from indexer.snapshot import Indexes, Ranking, Rows, Selection, Snapshot
from service.search.cancellation import Cancellation
from service.search.query import DEEP_CANDIDATES, Answer, Hit, Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.search.similar import SimilarHit, SimilarQuery
from tests.conftest import EPISODES, OpenFake

MODES: tuple[Mode, ...] = get_args(Mode)
ALIKE = ("Kafka stream.", "Flink stream, kafka queue.", "Jazz.", "Kafka. Jazz guitar.", "Rome.")
LONG = "Kafka stream of a queue. " * 50  # long enough for two passages


@pytest.fixture(scope="module")
def small(open_fake: OpenFake) -> Retriever:
    return retriever_of(open_fake(EPISODES))


@pytest.fixture(scope="module", params=["short", "long"])
def many(request: pytest.FixtureRequest, open_fake: OpenFake) -> Retriever:
    """Many equal scores; and the same with some texts of several passages."""
    texts = [*ALIKE, *ALIKE] if request.param == "short" else [*ALIKE, LONG, LONG, LONG]
    return retriever_of(
        open_fake(
            {"id": f"e{n}", "summary": texts[n % len(texts)], "published_at": f"{1800 + n}-01-01"}
            for n in range(160)
        )
    )


def retriever_of(snapshot: Snapshot) -> Retriever:
    return Retriever(snapshot, QuestionCache(100))


def ask(retriever: Retriever, text: str, k: int = 10, mode: Mode = "hybrid") -> Answer:
    (answer,) = retriever.search([Question(text, k, mode=mode)])
    return answer


def ids(hits: Sequence[Hit | SimilarHit]) -> list[str]:
    return [orjson.loads(hit.episode)["id"] for hit in hits]


# Modes


def test_each_mode_ranks_by_its_scores(small: Retriever) -> None:
    alone = Retriever(small.snapshot, QuestionCache(0), FusionWeights(neighbours=0))
    by = {mode: ask(alone, "jazz guitar", mode=mode).hits for mode in MODES}
    first = by["hybrid"][0]
    assert {ids(hits)[0] for hits in by.values()} == {"jazz"}
    dense = 0.6 * first.scores["dense"] + 0.4 * first.scores["evidence"]
    assert by["dense"][0].score == pytest.approx(dense, abs=1e-6)
    assert by["lexical"][0].score == pytest.approx(first.scores["lexical"], abs=1e-6)
    assert first.score == pytest.approx(
        0.625 * dense + 0.375 * first.scores["lexical"],
        abs=1e-6,
    )


def test_lexical_mode_finds_only_episodes_with_a_word_of_the_question(
    small: Retriever,
) -> None:
    assert ids(ask(small, "jazz and xylophones", mode="lexical").hits) == ["jazz"]
    assert len(ask(small, "jazz and xylophones", mode="dense").hits) == len(EPISODES)


def test_the_background_thread_does_not_change_answers(
    many: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [Question("kafka stream", 20, mode=mode) for mode in MODES]
    questions.append(
        Question("kafka", 10, filters=Filters(published_after=datetime(1850, 1, 1, tzinfo=UTC)))
    )
    before = many.search(questions)
    monkeypatch.setattr("service.search.retriever._MIN_EPISODES_FOR_THREAD", 0)
    assert many.search(questions) == before
    assert [many.search([question]) for question in questions] == [[answer] for answer in before]


def test_scores_fall_with_the_rank_and_every_hit_has_a_relevance(many: Retriever) -> None:
    for mode in MODES:
        hits = ask(many, "kafka stream", 100, mode).hits
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= hit.relevance <= 1 for hit in hits)


# Pages


def paged(retriever: Retriever, mode: Mode, k: int) -> list[Hit]:
    """The hits of all pages, until one is empty."""
    hits: list[Hit] = []
    while page := retriever.search([Question("kafka stream", k, len(hits), mode)])[0].hits:
        hits += page
    return hits


@pytest.mark.parametrize("mode", ["hybrid", "dense"])
def test_pages_show_every_episode_once_in_one_order_whatever_their_size(
    many: Retriever, mode: Mode
) -> None:
    by_ten = paged(many, mode, 10)
    assert sorted(ids(by_ten)) == sorted(f"e{n}" for n in range(160))
    assert [hit.rank for hit in by_ten] == list(range(1, 161))
    for k in (7, 100):
        assert ids(paged(many, mode, k)) == ids(by_ten)


def test_pages_of_lexical_mode_show_every_match_once(many: Retriever) -> None:
    by_ten = ids(paged(many, "lexical", 10))
    assert len(by_ten) == len(set(by_ten)) > 90
    assert ids(paged(many, "lexical", 7)) == by_ten


@pytest.mark.parametrize("mode", MODES)
def test_a_page_after_the_last_hit_is_empty(small: Retriever, mode: Mode) -> None:
    for text in ("jazz", "xylophone"):
        (answer,) = small.search([Question(text, 10, 1000, mode)])
        assert answer.hits == []


def test_on_deep_pages_the_lexical_score_is_0_without_matching_words(
    open_fake: OpenFake,
) -> None:
    texts = ["Kafka."] * 120 + ["Jazz."] * 40
    retriever = retriever_of(
        open_fake({"id": f"e{n}", "summary": text} for n, text in enumerate(texts))
    )
    hits = [
        hit
        for offset in (0, 100)
        for hit in retriever.search([Question("kafka", 100, offset)])[0].hits
    ]
    assert {hit.scores["lexical"] for hit in hits if b"Jazz" in hit.episode} == {0}


def test_so_does_one_where_more_have_the_words_than_a_deeper_search_finds(
    open_fake: OpenFake,
) -> None:
    """The encoder here knows neither word: what says another is near by meaning alone."""
    texts = ["Sermon."] * 300 + ["Streaming."] * (DEEP_CANDIDATES + 10)
    snapshot = open_fake({"id": f"e{n}", "summary": text} for n, text in enumerate(texts))
    lexical = snapshot.indexes.lexical
    deeper = lexical.search(lexical.analyzed("streaming"), DEEP_CANDIDATES)
    assert deeper.upper_bound > 0
    retriever = retriever_of(snapshot)

    hits = [
        hit
        for offset in range(0, 1001, 100)
        for hit in retriever.search([Question("streaming", 100, offset)])[0].hits
    ]
    silent = [hit for hit in hits if b"Sermon" in hit.episode]

    assert silent[-1].rank > 100
    assert {hit.scores["lexical"] for hit in silent} == {0}


# Batches


def test_a_batch_gives_the_same_answers_as_single_questions(many: Retriever) -> None:
    texts = ("kafka stream", "jazz", "rome", "xylophone", "flink queue")
    questions = [
        Question(text, 10, offset, mode)
        for text in texts
        for mode in MODES
        for offset in (0, 60, 95, 140)
    ]
    for question, answer in zip(questions, many.search(questions), strict=True):
        (alone,) = many.search([question])
        assert ids(answer.hits) == ids(alone.hits)
        assert answer.answered == alone.answered
        assert [hit.score for hit in answer.hits] == pytest.approx(
            [hit.score for hit in alone.hits], abs=1e-5
        )


def test_what_a_question_means_is_embedded_and_searched_together_with_it(
    small: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[list[str]] = []
    nearest = Ranker.nearest

    def searching(
        ranker: Ranker, questions: Sequence[AnalyzedQuestion], vectors: Vectors
    ) -> list[Ranking]:
        batches.append([question.text for question in questions])
        return nearest(ranker, questions, vectors)

    monkeypatch.setattr(Ranker, "nearest", searching)

    asked = [Question(text, 3, understand=True) for text in ("guitra", "jazz", "empier")]
    retriever = Retriever(small.snapshot, QuestionCache(0))
    guitar, jazz, empire = retriever.search(asked)
    (alone,) = retriever.search(asked[:1])

    together = ["guitra", "jazz", "empier", "guitar", "empire"]
    assert batches == [together, ["guitra"], ["guitar"]]
    assert alone == guitar
    assert jazz.meant is None
    for answer, text in ((guitar, "guitar"), (empire, "empire")):
        assert answer.meant is not None
        assert answer.meant.query == text
        assert answer.meant.answer == ask(small, text, 3)


# Relevance


@pytest.mark.parametrize("mode", MODES)
def test_no_hit_ranks_above_a_more_probable_one(many: Retriever, mode: Mode) -> None:
    for text in ("kafka", "Ann Arbor", "who built a stream of kafka queues in Quito?"):
        hits = [
            hit
            for offset in (0, 60)
            for hit in many.search([Question(text, 60, offset, mode=mode)])[0].hits
        ]
        relevance = [hit.relevance for hit in hits]
        assert relevance == sorted(relevance, reverse=True)


def test_an_answer_is_answered_if_its_first_hit_is_a_good_match(fitted: Snapshot) -> None:
    text = " ".join(fitted.episodes.episode(0).summary.split()[:5])
    relevance = ask(retriever_of(fitted), text).hits[0].relevance
    for good, answered in ((relevance, True), (min(1.0, relevance + 0.001), False)):
        retriever = Retriever(fitted, QuestionCache(10), good_match=good)
        assert ask(retriever, text).answered is answered
        (feed,) = retriever.search([Question(text, 50, min_relevance=good, sort="date")])
        assert bool(feed.hits) is answered


def test_min_relevance_omits_hits_and_ranks_stay_consecutive(fitted: Snapshot) -> None:
    retriever = retriever_of(fitted)
    everything = ask(retriever, "kafka flink stream", 100).hits
    least = sorted(hit.relevance for hit in everything)[50]
    (some,) = retriever.search([Question("kafka flink stream", 100, min_relevance=least)])
    wanted = ids([hit for hit in everything if hit.relevance >= least])
    assert ids(some.hits)[: len(wanted)] == wanted
    assert all(hit.relevance >= least for hit in some.hits)
    assert [hit.rank for hit in some.hits] == list(range(1, len(some.hits) + 1))


def test_offset_counts_only_relevant_hits(fitted: Snapshot) -> None:
    retriever = retriever_of(fitted)
    least = ask(retriever, "kafka flink stream", 30).hits[-1].relevance
    whole, page = retriever.search(
        [Question("kafka flink stream", k, 20 - k, min_relevance=least) for k in (20, 5)]
    )
    assert ids(page.hits) == ids(whole.hits)[15:]
    assert [hit.rank for hit in page.hits] == [16, 17, 18, 19, 20]


def test_relevance_rises_with_the_covered_share_of_the_question(
    open_fake: OpenFake,
) -> None:
    said = ("Quito Lima", "Quito Quito Quito", "Oslo")  # unknown words, so equally near
    retriever = retriever_of(open_fake({"id": text, "summary": text} for text in said))
    relevance = {ids([hit])[0]: hit.relevance for hit in ask(retriever, "Quito Lima").hits}
    assert relevance[said[0]] > relevance[said[1]] > relevance[said[2]]


def test_questions_with_known_words_are_answered_and_others_are_not(fitted: Snapshot) -> None:
    retriever = retriever_of(fitted)
    for row in range(0, 300, 30):
        words = fitted.episodes.episode(row).summary.split()
        assert ask(retriever, " ".join(words[:5])).answered
    for text in ("how do I bake sourdough bread", "tulips", "the wingspan of an albatross"):
        assert not ask(retriever, text).answered


# Odd questions


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "text",
    [
        "東京の天気は？",
        "Где найти джаз?",
        "what is the",
        "?!... --",
        "🎷🎷",
        '"jazz guitar"',
        'title:"x" AND (',
        "jazz* ~2 ^ [a TO b]",
        "jazz " * 5000,
        " ".join(f"word{n}" for n in range(5000)),
        "",
    ],
    ids=lambda text: text[:12],
)
def test_an_odd_question_gets_an_answer(small: Retriever, text: str, mode: Mode) -> None:
    hits = ask(small, text, mode=mode).hits
    assert len(hits) == len(EPISODES) or mode == "lexical"
    assert all(0 <= hit.relevance <= 1 for hit in hits)


@pytest.mark.parametrize("text", ['"jazz guitar"', "jazz* AND (guitar:", "jazz " * 2000 + "guitar"])
def test_query_syntax_and_length_do_not_change_the_answer(small: Retriever, text: str) -> None:
    assert ids(ask(small, text).hits)[0] == "jazz"


# Similar episodes


def episode(retriever: Retriever, episode_id: str) -> bytes:
    episodes = retriever.snapshot.episodes
    return episodes.record(episodes.row_of(episode_id))


@pytest.mark.parametrize("own", ["e0", "e5"])
def test_similar_gives_k_other_episodes_most_similar_first(many: Retriever, own: str) -> None:
    hits = many.similar.hits(SimilarQuery((own,), k=40))
    assert own not in ids(hits)
    assert len(set(ids(hits))) == 40
    summaries = [orjson.loads(hit.episode)["summary"] for hit in hits]
    assert summaries[0] == orjson.loads(episode(many, own))["summary"]


# Work that nobody waits for, or that finds nothing


def test_a_question_that_nobody_waits_for_is_neither_answered_nor_kept(small: Retriever) -> None:
    retriever = Retriever(small.snapshot, QuestionCache(0), cached_answers=10)
    questions = [Question(text, 3) for text in ("jazz", "kafka", "rome")]
    cancellations = [Cancellation() for _ in questions]
    cancellations[1].cancel()

    answers = retriever.search(questions, cancellations)

    assert [bool(answer.hits) for answer in answers] == [True, False, True]
    kept = [retriever.remembered(question) for question in questions]
    assert [answer is not None for answer in kept] == [True, False, True]


def test_texts_are_read_no_longer_than_someone_waits(
    many: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancellation, read, found = Cancellation(), 0, Ranker.found

    def reading(ranker: Ranker, question: AnalyzedQuestion, rows: Rows) -> FoundTerms:
        nonlocal read
        read += len(rows)
        if read > 20:
            cancellation.cancel()
        return found(ranker, question, rows)

    monkeypatch.setattr("indexer.ranking.relevance._TEXTS_A_STEP", 10)
    monkeypatch.setattr(Ranker, "found", reading)

    (answer,) = many.search([Question("kafka", 100, min_relevance=0.001)], [cancellation])

    assert not answer.hits
    assert read <= 30


def test_a_deeper_search_that_finds_too_little_ends(
    many: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the nearest passages are of a few very long texts."""
    depths, nearest = [], Indexes.nearest

    def few(
        indexes: Indexes, vectors: Vectors, depth: int, among: Selection | None
    ) -> list[Ranking]:
        depths.append(depth)
        return [found.at(slice(3)) for found in nearest(indexes, vectors, depth, among)]

    monkeypatch.setattr(Indexes, "nearest", few)

    (answer,) = many.search([Question("kafka", 100, offset=20)])

    assert answer.hits
    assert len(depths) < 10
    assert depths == sorted(depths)
