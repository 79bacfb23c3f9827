from datetime import UTC, datetime

import pytest

from indexer.episode import Episode, Podcast
from indexer.index.columns.filters import Filters, attributes_of, label_key, moment_of


def test_an_episode_has_each_label_once() -> None:
    attributes = attributes_of(
        Episode(
            episode_id="e",
            summary="",
            podcast=Podcast("Sounds"),
            hosts=("Ann", "Bo"),
            guests=("Bo",),
            tags=("Jazz",),
            categories=("Music", "Jazz"),
            language="pt-BR",
            published_at="2025-12-31T23:30:00-05:00",
            duration_s=61.5,
        )
    )
    assert attributes.labels == (
        "podcast:Sounds",
        "show:Sounds\x1fSounds",
        "person:Ann",
        "person:Bo",
        "tag:Jazz",
        "tag:Music",
        "language:pt",
        "year:2026",
        "explicit:False",
    )
    assert attributes.published == datetime(2026, 1, 1, 4, 30, tzinfo=UTC).timestamp()
    assert attributes.duration_s == 61.5


def test_labels_ignore_case_and_typography() -> None:
    assert label_key("person:Sophie  Blee\u2010Goldman") == label_key("PERSON:sophie blee-goldman")
    assert label_key("tag:Straße") == label_key("tag:STRASSE")
    assert label_key("tag:café") != label_key("tag:cafe")
    assert label_key("person:José Núñez") == label_key("Person:jose nunez")
    assert label_key("person:Søren Łuk") == label_key("person:soren luk")
    assert label_key("person:がく") != label_key("person:かく")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:00:00Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00:00+02:00", datetime(2026, 1, 31, 6, tzinfo=UTC)),
    ],
)
def test_a_date_without_an_offset_is_in_utc(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-02-30", "31/01/2026"])
def test_text_that_is_not_a_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month|day"):
        moment_of(text)


def test_consecutive_periods_do_not_overlap() -> None:
    noon = moment_of("2026-01-31T12:00:00")
    before, after = Filters(published_before=noon), Filters(published_after=noon)
    until, since = before.published_bounds(), after.published_bounds()
    assert until
    assert since
    assert until[1] + 1 == since[0]
