import json

import pytest

from indexer.episode import Episode, Podcast, embedding_text, fold


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("real\u2011time", "real-time"),
        ("\u2018it\u2019s\u201b \u201cso\u201d", "'it's' \"so\""),
        ("then\u2014now\u2013never", "then-now-never"),
        ("co\u00adoperate", "cooperate"),
        ("zero\u200bwidth\ufeff\u200d", "zerowidth"),
        ("\u202eabc\u202c\u2066d\u2069", "abcd"),
        ("Ｋａｆｋａ　３", "Kafka 3"),
        ("broken \ud800 text", "broken ? text"),
        ("  a\t b\u00a0c\r\nd\u2028e ", "a b c d e"),
        ("don`t", "don't"),
        ("Über café", "Über café"),
        ("cafe\u0301", "café"),
        ("", ""),
    ],
)
def test_fold_replaces_typographic_characters_by_those_of_a_keyboard(
    written: str, typed: str
) -> None:
    assert fold(written) == typed


def test_folding_twice_changes_nothing() -> None:
    once = [fold(f"a{chr(code)}\u0301b") for code in range(0x20000)]
    assert [fold(text) for text in once] == once


def test_folding_a_part_gives_the_part_of_the_folded_text() -> None:
    ascii_text = "".join(map(chr, range(128)))
    assert fold(f"{ascii_text} é") == f"{fold(ascii_text)} é"


FULL = Episode(
    episode_id="1",
    summary="A stream\u2011of\nqueues 🎷",
    title="Streams",
    podcast=Podcast("Sounds", link="https://example.org/sounds", extra={"medium": "music"}),
    published_at="2026-01-31",
    link="https://example.org",
    hosts=("Ann", "Bo"),
    guests=("Mary",),
    tags=("kafka",),
    language="en",
    duration_s=0.0,
    extra={"mood": "blue", "episode_id": "theirs"},
)


@pytest.mark.parametrize("episode", [FULL, Episode(episode_id="2", summary="Jazz")])
def test_an_episode_survives_a_round_trip_through_json(episode: Episode) -> None:
    assert Episode.from_json(json.loads(json.dumps(episode.to_json()))) == episode


def test_absent_fields_are_omitted_from_the_json() -> None:
    assert Episode(episode_id="2", summary="Jazz").to_json() == {"id": "2", "summary": "Jazz"}


@pytest.mark.parametrize(
    ("title", "summary", "embedded"),
    [
        (None, "Real\u2011time  jazz", "Real-time jazz"),
        ("Jazz", "On piano", "Jazz. On piano"),
        ("Jazz\u2011time", "Jazz-time on piano", "Jazz-time on piano"),
        (" ", "On piano", "On piano"),
    ],
)
def test_the_embedding_text_has_the_title_and_the_summary_once(
    title: str | None, summary: str, embedded: str
) -> None:
    assert embedding_text(Episode(episode_id="1", title=title, summary=summary)) == embedded
