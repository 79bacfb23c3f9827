import numpy as np

from indexer.encoder import Vectors
from service.search.question_cache import QuestionCache

VECTOR: Vectors = np.ones(3, np.float32)
OTHER: Vectors = np.zeros(3, np.float32)


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
