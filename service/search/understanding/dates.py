"""Dates and spans of time in a question: in 2019, before March 2020, last month."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.parser import parse
from dateutil.relativedelta import relativedelta

from service.search.understanding.constraint import (
    EPISODES,
    NUMBER,
    Constraint,
    is_like_a_title,
    number_of,
)

_FIRST_YEAR = 2000  # an earlier one is a subject: there were no podcasts

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:19|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WHEN = (
    rf"(?:{_YEAR}-\d\d(?:-\d\d)?|{_DAY} (?:of )?{_MONTH},? {_YEAR}|{_MONTH} {_DAY},? {_YEAR}"
    rf"|{_MONTH},? {_YEAR}|{_YEAR})(?![\w%]|-\w|\.\d)"
)
_PUBLISHED = (
    r"(?:(?:that )?(?:were |was )?(?:published|released|aired|recorded|posted|uploaded|broadcast"
    r"|came out)(?: on| in| during| between)?"
    r"|(?:episodes?|podcasts?|interviews?) (?:from|in|of|during))"
)
_SURE = rf"(?:(?P<sure>{_PUBLISHED}) )?"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w#-]){text}", re.IGNORECASE)


_SPAN = _pattern(
    rf"{_SURE}(?:between (?P<first>{_WHEN}) and|from (?P<since>{_WHEN}) (?:to|until|till|through))"
    rf" (?P<last>{_WHEN})"
)
_BEFORE = _pattern(
    rf"{_SURE}(?:(?P<start>before|prior to|earlier than|older than)|until|till|up to) "
    rf"(?P<when>{_WHEN})"
)
_AFTER = _pattern(rf"{_SURE}(?:(?P<start>since)|after|later than|newer than) (?P<when>{_WHEN})")
_IN = _pattern(
    rf"(?:(?:(?P<sure>{_PUBLISHED})|from|in|during|on)(?: the year)? (?P<when>{_WHEN})"
    rf"|\((?P<bracketed>{_WHEN})\)$)(?!\s+(?:and|or|to)\s+\d)"
)
_UNIT = r"(?P<unit>day|week|month|year)s?"
_AGO = _pattern(
    rf"(?:in|from|of|during|over|within|since)?(?: ?the)? ?\b(?:last|past|previous) "
    rf"(?P<count>{NUMBER}) {_UNIT}\b(?! of\b)"
)
_LAST = _pattern(
    rf"(?P<sure>{_PUBLISHED}|from|in|during|since)?(?: ?(?P<the>the))? ?\b"
    r"(?P<which>last|past|this) (?P<unit>week|month|year)\b"
    rf"(?! of\b|['’]s (?!{EPISODES}))(?! in [A-Z])"
)
_DAYS = _pattern(
    rf"(?:(?:{_PUBLISHED}|from) (?P<day>yesterday|today)"
    r"|(?P<whose>yesterday|today)'s(?= episode))\b"
)
_RELATIVE = re.compile(r"\b(?:last|past|previous|this|yesterday|today)\b", re.IGNORECASE)
_A_DAY = re.compile(rf"\d-\d\d-\d|\b{_DAY} |{_MONTH} {_DAY}\b(?!\d)", re.IGNORECASE)
_HAS_YEAR = re.compile(_YEAR)


def dates_in(text: str, now: datetime) -> Iterator[Constraint]:
    if _HAS_YEAR.search(text):
        yield from _calendar_dates(text, now)
    if _RELATIVE.search(text):
        yield from _relative_dates(text, now)


def _calendar_dates(text: str, now: datetime) -> Iterator[Constraint]:
    title = is_like_a_title(text)
    for found in _SPAN.finditer(text):
        first = found["first"] or found["since"]
        yield from _constraint(found, _start(first), _stop(found["last"]), found["last"], now)
    for found in _BEFORE.finditer(text):
        stop = (_start if found["start"] else _stop)(found["when"])
        yield from _constraint(found, None, stop, found["when"], now)
    for found in _AFTER.finditer(text):
        start = (_start if found["start"] else _stop)(found["when"])
        yield from _constraint(found, start, None, found["when"], now)
    for found in _IN.finditer(text):
        when = found["when"] or found["bracketed"]
        if found["sure"] or not title:
            yield from _constraint(found, _start(when), _stop(when), when, now)


def _relative_dates(text: str, now: datetime) -> Iterator[Constraint]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for found in _AGO.finditer(text):
        back = {f"{found['unit'].lower()}s": int(number_of(found["count"]))}
        yield _of_today(found, today + relativedelta(**_negated(back)), None)
    for found in _LAST.finditer(text):
        if not found["the"] or found["sure"]:
            yield _of_today(found, *_calendar_unit(found, today))
    for found in _DAYS.finditer(text):
        yesterday = (found["day"] or found["whose"]).lower() == "yesterday"
        day = today - timedelta(days=yesterday)
        yield _of_today(found, day, day + timedelta(days=1) if yesterday else None)


def _calendar_unit(found: re.Match[str], today: datetime) -> tuple[datetime, datetime | None]:
    """Last month is the one before this one; the past month and the months since have no end."""
    unit, which = found["unit"].lower(), found["which"].lower()
    one = relativedelta(**{f"{unit}s": 1})
    if which == "past":
        return today - one, None
    begin = {
        "week": today - timedelta(days=today.weekday()),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }[unit]
    if which == "this":
        return begin, None
    is_since = (found["sure"] or "").lower() == "since"
    return begin - one, None if is_since else begin


def _constraint(
    found: re.Match[str],
    start: datetime | None,
    stop: datetime | None,
    topic: str,
    now: datetime,
) -> Iterator[Constraint]:
    years = [int(year) for year in _HAS_YEAR.findall(found[0])]
    if min(years) >= _FIRST_YEAR and max(years) <= now.year and (start is None or start <= now):
        fields = _fields(start, stop)
        sure = found["sure"] is not None
        # What is named by a day may be published on another one.
        said = "" if _names_a_day(topic) else topic
        yield Constraint(found.start(), found.end(), fields, sure, said)


def _of_today(found: re.Match[str], start: datetime, stop: datetime | None) -> Constraint:
    begin = found.start() + len(found[0]) - len(found[0].lstrip())
    return Constraint(begin, found.end(), _fields(start, stop), of_today=True)


def _fields(start: datetime | None, stop: datetime | None) -> Mapping[str, Any]:
    bounds = {"published_after": start, "published_before": stop}
    return {name: moment for name, moment in bounds.items() if moment is not None}


def _start(when: str) -> datetime:
    """The first moment of a day, month or year; of the year for a day that the month has not."""
    try:
        begin: datetime = parse(when, default=datetime(2000, 1, 1, tzinfo=UTC))
    except ValueError:
        year = _HAS_YEAR.search(when)
        begin = datetime(int(year[0]) if year else _FIRST_YEAR, 1, 1, tzinfo=UTC)
    return begin


def _stop(when: str) -> datetime:
    """The first moment after it."""
    begin = _start(when)
    if re.fullmatch(_YEAR, when):
        return _after(begin, relativedelta(years=1))
    return _after(begin, relativedelta(days=1) if _names_a_day(when) else relativedelta(months=1))


def _names_a_day(when: str) -> bool:
    return _A_DAY.search(when) is not None


def _after(begin: datetime, span: relativedelta) -> datetime:
    later: datetime = begin + span
    return later


def _negated(units: dict[str, int]) -> dict[str, Any]:
    return {unit: -count for unit, count in units.items()}
