"""A reranker stands wherever hits are ranked: in answers, calibration and comparison alike."""

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import orjson
import pytest

from indexer.encoder import Vectors
from indexer.ranking.calibration.fitting import OwnQueries, examples
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.ranking.calibration.synthetic_queries import off_topic_queries
from indexer.ranking.reranking import RERANKED
from indexer.snapshot import Snapshot
from indexer.snapshot.comparison import compare
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.conftest import EPISODES, OpenFake

ASKED = "kafka flink stream"


class ByChecksum:
    """A reranker that agrees with no other measure, and tells what it has read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        self.read += texts
        return np.array(
            [crc32(f"{question} {text}".encode()) / 2**32 for text in texts], np.float32
        )


@pytest.fixture
def reranker(fitted: Snapshot) -> Iterator[ByChecksum]:
    """The reranker of `fitted`, which has none otherwise."""
    by_checksum = ByChecksum()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitted, "reranker", by_checksum)
        yield by_checksum


def runner_of(snapshot: Snapshot) -> QueryRunner:
    return QueryRunner(snapshot.ranker(), snapshot.encoder)


def test_a_calibration_looks_at_the_first_hit_that_an_answer_shows(
    fitted: Snapshot, reranker: ByChecksum
) -> None:
    (run,) = runner_of(fitted).run([ASKED])
    (answer,) = Retriever(fitted, QuestionCache(0)).search([Question(ASKED, 10)])
    shown = [fitted.episodes.row_of(orjson.loads(hit.episode)["id"]) for hit in answer.hits]
    assert run.ranked.rows[:10].tolist() == shown
    assert len(reranker.read) == 2 * RERANKED
    fitted.reranker = None
    (without,) = runner_of(fitted).run([ASKED])
    assert run.ranked.rows[0] != without.ranked.rows[0]


def test_of_hits_without_an_episode_as_many_are_read_as_an_answer_would_read(
    fitted: Snapshot, reranker: ByChecksum
) -> None:
    runner = runner_of(fitted)
    (run,) = runner.run([ASKED])
    reranker.read.clear()
    others = runner.reranked(run.at(np.arange(len(run.ranked.rows)) > 0)).ranked
    assert len(reranker.read) == 1
    assert np.isnan(others.reranker).tolist() == [n >= RERANKED for n in range(len(others.rows))]


def test_a_calibration_asks_a_reranker_no_more_questions_than_it_needs(
    fitted: Snapshot, reranker: ByChecksum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.ranking.calibration.fitting._MOST_RERANKED", 50)
    own = OwnQueries.of(fitted.episodes, fitted.encoder)
    assert len(own.asked) > 50
    found = examples(runner_of(fitted), own)
    assert 50 <= sum(not example.off_topic for example in found) <= 100
    assert len(reranker.read) >= RERANKED * (50 + len(off_topic_queries()))


def test_snapshots_that_differ_in_their_reranker_answer_otherwise(
    open_fake: OpenFake,
) -> None:
    old, new = open_fake(EPISODES), open_fake(EPISODES)
    questions = ["jazz guitar", "history of Rome", "kafka", "garden", "an empire of seeds"]
    assert compare(old, new, questions).churn == pytest.approx(0)
    new.reranker = ByChecksum()
    assert compare(old, new, questions).churn > 0


def test_a_deep_page_reads_no_more_than_the_first_and_shows_other_hits(
    fitted: Snapshot, reranker: ByChecksum
) -> None:
    retriever = Retriever(fitted, QuestionCache(0))
    shown: list[bytes] = []
    for offset in range(0, len(fitted.episodes), 100):
        reranker.read.clear()
        (answer,) = retriever.search([Question(ASKED, 100, offset)])
        assert len(reranker.read) == RERANKED
        assert all("reranker" in hit.scores for hit in answer.hits[: max(0, RERANKED - offset)])
        shown += [hit.episode for hit in answer.hits]
    assert len(shown) == len(set(shown)) == len(fitted.episodes)
