"""When a feed is due, by hand-checked times; 2026-11-02 is a Monday."""

from datetime import UTC, datetime, timedelta

import pytest

from indexer.watch.publisher_limits import (
    PublisherLimits,
    fresh_for,
    limits_of,
    retry_after,
)
from indexer.watch.schedule import Bounds, due_after_answer, due_after_failure

BOUNDS = Bounds()
MONDAY = datetime(2026, 11, 2, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NO_LIMITS = PublisherLimits()


def every(gap: timedelta, newest: datetime, count: int = 20) -> list[datetime]:
    return [newest - number * gap for number in range(count)]


def pause(
    asked: datetime, published: list[datetime], limits: PublisherLimits = NO_LIMITS
) -> timedelta:
    return due_after_answer(asked, published, limits, BOUNDS) - asked


@pytest.mark.parametrize(
    ("gap", "since", "asked_again_after"),
    [
        (7 * DAY, DAY, 16.8 * HOUR),  # a tenth of a week
        (DAY, HOUR, 2.4 * HOUR),
        (10 * timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5)),
        (7 * DAY, 6.75 * DAY, 6 * HOUR),  # when the next is expected
        (7 * DAY, 7 * DAY + 10 * timedelta(minutes=1), 10 * timedelta(minutes=1)),
        (DAY, 3 * DAY, 7.2 * HOUR),  # late: a tenth of the silence
        (DAY, 900 * DAY, DAY),
        (timedelta(), HOUR, timedelta(minutes=6)),  # all episodes of one moment
    ],
)
def test_a_feed_is_asked_at_its_pace(
    gap: timedelta, since: timedelta, asked_again_after: timedelta
) -> None:
    assert pause(MONDAY + since, every(gap, MONDAY)) == asked_again_after


def test_episodes_out_of_order_and_of_the_future_do_not_change_the_pace() -> None:
    dates = every(DAY, MONDAY)
    mixed = [*reversed(dates), MONDAY + 400 * DAY]
    assert pause(MONDAY + HOUR, mixed) == pause(MONDAY + HOUR, dates) == 2.4 * HOUR


def test_a_feed_without_dates_is_asked_hourly() -> None:
    assert pause(MONDAY, []) == HOUR


@pytest.mark.parametrize(
    ("limits", "asked_again_after"),
    [
        (PublisherLimits(ttl=6 * HOUR), 6 * HOUR),
        (PublisherLimits(fresh_for=HOUR), 2.4 * HOUR),
        (PublisherLimits(fresh_for=3 * HOUR), 3 * HOUR),
        (PublisherLimits(ttl=9 * DAY, fresh_for=99 * DAY), DAY),
    ],
)
def test_fresh_feeds_are_not_requested_for_at_most_a_day(
    limits: PublisherLimits, asked_again_after: timedelta
) -> None:
    assert pause(MONDAY + HOUR, every(DAY, MONDAY), limits) == asked_again_after


def test_a_feed_is_not_requested_in_excluded_hours_or_days() -> None:
    asked = MONDAY + HOUR  # at 7:00, and due at 9:24
    dates = every(DAY, MONDAY)
    hours = PublisherLimits(skip_hours=frozenset((9, 10)))
    assert asked + pause(asked, dates, hours) == MONDAY.replace(hour=11)
    days = PublisherLimits(skip_days=frozenset((0, 1)))
    assert asked + pause(asked, dates, days) == MONDAY.replace(hour=0) + 2 * DAY
    all_of_it = PublisherLimits(skip_hours=frozenset(range(24)))
    assert pause(asked, dates, all_of_it) == 2.4 * HOUR


@pytest.mark.parametrize(
    ("failing_for", "retry", "tried_again_after"),
    [
        (timedelta(), timedelta(), timedelta(minutes=5)),
        (HOUR, timedelta(), HOUR),
        (40 * DAY, timedelta(), DAY),
        (timedelta(), 2 * HOUR, 2 * HOUR),
        (timedelta(), 90 * DAY, DAY),
    ],
)
def test_a_feed_that_fails_is_tried_ever_less_often(
    failing_for: timedelta, retry: timedelta, tried_again_after: timedelta
) -> None:
    due = due_after_failure(MONDAY, MONDAY - failing_for, retry, BOUNDS)
    assert due - MONDAY == tried_again_after


CHANNEL = """<rss version="2.0"><channel><ttl> 90 </ttl><item><ttl>1</ttl></item>
<skipHours><hour>0</hour><hour>24</hour><hour>5</hour><hour>x</hour></skipHours>
<skipDays><day>Sunday</day><day>monday</day><day>Someday</day></skipDays>{end}"""


@pytest.mark.parametrize("end", ["</channel></rss>", "<broken", "&nbsp;</channel></rss>"])
def test_limits_are_read_from_the_channel(end: str) -> None:
    limits = limits_of(CHANNEL.format(end=end).encode(), {"cache-control": "max-age=60"})
    assert limits == PublisherLimits(
        fresh_for=timedelta(minutes=1),
        ttl=1.5 * HOUR,
        skip_hours=frozenset((0, 5)),
        skip_days=frozenset((0, 6)),
    )


@pytest.mark.parametrize(
    "content", [b"", b"<ttl", b"\xff\xfe<", b"<rss><channel><ttl>-5</ttl></channel></rss>"]
)
def test_a_channel_without_valid_limits_has_none(content: bytes) -> None:
    assert limits_of(content, {}) == NO_LIMITS


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "public, MAX-AGE=300"}, 300),
        ({"cache-control": 'max-age="300"', "age": "100"}, 200),
        ({"cache-control": "max-age=300", "age": "900"}, 0),
        ({"cache-control": "no-cache, max-age=300"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age=" + "9" * 400}, 366 * 24 * 3600),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: int) -> None:
    assert fresh_for(headers) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 0),
        ("120", 120),
        ("Mon, 02 Nov 2026 06:01:00 GMT", 60),
        ("Mon, 02 Nov 2026 05:00:00 GMT", 0),
        ("Mon, 02 Nov 2026 06:01:00", 60),
        ("soon", 0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(said: str, seconds: int) -> None:
    assert retry_after({"retry-after": said}, MONDAY) == timedelta(seconds=seconds)
