"""The sentence of the highlight and the words that are marked in it."""

import gc
import weakref

import pytest

from indexer.snapshot import Snapshot
from service.search.highlight import Highlight
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.conftest import OpenFake

SUMMARIES = {
    "order": "Rome fell. Kafka met Arendt. Kafka met Suresh.",
    "forms": "They were streaming real\u2011time queues: Streams, cafés, “Goldman’s” and STREAMED.",
    "dash": "A story\u2014history\u2014rockets. Nothing here.",
    "repeat": "Jazz on the radio. Jazz jazz piano.",
    "lines": "First the empire\n\n  then the moon  \n",
}


@pytest.fixture(scope="module")
def snapshot(open_fake: OpenFake) -> Snapshot:
    return open_fake({"id": name, "summary": text} for name, text in SUMMARIES.items())


def shown(snapshot: Snapshot, name: str, question: str) -> Highlight:
    (answer,) = Retriever(snapshot, QuestionCache(10)).search([Question(question, 10)])
    row = snapshot.episodes.row_of(name)
    record = snapshot.episodes.record(row)
    (hit,) = (hit for hit in answer.hits if hit.episode == record)
    assert hit.highlight is not None
    return hit.highlight


def marked(snapshot: Snapshot, name: str, question: str) -> list[str]:
    matches = shown(snapshot, name, question).matches
    summary = snapshot.episodes.episode(snapshot.episodes.row_of(name)).summary
    return [summary[start:stop] for start, stop in matches]


def test_a_sentence_among_hundreds_is_shown_with_its_own_words(open_fake: OpenFake) -> None:
    sentences = [f"Kafka met number {number}." for number in range(400)]
    snapshot = open_fake([{"id": "long", "summary": " ".join(sentences)}])
    assert shown(snapshot, "long", "kafka number 250").text == sentences[250]
    assert marked(snapshot, "long", "kafka number 250") == ["Kafka", "number", "250"]


def test_the_words_of_a_title_are_marked_nowhere(open_fake: OpenFake) -> None:
    snapshot = open_fake([{"id": "a", "title": "Kafka", "summary": "Jazz. Piano and kafka."}])
    highlight = shown(snapshot, "a", "kafka")
    assert (highlight.text, highlight.matches) == ("Piano and kafka.", [(16, 21)])


@pytest.mark.parametrize("name", SUMMARIES)
@pytest.mark.parametrize("question", ["kafka", "empire", "nothing of it", "東京"])
def test_the_highlight_is_a_slice_of_the_summary(
    snapshot: Snapshot, name: str, question: str
) -> None:
    highlight = shown(snapshot, name, question)
    summary = snapshot.episodes.episode(snapshot.episodes.row_of(name)).summary
    assert highlight.text == summary[highlight.start : highlight.end] != ""
    assert all(highlight.start <= a < b <= highlight.end for a, b in highlight.matches)


def test_the_highlight_is_the_sentence_nearest_to_the_question(snapshot: Snapshot) -> None:
    assert shown(snapshot, "lines", "moon").text == "then the moon"
    assert shown(snapshot, "lines", "empire").text == "First the empire"


def test_of_two_equally_near_sentences_the_one_with_matching_words_is_shown(
    snapshot: Snapshot,
) -> None:
    assert shown(snapshot, "order", "kafka suresh").text == "Kafka met Suresh."
    assert shown(snapshot, "order", "kafka arendt").text == "Kafka met Arendt."


def test_of_two_equal_sentences_the_first_is_shown(snapshot: Snapshot) -> None:
    assert shown(snapshot, "order", "kafka").text == "Kafka met Arendt."


def test_a_repeated_word_counts_once(snapshot: Snapshot) -> None:
    assert shown(snapshot, "repeat", "jazz radio").text == "Jazz on the radio."


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("stream", ["streaming", "Streams", "STREAMED"]),
        ("real-time", ["real", "time"]),
        ("Goldman", ["Goldman"]),
        ("goldman's cafe", ["cafés", "Goldman"]),
        ("are they", ["They"]),
        ("are they the streams", ["streaming", "Streams", "STREAMED"]),
        ("stre", []),
        ("東京", []),
    ],
)
def test_words_with_a_stem_of_the_question_are_marked(
    snapshot: Snapshot, question: str, words: list[str]
) -> None:
    assert marked(snapshot, "forms", question) == words


def test_words_joined_by_a_dash_are_marked_separately(snapshot: Snapshot) -> None:
    assert marked(snapshot, "dash", "history rocket") == ["history", "rockets"]


def test_a_summary_without_a_sentence_has_no_highlight(
    open_fake: OpenFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.text.boilerplate.sentences_of", lambda _: [])
    retriever = Retriever(open_fake([{"id": "a", "summary": "Jazz."}]), QuestionCache(10))
    (answer,) = retriever.search([Question("jazz", 10)])
    assert [hit.highlight for hit in answer.hits] == [None]


def test_highlighting_does_not_keep_an_old_snapshot_open(open_fake: OpenFake) -> None:
    old = open_fake([{"id": "order", "summary": SUMMARIES["order"]}])
    words = weakref.ref(old.indexes.lexical)
    assert marked(old, "order", "kafka") == ["Kafka"]
    del old
    gc.collect()
    assert words() is None
