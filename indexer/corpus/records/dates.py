"""Reads dates as feeds, directories and spreadsheets write them.

The form of a date is matched whole before its parts are read, so nothing is guessed: what fits no
form is refused, and so is a day that may as well be the month.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import ClassVar, NamedTuple

from dateutil.parser import parser, parserinfo

_FIRST_PODCASTS = "1999"
_LONGEST = 100  # characters
_HOUR = timedelta(hours=1)
_FARTHEST_ZONE = 14 * _HOUR
_ZONES = (  # hours from UTC: those of RFC 822, and others that mean one zone only
    dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0.0)
    | {"est": -5.0, "edt": -4.0, "cst": -6.0, "cdt": -5.0, "mst": -7.0, "mdt": -6.0}
    | {"pst": -8.0, "pdt": -7.0, "akst": -9.0, "akdt": -8.0, "hst": -10.0, "brt": -3.0}
    | {"bst": 1.0, "west": 1.0, "cet": 1.0, "mez": 1.0, "met": 1.0, "cest": 2.0, "mesz": 2.0}
    | {"eet": 2.0, "eest": 3.0, "msk": 3.0, "sast": 2.0, "jst": 9.0, "kst": 9.0}
    | {"awst": 8.0, "acst": 9.5, "aest": 10.0, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0}
)
_MONTHS = """
jan january januar janner janvier janv januari enero ene gennaio gen janeiro
feb february februar fevrier fevr fev februari febrero febbraio fevereiro
mar march marz mrz mars maart mrt marzo marco
apr april avril avr abril abr aprile
may mai mei mayo maggio mag maio
jun june juni juin junio giugno giu junho
jul july juli juillet juil julio luglio lug julho
aug august aout augustus agosto ago
sep sept september septembre septiembre settembre set setembro
oct october oktober okt octobre octubre ottobre ott outubro out
nov november novembre noviembre novembro
dec december dezember dez decembre diciembre dic dicembre dezembro
"""
_WEEKDAYS = frozenset(
    """
    mon tue tues wed weds thu thur thurs fri sat sun
    monday tuesday wednesday thursday friday saturday sunday
    mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miercoles jueves viernes sabado domingo
    lunedi martedi mercoledi giovedi venerdi sabato domenica
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    """.split()
)


class Order(Enum):
    """Which of the numbers in 03/04/05 is the day, the month and the year."""

    DAY_FIRST = ("day", "month", "year")
    MONTH_FIRST = ("month", "day", "year")
    YEAR_FIRST = ("year", "month", "day")


class AmbiguousDate(ValueError):
    """A date of numbers that can be read in more than one order."""


class ReadDate(NamedTuple):
    value: str  # ISO 8601: a moment in UTC, or a date alone
    note: str | None  # what is doubtful about it


class _Names(parserinfo):
    MONTHS: ClassVar = [tuple(line.split()) for line in _MONTHS.strip().splitlines()]


_PARSER = parser(_Names())
_CONVERT_YEAR = _Names().convertyear
_RFC_822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? "
    r"(?:([+-])(\d\d)(\d\d)|([A-Z]{1,5}))",
    re.ASCII,
)
_UNIX = re.compile(r"(\d{9,10}|\d{12,13})(?:\.\d{1,6})?", re.ASCII)
_UNIX_MILLISECONDS = 12  # digits, or more

_WEEKDAY = r"(?:(?P<weekday>[^\W\d_]{2,13}(?:\.?,|\.?(?=\s)))\s*)?"
_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
_REST = r"(?P<rest>.*)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|er|\.)?[ /-]?(?:of |de )?{_MONTH}[ /-]?,? ?(?:de )?"
        rf"(?P<year>\d{{4}}|\d{{2}})(?!\d){_REST}",
        rf"{_WEEKDAY}{_MONTH} {_DAY}(?:st|nd|rd|th)?(?:, ?| ){_YEAR}{_REST}",
        rf"{_WEEKDAY}{_MONTH} {_DAY} (?P<rest>\d\d:\d\d:\d\d(?: [A-Z]{{2,5}})?) {_YEAR}",
        rf"(?P<year>\d{{4}}) ?[-/.\u5e74] ?(?P<month>\d{{1,2}}) ?[-/.\u6708] ?{_DAY}(?!\d)\u65e5?"
        rf"{_REST}",
    )
)
_NUMBERS = re.compile(
    rf"(\d{{1,2}}) ?([/.-]) ?(\d{{1,2}}) ?\2 ?(\d{{4}}|\d{{2}})(?!\d){_REST}", re.ASCII
)
_CLOCK_AND_ZONE = re.compile(
    r"(?:T|,? ?(?:(?:at|um|-) )?)"
    r"(?:(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?|\d{1,2}(?= ?[ap]\.?m))"
    r" ?(?P<half>[ap]\.?m\.?(?![a-z]))?(?: ?uhr)?)?"
    r" ?(?P<zone>[a-z]{1,5})? ?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)? ?(?:\([^()]*\))?",
    re.IGNORECASE | re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")


def read_date(text: str, order: Order | None = None) -> ReadDate:
    """The date that is written; `order` is that of other dates beside it.

    Raises AmbiguousDate where day and month cannot be told apart, and ValueError where it is none.
    """
    value, note = _read(text, order)
    return ReadDate(value, note or _doubt(value))


def orders_of(text: str) -> set[Order] | None:
    """The orders in which a date of numbers alone can be read; None for any other text."""
    numbers = _NUMBERS.fullmatch(_plain(text)) if len(text) <= _LONGEST else None
    return None if numbers is None else set(_readings(numbers))


def _read(text: str, order: Order | None) -> tuple[str, str | None]:
    if len(text) > _LONGEST:
        raise ValueError("is too long for a date")
    if text[4:5] == "-":
        if len(text) == 10:
            return date.fromisoformat(text).isoformat(), None
        try:
            return _utc(datetime.fromisoformat(text)), None
        except ValueError:
            return _read_written(text, order)
    if (rfc := _RFC_822.fullmatch(text)) and (usual := _read_rfc(rfc)):
        return usual, None
    if unix := _UNIX.fullmatch(text):
        in_milliseconds = len(unix[1]) >= _UNIX_MILLISECONDS
        moment = datetime.fromtimestamp(float(text) / (1000 if in_milliseconds else 1), UTC)
        return _utc(moment), None
    if len(text) == 8 and text.isdecimal() and text[:2] in ("19", "20"):
        return date.fromisoformat(text).isoformat(), None
    return _read_written(text, order)


def _read_rfc(rfc: "re.Match[str]") -> str | None:
    """The usual form of RFC 822, of which a corpus may have a million; None in an unknown zone."""
    day, month, year, hours, minutes, seconds, sign, zone_hours, zone_minutes, zone = rfc.groups()
    number = _NUMBER_OF_MONTH.get(month)
    away = _ZONES.get(zone.lower()) if zone else 0.0
    if number is None or away is None or hours > "23":
        return None
    moment = datetime(int(year), number, int(day), int(hours), int(minutes), int(seconds or 0))
    if sign:
        away = _offset(f"{sign}{zone_hours}{zone_minutes}") / _HOUR
    if away:
        moment -= timedelta(hours=away)
    return f"{moment.isoformat()}Z"


def _read_written(text: str, order: Order | None) -> tuple[str, str | None]:
    plain = _plain(text)
    for form in _FORMS:
        if (found := form.fullmatch(plain)) and _is_weekday(found.groupdict().get("weekday")):
            day = f"{_full_year(found['year'])}-{found['month']}-{found['day']}"
            return _at(day, found["rest"])
    if numbers := _NUMBERS.fullmatch(plain):
        return _at(_chosen(_readings(numbers), order), numbers["rest"])
    raise ValueError("is in no form of a date")


def _at(day: str, rest: str) -> tuple[str, str | None]:
    """A date alone, or with its time of day and zone."""
    found = _CLOCK_AND_ZONE.fullmatch(rest)
    if not found:
        raise ValueError("has more than a time and a zone behind its date")
    clock, half = found["clock"], (found["half"] or "").replace(".", "")
    if not clock:
        return _PARSER.parse(day).date().isoformat(), None
    next_day = re.fullmatch(r"24:00(?::00)?", clock) is not None and not half
    moment = _PARSER.parse(f"{day} {'00:00' if next_day else clock.replace(',', '.')} {half}")
    zone = found["zone"]
    if found["offset"]:
        offset = _offset(found["offset"])
    elif zone is None or zone.lower() in _ZONES:
        offset = timedelta(hours=_ZONES[zone.lower()] if zone else 0)
    else:
        return moment.date().isoformat(), f"the zone {zone!r} is not known, so its day alone counts"
    aware = moment.replace(tzinfo=timezone(offset)) + timedelta(days=next_day)
    return _utc(aware), None


def _offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    sign, hours, minutes = found.groups() if found else ("+", "0", "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > _FARTHEST_ZONE:
        raise ValueError("has no such zone")
    return -offset if sign == "-" else offset


def _readings(numbers: "re.Match[str]") -> dict[Order, str]:
    """The days that the three numbers may be; where dots divide them, no month comes first."""
    readings = {}
    for order in Order:
        parts = dict(zip(order.value, (numbers[1], numbers[3], numbers[4]), strict=True))
        if (order is Order.MONTH_FIRST and numbers[2] == ".") or len(parts["day"]) > 2:
            continue
        try:
            day = date(_full_year(parts["year"]), int(parts["month"]), int(parts["day"]))
        except ValueError:
            continue
        readings[order] = day.isoformat()
    return readings


def _chosen(readings: dict[Order, str], order: Order | None) -> str:
    if not readings:
        raise ValueError("has no such day")
    if len({*readings.values()}) == 1:
        return next(iter(readings.values()))
    if order in readings:
        return readings[order]
    raise AmbiguousDate("its day and its month cannot be told apart")


def _full_year(digits: str) -> int:
    return int(_CONVERT_YEAR(int(digits), len(digits) > 2))


def _is_weekday(word: str | None) -> bool:
    return word is None or word.endswith(",") or word.rstrip(".").lower() in _WEEKDAYS


def _plain(text: str) -> str:
    """Without accents and superfluous white space."""
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    return " ".join(text.split())


def _utc(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError as error:
        raise ValueError("lies beyond the calendar") from error


def _doubt(value: str) -> str | None:
    if value[:4] < _FIRST_PODCASTS:
        return "lies before there were podcasts"
    # The latest first: "2026-01-31" sorts before every moment of its day.
    if value[:4] >= _THIS_YEAR and value > _in_two_days():
        return "lies in the future"
    return None


def _in_two_days() -> str:
    return _utc(datetime.now(UTC) + timedelta(days=2))


_THIS_YEAR = str(datetime.now(UTC).year)
_NUMBER_OF_MONTH = {
    names.split()[0].title(): number for number, names in enumerate(_MONTHS.strip().splitlines(), 1)
}
