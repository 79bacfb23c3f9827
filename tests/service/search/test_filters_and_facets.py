"""Filters, facets, grouping and sorting of answers, page by page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

import orjson
import pytest

from indexer.index.columns.filters import NO_FILTERS, Filters, moment_of
from indexer.ranking.calibration import GOOD_MATCH
from indexer.ranking.ranker import Mode
from service.api.schemas.fields import DEEPEST_OFFSET
from service.search.query import Answer, Hit, Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.search.similar import SimilarQuery
from tests.conftest import OpenFake

MODES: tuple[Mode, ...] = get_args(Mode)
COUNT = 1300
TEXTS = ("Kafka stream.", "Flink stream, kafka queue.", "Stream of jazz.", "Kafka and Rome.")
LONG = "Kafka. " * 200  # long enough for two passages
ASKED = Question("kafka stream", 10)
FILTERS = (
    NO_FILTERS,
    Filters(tag=("one in a thousand",)),
    Filters(tag=("one in a hundred",)),
    Filters(podcast=("show 3", "SHOW 4"), explicit=True),
    Filters(published_after=moment_of("2020-01-10"), published_before=moment_of("2020-02-01")),
    Filters(language=("en",)),
)


@pytest.fixture(scope="module")
def retriever(open_fake: OpenFake) -> Retriever:
    """All episodes have a word of the question; some have several passages."""
    return Retriever(
        open_fake(
            {
                "id": f"e{n}",
                "summary": f"{TEXTS[n % 4] if n % 20 else LONG} Jazz {n}.",
                "podcast": f"Show {n % 7}" if n % 11 else None,
                "tags": [
                    *["one in a thousand"] * (n % 1000 == 5),
                    *["one in a hundred"] * (n % 100 == 5),
                ],
                "language": "en-GB" if n % 10 else "de",
                "explicit": n % 2 == 0,
                "published_at": f"2020-{1 + n % 12:02}-{1 + n % 28:02}",
            }
            for n in range(COUNT)
        ),
        QuestionCache(10),
    )


def ask(retriever: Retriever, question: Question) -> Answer:
    (answer,) = retriever.search([question])
    return answer


def episodes(answer: Answer) -> list[dict[str, Any]]:
    return [orjson.loads(hit.episode) for hit in answer.hits]


def ids(answers: Sequence[Answer]) -> list[str]:
    return [episode["id"] for answer in answers for episode in episodes(answer)]


def walked(retriever: Retriever, question: Question) -> list[Answer]:
    """All pages, up to the largest offset."""
    return [
        ask(retriever, replace(question, offset=offset)) for offset in range(0, 1001, question.k)
    ]


def passing(retriever: Retriever, filters: Filters) -> list[str]:
    rows = retriever.snapshot.columns.rows(filters)
    return [f"e{row}" for row in (range(COUNT) if rows is None else rows)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_filtered_answers_have_all_that_pass_up_to_k(
    retriever: Retriever, filters: Filters, mode: Mode
) -> None:
    wanted = passing(retriever, filters)
    for k in (1, 10, 100):
        found = ids([ask(retriever, replace(ASKED, k=k, mode=mode, filters=filters))])
        assert len(set(found)) == len(found) == min(k, len(wanted))
        assert {*found} <= {*wanted}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_filter_does_not_change_scores(
    retriever: Retriever, filters: Filters, mode: Mode
) -> None:
    everything = {
        hit.episode: hit.scores
        for answer in walked(retriever, replace(ASKED, k=100, mode=mode))
        for hit in answer.hits
    }
    answer = ask(retriever, replace(ASKED, mode=mode, filters=filters))
    known = [hit for hit in answer.hits if hit.episode in everything]
    assert known
    for hit in known:
        assert hit.scores["dense"] == pytest.approx(everything[hit.episode]["dense"], abs=1e-5)
    assert answer.answered == (answer.hits[0].relevance >= GOOD_MATCH)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"filters": FILTERS[3]},
        {"filters": FILTERS[4], "sort": "date"},
        {"sort": "date"},
        {"recency": 0.5},
        {"per_podcast": 40},
        {"per_podcast": 3, "filters": FILTERS[5], "sort": "date"},
        {"min_relevance": 0.2},
    ],
    ids=str,
)
def test_pages_neither_overlap_nor_miss_whatever_their_size(
    retriever: Retriever, change: dict[str, Any], mode: Mode
) -> None:
    question = replace(ASKED, mode=mode, **change)
    by_hundred = ids(walked(retriever, replace(question, k=100)))
    by_five_hundred = ids(walked(retriever, replace(question, k=500)))
    assert len(set(by_hundred)) == len(by_hundred)
    assert by_hundred == by_five_hundred[: len(by_hundred)]
    filters = change.get("filters", NO_FILTERS)
    if not {"per_podcast", "min_relevance"} & {*change}:
        assert len(by_hundred) == min(1100, len(passing(retriever, filters)))


def test_sorting_by_date_gives_the_same_hits_newest_first(retriever: Retriever) -> None:
    question = replace(ASKED, k=100, filters=FILTERS[3])
    by_date = walked(retriever, replace(question, sort="date"))
    dates = [episode["published_at"] for answer in by_date for episode in episodes(answer)]
    assert all(one >= next_one for one, next_one in pairwise(dates))
    assert {*ids(by_date)} == {*ids(walked(retriever, question))}
    assert [hit.rank for answer in by_date for hit in answer.hits] == list(range(1, len(dates) + 1))


def test_the_limit_per_podcast_holds_over_all_pages(retriever: Retriever) -> None:
    grouped = walked(retriever, replace(ASKED, k=50, per_podcast=2))
    shows = Counter(e.get("podcast", {}).get("title") for a in grouped for e in episodes(a))
    assert shows.pop(None) > 2  # episodes without a podcast are not limited
    assert shows == {f"Show {n}": 2 for n in range(7)}
    whole = ids(walked(retriever, replace(ASKED, k=50)))
    assert [whole.index(each) for each in ids(grouped)] == sorted(map(whole.index, ids(grouped)))


def test_recency_prefers_newer_hits(retriever: Retriever) -> None:
    question = replace(ASKED, k=100, filters=Filters(tag=("one in a hundred",)))
    first = ask(retriever, replace(question, recency=1))
    scores = [hit.score for hit in first.hits]
    assert scores == sorted(scores, reverse=True)
    assert {*ids([first])} == {*ids([ask(retriever, question)])}
    assert scores != [hit.score for hit in ask(retriever, question).hits]
    assert ask(retriever, replace(question, recency=0)) == ask(retriever, question)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_facets_count_every_hit_of_every_page(
    retriever: Retriever, filters: Filters, mode: Mode
) -> None:
    fields = ("podcast", "language", "year")
    question = replace(ASKED, mode=mode, filters=filters, facets=fields)
    answer = ask(retriever, question)
    assert answer.facets is not None
    assert [*answer.facets] == [*fields]
    assert answer.facets == ask(retriever, replace(question, offset=500)).facets
    shown = [e for a in walked(retriever, replace(question, k=100)) for e in episodes(a)]
    unseen = len(passing(retriever, filters)) - len(shown)
    assert shown
    for field, values in (
        ("podcast", [e["podcast"]["title"] for e in shown if "podcast" in e]),
        ("language", [e["language"][:2] for e in shown]),
        ("year", [e["published_at"][:4] for e in shown]),
    ):
        counted = Counter({each.value: each.count for each in answer.facets[field]})
        assert counted >= Counter(values)
        assert (counted - Counter(values)).total() <= unseen


def test_facets_are_not_counted_unless_requested(retriever: Retriever) -> None:
    assert ask(retriever, ASKED).facets is None


def test_a_batch_with_different_filters_gives_the_same_answers(retriever: Retriever) -> None:
    questions = [
        replace(ASKED, text=text, filters=filters, mode=mode)
        for filters in FILTERS
        for text in ("kafka stream", "jazz")
        for mode in MODES
    ]
    for question, answer in zip(questions, retriever.search(questions), strict=True):
        assert ids([answer]) == ids([ask(retriever, question)])


@pytest.mark.parametrize("mode", MODES)
def test_filters_that_match_nothing_give_an_empty_answer(retriever: Retriever, mode: Mode) -> None:
    nothing = Filters(person=("nobody",))
    answer = ask(retriever, replace(ASKED, mode=mode, filters=nothing, facets=("tag",)))
    assert answer == Answer([], answered=False, facets={"tag": []})
    assert retriever.similar.hits(SimilarQuery(("e1",), filters=nothing)) == []


def test_similar_episodes_pass_the_filters(retriever: Retriever) -> None:
    filters = Filters(tag=("one in a hundred",))
    hits = retriever.similar.hits(SimilarQuery(("e5",), k=100, filters=filters))
    found = [orjson.loads(hit.episode)["id"] for hit in hits]
    assert sorted(found) == sorted(each for each in passing(retriever, filters) if each != "e5")


def all_hits(retriever: Retriever, question: Question) -> list[Hit]:
    pages = (
        ask(retriever, replace(question, offset=offset)).hits
        for offset in range(0, DEEPEST_OFFSET + 1, question.k)
    )
    return [hit for page in pages for hit in page]


@pytest.mark.parametrize("mode", MODES)
def test_all_relevant_hits_are_returned_and_counted_whatever_their_ranks(
    retriever: Retriever, mode: Mode
) -> None:
    question = Question("kafka jazz", 100, mode=mode)
    every = all_hits(retriever, question)
    least = sorted(hit.relevance for hit in every)[len(every) // 2]
    wanted = {hit.episode for hit in every if hit.relevance >= least}

    asked = replace(question, min_relevance=least, facets=("language",))
    hits, answer = all_hits(retriever, asked), ask(retriever, asked)

    assert {hit.episode for hit in hits} == wanted
    assert answer.facets is not None
    counted = {each.value: each.count for each in answer.facets["language"]}
    assert counted == Counter(orjson.loads(episode)["language"][:2] for episode in wanted)


def test_the_lexical_score_is_0_without_a_word_of_the_question(retriever: Retriever) -> None:
    """A hit found only by meaning; the fake encoder does not know the word streams."""
    hits = ask(retriever, Question("streams", 100)).hits
    silent = [hit for hit in hits if b"tream" not in hit.episode]
    assert silent
    assert {hit.scores["lexical"] for hit in silent} == {0.0}
