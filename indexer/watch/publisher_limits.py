"""Reads when a publisher allows requests of its feed: HTTP headers, ttl, skipHours, skipDays."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.parsers import expat

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SAID = (b"<ttl", b"<skipHours", b"<skipDays")
_HOURS_A_WEEK = 7 * 24
_MOST_SECONDS = 366 * 24 * 3600  # longer is a mistake
_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class PublisherLimits:
    """Missing times are zero; hours and days are in UTC, and Monday is day 0."""

    fresh_for: timedelta = _NONE
    ttl: timedelta = _NONE
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()

    def next_allowed(self, due: datetime) -> datetime:
        """`due`, or the next full hour that is not excluded; `due` if every hour is excluded."""
        hour = due.replace(minute=0, second=0, microsecond=0)
        later = (hour + timedelta(hours=passed) for passed in range(1, _HOURS_A_WEEK + 1))
        return next((at for at in (due, *later) if not self._excludes(at)), due)

    def _excludes(self, at: datetime) -> bool:
        return at.hour in self.skip_hours or at.weekday() in self.skip_days


def limits_of(content: bytes, headers: Mapping[str, str]) -> PublisherLimits:
    channel = _without_items(content)
    said = _Channel(channel if any(name in channel for name in _SAID) else b"")
    return PublisherLimits(
        fresh_for=fresh_for(headers),
        ttl=_time(said.ttl, timedelta(minutes=1)),
        skip_hours=frozenset(int(hour) % 24 for hour in said.hours if hour.isdecimal()),
        skip_days=frozenset(_DAYS.index(day) for day in map(str.lower, said.days) if day in _DAYS),
    )


def fresh_for(headers: Mapping[str, str]) -> timedelta:
    """The seconds of Cache-Control's max-age, minus the Age of the answer."""
    pairs = (part.partition("=") for part in headers.get("cache-control", "").lower().split(","))
    directives = {name.strip(): value.strip(' "') for name, _, value in pairs}
    if directives.keys() & {"no-cache", "no-store"}:
        return _NONE
    second = timedelta(seconds=1)
    age = _time(headers.get("age", ""), second)
    return max(_time(directives.get("max-age", ""), second) - age, _NONE)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """The seconds of Retry-After, which has a number or a date."""
    said = headers.get("retry-after", "").strip()
    if said and not said.isdecimal():
        with suppress(ValueError):
            until = parsedate_to_datetime(said)
            return max(until.replace(tzinfo=until.tzinfo or UTC) - now, _NONE)
    return _time(said, timedelta(seconds=1))


def _time(number: str, unit: timedelta) -> timedelta:
    """The number of the text; zero if it is not a number."""
    if not (number := number.strip()).isdecimal():
        return _NONE
    return min(int(number[:12]) * unit, timedelta(seconds=_MOST_SECONDS))


class _Channel:
    """The texts of the channel's elements; of malformed XML, of those before the error."""

    def __init__(self, content: bytes) -> None:
        self.ttl, self.hours, self.days = "", list[str](), list[str]()
        self._path: list[str] = []
        self._text = ""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        parser.EntityDeclHandler = _refuse_entity
        with suppress(expat.ExpatError, ValueError, LookupError):
            parser.Parse(content, True)

    def _start(self, name: str, _: object) -> None:
        self._path.append(name)
        self._text = ""

    def _add(self, text: str) -> None:
        self._text += text

    def _end(self, _: str) -> None:
        match self._path:
            case ["rss", "channel", "ttl"]:
                self.ttl = self._text
            case ["rss", "channel", "skipHours", "hour"]:
                self.hours.append(self._text.strip())
            case ["rss", "channel", "skipDays", "day"]:
                self.days.append(self._text.strip())
        self._path.pop()


def _without_items(content: bytes) -> bytes:
    head, item, rest = content.partition(b"<item")
    return head + rest.rpartition(b"</item>")[2] if item else head


def _refuse_entity(*_: object) -> None:
    raise ValueError
