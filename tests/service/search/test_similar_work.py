"""How much work a request for similar episodes may cause, where its limits cannot be filled."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from indexer.encoder import Vectors
from indexer.ranking import more_like_this
from indexer.ranking.more_like_this import MOST_CLAUSES
from indexer.snapshot import Snapshot
from service.search import similar
from service.search.cancellation import Cancellation, Cancelled
from service.search.diversification import MAX_COMPARED, MAX_REJECTED
from service.search.question_cache import QuestionCache
from service.search.repeat_rule import Wording
from service.search.retriever import Retriever
from service.search.similar import CANDIDATES, MAX_PARTS, RINGS, Similar, SimilarQuery
from tests.conftest import OpenFake

COUNT = 2400
SHOWS = 8
WORDS = ("stream", "queue", "cache", "database", "flink")


class Work:
    """Counts candidates that are ranked, records that are read, and pairs of texts compared."""

    def __init__(self, patch: pytest.MonkeyPatch, snapshot: Snapshot) -> None:
        self.ranked = self.read = self.compared = 0
        rank, record = more_like_this.rank, snapshot.episodes.record
        repeats = Wording.repeats

        def ranking(indexes: Any, profile: Any, rows: Any, *rest: Any) -> Any:
            self.ranked += len(rows)
            return rank(indexes, profile, rows, *rest)

        def reading(row: int) -> bytes:
            self.read += 1
            return record(row)

        def comparing(self_: Any, other: Any) -> bool:
            self.compared += 1
            return repeats(self_, other)

        patch.setattr(similar, "rank", ranking)
        patch.setattr(snapshot.episodes, "record", reading)
        patch.setattr(Wording, "repeats", comparing)


@pytest.fixture(scope="module")
def corpus(open_fake: OpenFake) -> Snapshot:
    """Eight podcasts of many episodes that are alike, told apart by a number alone; two of none."""
    episodes = [
        {
            "id": f"e{n}",
            "title": f"The {WORDS[n % 5]}, part {n % 7 + 1}" if n % 2 else f"Issue {n}",
            "summary": f"Kafka {WORDS[n % 5]} {n}.",
            "podcast": f"Show {n % SHOWS}",
        }
        for n in range(COUNT)
    ]
    return open_fake([*episodes, {"id": "alone", "summary": "Jazz."}])


@pytest.fixture
def retriever(corpus: Snapshot) -> Retriever:
    return Retriever(corpus, QuestionCache(0))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, corpus: Snapshot) -> Iterator[Work]:
    with monkeypatch.context() as patch:
        yield Work(patch, corpus)


LIMITS: tuple[dict[str, Any], ...] = (
    {"per_podcast": 1},
    {"collapse": True},
    {"per_podcast": 1, "collapse": True, "diversity": 1.0},
    {"only": "duplicates"},
    {"only": "duplicates", "diversity": 0.5},
    {"only": "same_series"},
    {"diversity": 1.0},
)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("item", ["e1", "Kafka stream, queue and cache"])
def test_what_cannot_be_found_is_not_looked_for_in_all_of_the_corpus(
    retriever: Retriever, work: Work, limits: dict[str, Any], item: str
) -> None:
    hits = retriever.similar.hits(SimilarQuery((item,), k=100, **limits))

    assert len(hits) <= 100
    assert work.ranked <= 2 * CANDIDATES * RINGS + MAX_PARTS < COUNT
    assert work.read <= MAX_REJECTED + 3 * 100  # a hit is read for its reason too
    assert work.compared <= MAX_COMPARED * (MAX_REJECTED + 100)


def test_of_what_podcasts_may_still_show_the_nearest_are_found(retriever: Retriever) -> None:
    """However many episodes of podcasts that are shown already lie nearer."""
    shown = [
        json.loads(hit.episode)
        for hit in retriever.similar.hits(SimilarQuery(("kafka",), k=100, per_podcast=1))
    ]

    assert {episode["podcast"]["title"] for episode in shown if "podcast" in episode} == {
        f"Show {number}" for number in range(SHOWS)
    }
    assert [episode["id"] for episode in shown if "podcast" not in episode] == ["alone"]


def test_what_is_excluded_leaves_room_for_as_many_others(retriever: Retriever) -> None:
    nearest = SimilarQuery(("kafka stream",), k=1000)
    barred = [json.loads(hit.episode)["id"] for hit in retriever.similar.hits(nearest)]

    others = retriever.similar.hits(SimilarQuery(("kafka stream",), k=100, exclude=(*barred,)))

    assert len(others) == 100
    assert {json.loads(hit.episode)["id"] for hit in others}.isdisjoint(barred)


class CancelledSoon(Similar):
    """Is told at its second ring that nobody waits any more."""

    cancellation: Cancellation
    rings = 0

    def _rings(self, *given: Any) -> Iterator[Any]:
        for ring in super()._rings(*given):
            self.rings += 1
            if self.rings == 2:
                self.cancellation.cancel()
            yield ring


def test_who_no_longer_waits_causes_no_more_work(corpus: Snapshot, retriever: Retriever) -> None:
    soon = CancelledSoon(corpus, retriever.similar.encode)
    soon.cancellation = Cancellation()

    with pytest.raises(Cancelled), soon.cancellation.watched():
        soon.hits(SimilarQuery(("e1",), k=100, collapse=True))

    assert soon.rings == 2


def test_one_request_causes_few_encodings_however_much_text_it_has(retriever: Retriever) -> None:
    """As many as its texts, and 64 clauses."""
    encoded: list[str] = []
    encode = retriever.similar.encode

    def counting(texts: list[str]) -> Vectors:
        encoded.extend(texts)
        return encode(texts)

    text = " ".join(f"Kafka {word} is number {n}." for n in range(50) for word in WORDS)
    liked, unliked = ([f"{side} {n}: {text}" for n in range(20)] for side in ("Yes", "No"))
    counted = Similar(retriever.snapshot, counting)

    assert counted.hits(SimilarQuery((*liked,), (*unliked,), k=3))
    assert len(encoded) <= 40 + MOST_CLAUSES
    encoded.clear()
    assert counted.hits(SimilarQuery((text,), k=3))
    assert len(encoded) == 1 + MOST_CLAUSES
