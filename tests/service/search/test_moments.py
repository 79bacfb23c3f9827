"""The second at which a topic begins; the fake encoder's cosines can be checked by hand."""

from typing import Any

import pytest

from indexer.snapshot import Snapshot
from service.search.query import Hit, Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.conftest import OpenFake

NOTES = """A talk about streams and gardens.
* **[00:30](#t=00:30)** Kafka and the queue
(04:35) Soil and [seeds](https://a.example)
Also a garden in rome.
12:10 \u2013 Jazz guitar
## Links
jazz"""
EPISODES: list[dict[str, Any]] = [
    {"id": "notes", "title": "Monday", "summary": NOTES, "duration_s": 1000},
    {
        "id": "files",
        "title": "Tuesday",
        "summary": "A talk about rockets.",
        "chapters": [
            {"startTime": 60, "title": "The moon"},
            {"startTime": 0, "title": "Empire and history"},
            {"startTime": 300, "title": "Money"},
            {"startTime": 400, "title": "Cache"},
        ],
    },
    {"id": "none", "title": "Wednesday", "summary": "A talk about kafka without times."},
]


@pytest.fixture(scope="module")
def retriever(open_fake: OpenFake) -> Retriever:
    return Retriever(open_fake(EPISODES), QuestionCache(100))


def hit_of(retriever: Retriever, question: str, episode: str) -> Hit:
    (answer,) = retriever.search([Question(question, 10)])
    (found,) = (hit for hit in answer.hits if f'"id":"{episode}"'.encode() in hit.episode)
    return found


def test_the_best_moment_of_notes_is_the_line_that_answers(retriever: Retriever) -> None:
    first, *others = hit_of(retriever, "jazz guitar", "notes").moments
    assert (first.start_s, first.end_s, first.text) == (730, 1000, "Jazz guitar")
    assert (first.source, first.matches) == ("notes", [(0, 4), (5, 11)])
    assert [each.start_s for each in others] == [30, 275]
    assert all(each.score < first.score for each in others)


def test_a_line_below_a_time_is_at_that_time(retriever: Retriever) -> None:
    moment = hit_of(retriever, "garden in rome", "notes").moments[0]
    assert (moment.start_s, moment.text) == (275, "Also a garden in rome")


def test_text_of_a_moment_has_no_markup_of_its_line(retriever: Retriever) -> None:
    assert hit_of(retriever, "soil and seeds", "notes").moments[0].text == "Soil and seeds"


def test_the_highlight_has_the_time_of_its_chapter(retriever: Retriever) -> None:
    found = hit_of(retriever, "kafka queue", "notes").highlight
    assert found is not None
    assert (found.text, found.start_s) == ("Kafka and the queue", 30)


def test_a_highlight_outside_of_chapters_has_no_time(retriever: Retriever) -> None:
    for question, episode in (("kafka", "none"), ("streams and gardens", "notes")):
        found = hit_of(retriever, question, episode).highlight
        assert found is not None
        assert found.start_s is None


def test_chapters_of_a_file_are_moments_though_no_summary_has_them(retriever: Retriever) -> None:
    hit = hit_of(retriever, "history of an empire", "files")
    first, *others = hit.moments
    assert (first.start_s, first.end_s, first.text) == (0, 60, "Empire and history")
    assert (first.source, first.matches) == ("chapter", [(0, 6), (11, 18)])
    assert len(others) == 2


def test_an_episode_without_times_has_no_moments(retriever: Retriever) -> None:
    assert hit_of(retriever, "kafka", "none").moments == []


def test_words_of_chapters_find_their_episode(open_fake: OpenFake) -> None:
    retriever = Retriever(open_fake(EPISODES), QuestionCache(100))
    (answer,) = retriever.search([Question("moon", 10, mode="lexical")])
    assert [b'"id":"files"' in hit.episode for hit in answer.hits] == [True]


def test_one_episode_is_searched_for_more_moments(retriever: Retriever) -> None:
    snapshot: Snapshot = retriever.snapshot
    found = retriever.moments(snapshot.episodes.row_of("files"), "money", 4)
    assert [moment.text for moment in found][:1] == ["Money"]
    assert len(found) == 4
