"""Similar episodes: limits, series, duplicates and reasons."""

import json
from collections.abc import Sequence

import pytest

from indexer.errors import UnknownEpisode
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.search.similar import Only, Similar, SimilarHit, SimilarQuery
from tests.conftest import OpenFake

TALE = "Kafka tells of the queue, the stream, a cache and the database behind them all."
EPISODES = (
    {"id": "tale", "title": "The Queue, part 1", "summary": TALE, "podcast": "Tales"},
    {"id": "tale-2", "title": "The Queue, part 2", "summary": "Rome. Jazz.", "podcast": "Tales"},
    {"id": "again", "title": "The Queue, part 1 (rerun)", "summary": TALE, "podcast": "Reruns"},
    {"id": "kafka-1", "title": "Kafka", "summary": "Kafka queue. Kafka stream.", "podcast": "K"},
    {"id": "kafka-2", "title": "Flink", "summary": "Flink stream. Kafka.", "podcast": "K"},
    {"id": "kafka-3", "title": "Cache", "summary": "The cache of kafka.", "podcast": "K"},
    {"id": "jazz", "title": "Jazz", "summary": "Jazz on guitar and piano.", "podcast": "J"},
    {"id": "rome", "summary": "A history of Rome and its empire."},
    {"id": "soil", "summary": "Garden soil and seeds."},
)


@pytest.fixture(scope="module")
def similar(open_fake: OpenFake) -> Similar:
    return Retriever(open_fake(EPISODES), QuestionCache(0)).similar


@pytest.fixture(scope="module")
def many(open_fake: OpenFake) -> Similar:
    """More episodes than first candidates, nearly all of one podcast."""
    words = ("stream", "queue", "cache", "database", "flink")
    episodes = [
        {"id": f"k{n}", "summary": f"Kafka {words[n % 5]} {n}.", "podcast": "K"} for n in range(290)
    ]
    others = [{"id": f"o{n}", "summary": f"Jazz {n}.", "podcast": f"O{n}"} for n in range(5)]
    return Retriever(open_fake([*episodes, *others]), QuestionCache(0)).similar


def ids(hits: Sequence[SimilarHit]) -> list[str]:
    return [json.loads(hit.episode)["id"] for hit in hits]


def test_similar_ranks_all_other_episodes(similar: Similar) -> None:
    hits = similar.hits(SimilarQuery(("kafka-1",), k=100))

    assert sorted(ids(hits)) == sorted(
        str(episode["id"]) for episode in EPISODES if episode["id"] != "kafka-1"
    )
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_liked_unliked_and_excluded_episodes_are_not_returned(similar: Similar) -> None:
    asked = SimilarQuery(("kafka-1", "jazz"), ("rome",), exclude=("soil",), k=100)

    assert {"kafka-1", "jazz", "rome", "soil"}.isdisjoint(ids(similar.hits(asked)))


def test_an_item_that_is_not_an_id_is_a_text(similar: Similar) -> None:
    assert ids(similar.hits(SimilarQuery(("a garden of seeds",), k=1))) == ["soil"]
    assert ids(similar.hits(SimilarQuery(("jazz",), k=1))) != ["jazz"]  # here jazz is an id


@pytest.mark.parametrize("item", ["ps-a1129c060ccda5b9", "https://a.example/episode"])
def test_an_unknown_id_is_refused(similar: Similar, item: str) -> None:
    with pytest.raises(UnknownEpisode, match=item):
        similar.hits(SimilarQuery((item,)))


def test_an_unknown_id_to_exclude_is_refused(similar: Similar) -> None:
    with pytest.raises(UnknownEpisode, match="nobody"):
        similar.hits(SimilarQuery(("jazz",), exclude=("nobody",)))


def test_the_reason_has_a_sentence_of_each_episode(similar: Similar) -> None:
    hits = similar.hits(SimilarQuery(("tale",), k=100))
    for hit in hits:
        assert hit.because
        assert hit.because.liked == TALE
        assert hit.highlight
        assert hit.highlight.text == hit.because.this
        summary = json.loads(hit.episode)["summary"]
        assert summary[hit.highlight.start : hit.highlight.end] == hit.because.this
    (flink,) = (hit for hit in hits if ids([hit]) == ["kafka-2"])
    assert flink.because
    assert flink.because.this == "Kafka."


def test_duplicates_and_parts_of_the_series_are_marked(similar: Similar) -> None:
    by_id = dict(zip(ids(hits := similar.hits(SimilarQuery(("tale",), k=100))), hits, strict=True))

    assert by_id["again"].duplicate_of == "tale"
    assert by_id["tale-2"].same_series
    assert [each for each, hit in by_id.items() if hit.duplicate_of or hit.same_series] != []
    assert not by_id["kafka-1"].same_series
    assert by_id["kafka-1"].duplicate_of is None


def test_a_podcast_is_one_whatever_the_case_of_its_title_and_where_it_is_named(
    open_fake: OpenFake,
) -> None:
    merged = {"title": "Queues", "summary": "Kafka queue.", "audio_url": "https://a.example/1"}
    episodes: list[dict[str, object]] = [
        {"id": "one", "summary": "Kafka stream.", "podcast": "Sounds"},
        {"id": "other", "summary": "Kafka cache.", "podcast": "SOUNDS"},
        {"id": "merged", **merged},
        {"id": "copy", "podcast": "Sounds", **merged},
    ]
    similar = Retriever(open_fake(episodes), QuestionCache(0)).similar

    assert len(similar.hits(SimilarQuery(("kafka",), per_podcast=1))) == 1


def test_a_hit_that_repeats_an_earlier_one_names_it(similar: Similar) -> None:
    hits = similar.hits(SimilarQuery(("kafka queue stream cache database",), k=5))

    repeated = {each: hit.duplicate_of for each, hit in zip(ids(hits), hits, strict=True)}
    assert repeated.pop("again") == "tale"
    assert set(repeated.values()) == {None}


def test_collapse_shows_each_story_once(similar: Similar) -> None:
    of_one = ids(similar.hits(SimilarQuery(("tale",), k=100, collapse=True)))
    of_text = ids(similar.hits(SimilarQuery(("queue stream cache",), k=100, collapse=True)))

    assert {"again", "tale-2"}.isdisjoint(of_one)
    assert len({"tale", "tale-2", "again"} & set(of_text)) == 1


def test_only_returns_parts_of_the_series_or_duplicates(similar: Similar) -> None:
    assert ids(similar.hits(SimilarQuery(("tale",), only="same_series"))) == ["tale-2"]
    assert ids(similar.hits(SimilarQuery(("tale",), only="duplicates"))) == ["again"]


@pytest.mark.parametrize("only", ["duplicates", "same_series"])
def test_what_collapse_omits_is_not_shown_where_only_that_is_asked_for(
    similar: Similar, only: Only
) -> None:
    assert similar.hits(SimilarQuery(("tale",), k=100, only=only, collapse=True)) == []
    assert similar.hits(SimilarQuery(("jazz",), only="same_series")) == []


def test_the_limit_per_podcast_holds(similar: Similar) -> None:
    shown = ids(similar.hits(SimilarQuery(("kafka stream",), k=100, per_podcast=1)))

    assert len({"kafka-1", "kafka-2", "kafka-3"} & set(shown)) == 1
    assert {"rome", "soil"} <= set(shown)  # they have no podcast


def test_enough_hits_are_found_however_deep(many: Similar) -> None:
    asked = SimilarQuery(("kafka stream",), k=6, per_podcast=1)

    shown = ids(many.hits(asked))

    assert sorted(shown[1:]) == [f"o{n}" for n in range(5)]
    assert ids(many.hits(asked)) == shown
    assert len(set(ids(many.hits(SimilarQuery(("k0",), k=294))))) == 294


def test_a_larger_k_starts_with_the_same_hits(many: Similar) -> None:
    for diversity in (0.0, 0.5):
        shown = [
            ids(many.hits(SimilarQuery(("k0",), k=k, diversity=diversity))) for k in (5, 50, 290)
        ]
        assert shown[2][:50] == shown[1]
        assert shown[1][:5] == shown[0]


def test_diversity_prefers_hits_that_differ(similar: Similar) -> None:
    near = ids(similar.hits(SimilarQuery(("kafka stream",), k=4)))
    far = ids(similar.hits(SimilarQuery(("kafka stream",), k=4, diversity=0.7)))

    assert near[0] == far[0]
    assert len({"jazz", "rome", "soil"} & set(far)) > len({"jazz", "rome", "soil"} & set(near))
