"""Episodes of which the model knows no word, as of emoji: they match by words alone."""

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.ranking.ranker import Ranker
from indexer.snapshot import Snapshot
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.search.similar import SimilarHit, SimilarQuery

UNKNOWN = {
    "peace": "🦥🦦 ሰላም ለዓለም",
    "peace-again": "ሰላም 🦫🦩",
    "coffee": "🦥🦫 ቡና ጠጡ",
    "coffee-again": "🦥🦫 ቡና ጠጡ",
    "coptic": "ⲁⲃⲅ ⲇⲉ! 🦩",
}
KNOWN = {
    "jazz": "A pianist plays jazz and tells how she learnt it from her father.",
    "soil": "What worms do to garden soil, and how to keep them there.",
    "kafka": "How a bank moved its ledger to Kafka without losing a payment.",
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory, real_artifact: Artifact) -> Retriever:
    directory: Path = tmp_path_factory.mktemp("unknown")
    episodes = [{"id": id_, "summary": text} for id_, text in (UNKNOWN | KNOWN).items()]
    corpus = directory / "corpus.jsonl"
    corpus.write_bytes(b"\n".join(map(orjson.dumps, episodes)))
    build([corpus], directory / "snapshots", real_artifact, BuildOptions(threads=2))
    return Retriever(Snapshot.current(directory / "snapshots"), QuestionCache(9))


def by_id(hits: Sequence[SimilarHit]) -> dict[str, SimilarHit]:
    return {orjson.loads(hit.episode)["id"]: hit for hit in hits}


@pytest.mark.parametrize("liked", ["coffee", "🦭🦚", UNKNOWN["coffee"]])
def test_nothing_is_similar_in_meaning_to_a_text_of_unknown_words(
    retriever: Retriever, liked: str
) -> None:
    hits = by_id(retriever.similar.hits(SimilarQuery((liked,), k=9)))

    for name in set(hits) - {"coffee", "coffee-again"}:
        scores = hits[name].scores
        assert [scores["dense"], scores["evidence"]] == [0, 0]
        assert scores["lexical"] or not hits[name].score
        assert not hits[name].because


def test_repeats_are_known_by_their_words(retriever: Retriever) -> None:
    hits = retriever.similar.hits(SimilarQuery(("coffee",), k=9))
    assert {name: hit.duplicate_of for name, hit in by_id(hits).items() if hit.duplicate_of} == {
        "coffee-again": "coffee"
    }
    alone = retriever.similar.hits(SimilarQuery(("coffee",), k=9, only="duplicates"))
    assert [*by_id(alone)] == ["coffee-again"]


def test_an_episode_is_taken_away_from_its_question(retriever: Retriever) -> None:
    snapshot = retriever.snapshot
    asker = QueryRunner(Ranker(snapshot.indexes, snapshot.episodes), snapshot.encoder)
    ranked = asker.run(["ሰላም"])[0].ranked
    row = snapshot.episodes.row_of("peace")
    assert row in ranked.rows
    assert row not in ranked.rows[asker.without(ranked, row)]


def test_words_still_match(retriever: Retriever) -> None:
    first, *others = retriever.similar.hits(SimilarQuery(("peace",), k=9))

    assert orjson.loads(first.episode)["id"] == "peace-again"
    assert first.score > 2 * others[0].score
    (answer,) = retriever.search([Question("ሰላም", 1)])
    assert orjson.loads(answer.hits[0].episode)["id"] in {"peace", "peace-again"}


def test_no_known_text_is_near_to_an_unknown_one(retriever: Retriever) -> None:
    hits = by_id(retriever.similar.hits(SimilarQuery(("jazz",), k=9)))
    assert all(hits[name].scores["dense"] == 0 for name in UNKNOWN)

    (answer,) = retriever.search([Question("garden soil with worms", 9)])
    assert orjson.loads(answer.hits[0].episode)["id"] == "soil"
    assert all(hit.scores["dense"] == 0 for hit in answer.hits if _is_unknown(hit.episode))


def _is_unknown(episode: bytes) -> bool:
    return orjson.loads(episode)["id"] in UNKNOWN
