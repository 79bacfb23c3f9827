from typing import Any

import pytest

from indexer.corpus.records.record import episode_from_fields
from indexer.episode import Chapter, Episode


def read(**fields: Any) -> tuple[Episode, list[str]]:
    notes: list[str] = []
    return episode_from_fields({"summary": "Kelp and otters.", **fields}, notes.append), notes


def test_times_in_the_summary_are_chapters_and_the_summary_stays() -> None:
    summary = "About kelp.\n(0:10) Kelp\n(59:00) Otters\n(1:30:00) Bonus"
    episode, _ = read(summary=summary, duration_s=3600)
    assert episode.summary == summary
    assert [(c.start_s, c.end_s, c.title) for c in episode.chapters] == [
        (10, 3540, "Kelp"),
        (3540, 3600, "Otters"),
    ]
    assert Episode.from_json(episode.to_json()) == episode


def test_chapters_of_a_record_stand_in_front_of_those_of_its_notes() -> None:
    given = [
        {"startTime": 60, "title": "Otters", "url": "https://a.example/o"},
        {"start": "0:00", "title": "<b>Kelp</b>"},
    ]
    episode, notes = read(summary="(0:30) Hello\n(2:00) End", chapters=given)
    assert notes == []
    assert episode.chapters == (
        Chapter(start_s=0, end_s=60, title="Kelp"),
        Chapter(start_s=60, title="Otters", link="https://a.example/o"),
    )


@pytest.mark.parametrize(
    "chapter",
    [
        {"startTime": -5, "title": "before the start"},
        {"startTime": 1e12, "title": "in the year 33658"},
        {"startTime": 90_000, "title": "past a day"},
        {"startTime": "soon", "title": "no time"},
        {"startTime": True, "title": "a truth"},
        {"startTime": 5, "title": "  "},
        {"startTime": 5, "title": 7},
        {"startTime": 5, "title": "hidden", "toc": False},
        "a text",
    ],
)
def test_a_chapter_that_makes_no_sense_is_left_out(chapter: Any) -> None:
    episode, _ = read(chapters=[{"startTime": 1, "title": "Kelp"}, chapter])
    assert [each.title for each in episode.chapters] == ["Kelp"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "http://", "//[", 7])
def test_only_addresses_of_the_web_are_links(link: Any) -> None:
    episode, _ = read(chapters=[{"startTime": 1, "title": "Kelp", "url": link}])
    assert episode.chapters[0].link is None


def test_chapters_that_are_no_list_are_told() -> None:
    episode, notes = read(chapters="0:00 Kelp")
    assert episode.chapters == ()
    assert notes == [
        "the field 'chapters' has no list of chapters; write objects with start_s and title "
        "(left out until then)"
    ]
