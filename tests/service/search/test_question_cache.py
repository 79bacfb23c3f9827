"""What is kept of questions and answers, and how many bytes of it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.index.columns.filters import Filters
from indexer.snapshot import FacetCount, Snapshot
from service.search.highlight import Highlight
from service.search.query import Answer, Hit, Question
from service.search.question_cache import QuestionCache, bytes_of
from service.search.question_encoder import QuestionEncoder
from service.search.retriever import Retriever
from service.search.similar import SimilarQuery
from tests.conftest import EPISODES, OpenFake

VECTOR: Vectors = np.ones(3, np.float32)
OTHER: Vectors = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def small(open_fake: OpenFake) -> Snapshot:
    return open_fake(EPISODES)


def filled(capacity: int, *questions: str) -> QuestionCache:
    cache = QuestionCache(capacity)
    for question in questions:
        cache.put(("model", question), VECTOR)
    return cache


def kept(cache: QuestionCache, questions: str) -> str:
    return "".join(q for q in questions if cache.get(("model", q)) is not None)


def test_only_values_that_were_put_are_found() -> None:
    cache = filled(2, "a")
    assert cache.get(("model", "a")) is VECTOR
    assert cache.get(("model", "b")) is None


def test_it_never_exceeds_its_capacity() -> None:
    cache = filled(3, *map(str, range(100)))
    assert len(cache) == 3


def test_the_least_recently_used_is_evicted() -> None:
    assert kept(filled(2, "a", "b", "c"), "abc") == "bc"


def test_a_lookup_counts_as_use() -> None:
    asked, put = filled(2, "a", "b"), filled(2, "a", "b")
    asked.get(("model", "a"))
    put.put(("model", "a"), VECTOR)
    for cache in (asked, put):
        cache.put(("model", "c"), VECTOR)
        assert kept(cache, "abc") == "ac"


def test_each_encoder_has_its_own_vectors() -> None:
    cache = filled(2, "a")
    cache.put(("another model", "a"), OTHER)
    assert cache.get(("model", "a")) is VECTOR
    assert cache.get(("another model", "a")) is OTHER


def test_a_cache_of_capacity_0_keeps_nothing() -> None:
    assert kept(filled(0, "a"), "a") == ""


def test_the_bytes_of_keys_and_values_are_bounded() -> None:
    cache = QuestionCache(10_000, max_bytes=100_000)
    for number in range(1000):
        cache.put(("model", f"{number} {'long ' * 200}"), VECTOR)
        assert cache.bytes <= 100_000
    assert 50 < len(cache) < 100
    assert cache.get(("model", f"999 {'long ' * 200}")) is VECTOR


def test_what_is_too_large_for_the_cache_is_not_kept_and_evicts_nothing() -> None:
    cache = QuestionCache(10, max_bytes=5_000)
    cache.put(("model", "a"), VECTOR)
    cache.put(("model", "b" * 10_000), VECTOR)
    assert cache.get(("model", "a")) is VECTOR
    assert len(cache) == 1


def test_an_answer_counts_with_everything_that_it_holds() -> None:
    hits = [
        Hit(1, 0.5, 0.5, {"dense": 0.5}, Highlight("why", 0, 3, [(0, 3)]), [], b"x" * 1000)
        for _ in range(10)
    ]
    facets = {"tag": [FacetCount("y" * 500, 3)]}

    counted = bytes_of(Answer(hits, answered=True, facets=facets))

    assert 10_500 < counted < 25_000
    assert bytes_of(Question("z" * 700, 10, filters=Filters(tag=("w" * 600,)))) > 1_300


def test_many_threads_keep_the_count_of_bytes_right() -> None:
    cache = QuestionCache(50, max_bytes=20_000)

    def fill(thread: int) -> None:
        for number in range(500):
            cache.put(("model", str((thread * number) % 97)), VECTOR)
            cache.get(("model", str(number % 97)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(fill, range(4)))
    kept = [text for text in map(str, range(97)) if cache.get(("model", text)) is not None]
    assert cache.bytes == sum(bytes_of(("model", text)) + bytes_of(VECTOR) for text in kept)


def test_a_vector_is_kept_without_the_others_of_its_batch(small: Snapshot) -> None:
    cache = QuestionCache(100)
    encode = QuestionEncoder(small.encoder, small.manifest.encoder, cache)

    encode(["jazz", *(f"kafka {number}" for number in range(30))])

    vector = cache.get((small.manifest.encoder.fingerprint, "jazz"))
    assert vector is not None
    assert vector.base is None


def test_texts_of_a_request_for_similar_episodes_evict_no_question(small: Snapshot) -> None:
    cache = QuestionCache(3)
    retriever = Retriever(small, cache)
    retriever.search([Question("jazz", 1)])

    retriever.similar.hits(SimilarQuery(("Kafka. Flink. Stream. Queue. A garden of seeds.",)))

    assert len(cache) == 1
    assert cache.get((small.manifest.encoder.fingerprint, "jazz")) is not None
