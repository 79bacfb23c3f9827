"""Reads lengths of time as feeds, directories and spreadsheets write them."""

import re
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

_MOST_SECONDS = 1e8
_LONGEST = 60  # characters
_NUMBER = r"\d{1,9}(?:[.,]\d{1,6})?"
_PLAIN_SECONDS = re.compile(r"\d{1,9}(?:\.\d+)?", re.ASCII)
_CLOCK = re.compile(
    r"(?:(\d{1,5}):)?(\d{1,3}):([0-5]\d)(?:\.\d+| *min(?:utes)?)?", re.ASCII | re.IGNORECASE
)
_UNITS = re.compile(
    rf"(?:({_NUMBER}) ?(?:hours?|hrs?|h|stunden?|std|heures?)\b\.?)?(?:,| and| und| et)? ?"
    rf"(?:({_NUMBER}) ?(?:minutes?|minuten?|mins?|m)\b\.?)?(?:,| and| und| et)? ?"
    rf"(?:({_NUMBER}) ?(?:seconds?|secondes?|sekunden?|secs?|sek|s)\b\.?)?"
    rf"(?:({_NUMBER}) ?(?:milliseconds?|ms)\b\.?)?",
    re.ASCII | re.IGNORECASE,
)
_HOURS_AND_MINUTES = re.compile(r"(\d{1,3}) ?h ?([0-5]\d)", re.ASCII | re.IGNORECASE)
_JOINED = re.compile(r"(?<=[a-z])(?=\d)", re.IGNORECASE)  # between the units of 1h2m
_ISO_FORM = re.compile(r"P(?:\d+D)?T[\d.]+[HMS][\dHMS.]*", re.ASCII)
_ISO = TypeAdapter(timedelta)


def read_seconds(text: str) -> float:
    """The length that is written. Raises ValueError where it is none, or one of over three years.

    A number alone is of seconds; two or three parted by colons end in seconds.
    """
    seconds = float(text) if _PLAIN_SECONDS.fullmatch(text) else _read(text.strip())
    if not 0 <= seconds < _MOST_SECONDS:
        raise ValueError("is longer than any episode")
    return seconds


def _read(text: str) -> float:
    if len(text) > _LONGEST:
        raise ValueError("is too long for a length of time")
    if _PLAIN_SECONDS.fullmatch(text):
        return float(text)
    if clock := _CLOCK.fullmatch(text):
        return _sum(clock.groups())
    if short := _HOURS_AND_MINUTES.fullmatch(text):
        return _sum((*short.groups(), None))
    if text[:1] in "Pp":
        return _iso(text.upper())
    units = _UNITS.fullmatch(_JOINED.sub(" ", text))
    if not units or not any(units.groups()):
        raise ValueError("is in no form of a length of time")
    *larger, milliseconds = units.groups()
    return _sum(tuple(larger)) + _value(milliseconds) / 1000


def _sum(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds = map(_value, parts)
    return hours * 3600 + minutes * 60 + seconds


def _value(number: str | None) -> float:
    return float((number or "0").replace(",", "."))


def _iso(text: str) -> float:
    """ISO 8601, as PT1H2M; months and years are of no one length."""
    if not _ISO_FORM.fullmatch(text):
        raise ValueError("has years or months, or no time")
    try:
        return _ISO.validate_python(text).total_seconds()
    except ValidationError as error:
        raise ValueError("is in no form of a length of time") from error
