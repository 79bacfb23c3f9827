"""A long question counts to its end."""

import numpy as np
import orjson

from indexer.snapshot import Snapshot
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.question_encoder import QuestionEncoder
from service.search.retriever import Retriever
from tests.conftest import OpenFake

LONG = "We heard so much about this and that. " * 7  # over the 64 tokens of the fake encoder


def test_a_subject_that_is_named_last_is_found(open_fake: OpenFake) -> None:
    snapshot = open_fake(
        [{"id": "jazz", "summary": "Jazz guitar and piano."}]
        + [
            {"id": f"s{n}", "summary": "Kafka, Flink, stream, queue, cache, database."}
            for n in range(30)
        ]
    )
    question = Question(f"{LONG} Jazz guitar and piano.", 10, mode="dense")
    (answer,) = Retriever(snapshot, QuestionCache(9)).search([question])
    assert "jazz" in {orjson.loads(hit.episode)["id"] for hit in answer.hits}


def encoder_of(snapshot: Snapshot) -> QuestionEncoder:
    return QuestionEncoder(snapshot.encoder, snapshot.manifest.encoder, QuestionCache(0))


def test_long_and_short_questions_have_unit_vectors(open_fake: OpenFake) -> None:
    encode = encoder_of(open_fake([{"id": "a", "summary": "Jazz."}]))
    texts = ["jazz", LONG + "Rome.", "kafka", "rome " * 500]
    together = encode(texts)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encode([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-6)
    assert np.array_equal(encode(["jazz"])[0], together[0])
