"""Matches of a question's words in a text, and the share of the question that they cover."""

from collections.abc import Mapping

import numpy as np
import orjson
import pytest

from indexer.episode import fold
from indexer.index.words.lexical_index import LexicalIndex
from indexer.index.words.term_matcher import TermMatcher
from indexer.ranking.calibration.term_coverage import coverage_of
from indexer.snapshot import Snapshot
from indexer.text.passages import lexical_text, recorded_text
from tests.conftest import OpenFake

SHARES = {"kafka": 0.5, "stream": 0.3, "rome": 0.2}

EPISODES = (
    {
        "id": "full",
        "title": "Streams",
        "summary": "In Rome.",
        "podcast": {"title": "The Kafka hour"},
        "hosts": ["Ann"],
        "guests": ["Bob"],
        "tags": ["talk"],
    },
    {"id": "bare", "summary": "Streaming from Rome to Rome."},
)


@pytest.fixture(scope="module")
def snapshot(open_fake: OpenFake) -> Snapshot:
    return open_fake(EPISODES)


@pytest.fixture(scope="module")
def lexical(snapshot: Snapshot) -> LexicalIndex:
    return snapshot.indexes.lexical


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("Kafka streams in Rome", 1),
        ("STREAMING, streamed; a stream", 0.3),
        ("kafkaesque upstream Romeo", 0),
        ("Čaj v Říme: kafka", 0.5),
        ("", 0),
    ],
)
def test_coverage_counts_the_weight_of_each_term_once(
    lexical: LexicalIndex, text: str, covered: float
) -> None:
    assert TermMatcher(lexical, SHARES).coverage(text) == pytest.approx(covered)


def test_matches_are_slices_of_the_text_in_order(lexical: LexicalIndex) -> None:
    text = "Rome\u2014streams of Kafka, Rome again"
    found = TermMatcher(lexical, SHARES).matches(text)
    assert [(text[match.start : match.stop], match.term) for match in found] == [
        ("Rome", "rome"),
        ("streams", "stream"),
        ("Kafka", "kafka"),
        ("Rome", "rome"),
    ]


@pytest.mark.parametrize("others", [0, 1000])
def test_matches_do_not_depend_on_other_words_of_the_question(
    lexical: LexicalIndex, others: int
) -> None:
    shares: Mapping[str, float] = SHARES | {f"x{n}": 0.0 for n in range(others)}
    assert TermMatcher(lexical, shares).coverage("A stream of kafka.") == pytest.approx(0.8)


def test_coverage_uses_title_summary_and_names(snapshot: Snapshot, lexical: LexicalIndex) -> None:
    covered = coverage_of(TermMatcher(lexical, SHARES), snapshot.episodes, np.array([0, 1]))
    assert covered == pytest.approx(np.array([1.0, 0.5]))


def test_coverage_reads_the_text_that_was_indexed(snapshot: Snapshot) -> None:
    for row, episode in enumerate(snapshot.episodes):
        record = orjson.loads(snapshot.episodes.record(row))
        assert fold(recorded_text(record)) == lexical_text(episode)
