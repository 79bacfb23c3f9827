"""Converts the value of each field of a record to the type that an episode holds."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from indexer.corpus.feeds.html_text import plain_line
from indexer.episode import LIST_FIELDS, Json

_ADDRESSES = ("link", "guid", "audio_url", "image", "transcript_url", "chapters_url", "feed_url")
_LIST_SEPARATOR = re.compile(r"\s*[;|]\s*")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2})(?:\.\d+| *min(?:utes)?)?")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47


class InvalidRecord(ValueError):
    """The fields are no episode; the message says why."""


def usable_values(
    fields: Mapping[str, Json],
    names: Iterable[str],
    on_left_out: Callable[[str], None],
    within: str = "",
) -> dict[str, Json]:
    """The typed values of known fields; `on_left_out` gets a sentence for each that is left out."""
    usable = {}
    for name in names:
        if fields.get(name) in (None, "", []):
            continue
        try:
            usable[name] = _VALUES.get(name, _text)(within + name, fields[name])
        except InvalidRecord as invalid:
            on_left_out(str(invalid))
    return usable


def _text(name: str, value: Json) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return plain_line(str(value))
    raise InvalidRecord(f"the field {name!r} is not text; make it text")


def _address(name: str, value: Json) -> str:
    """Addresses and guids stay as they are; only prose is repaired."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value).strip()
    raise InvalidRecord(f"the field {name!r} is not text; make it text")


def _language(name: str, value: Json) -> str:
    tag = str(value).strip().replace("_", "-")
    if not _LANGUAGE_TAG.fullmatch(tag):
        raise InvalidRecord(f"the field {name!r} is {tag[:40]!r}; write a code, as en or pt-BR")
    return tag


def _names(name: str, value: Json) -> tuple[str, ...]:
    values = _LIST_SEPARATOR.split(value) if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise InvalidRecord(f"the field {name!r} is not a list of texts; separate names with ;")
    return tuple(dict.fromkeys(item.strip() for item in values if item.strip()))


def _moment(name: str, value: Json) -> str:
    """ISO 8601 in UTC; a bare date stays a date."""
    text = str(value).strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text).isoformat()
        moment = _parsed(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, TypeError, IndexError):
        raise InvalidRecord(
            f"the field {name!r} is {text[:40]!r}; write it as 2026-01-31 or 2026-01-31T08:00:00Z"
        ) from None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)  # as feeds write it


def _seconds(name: str, value: Json) -> float:
    text = str(value).strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    try:
        seconds_given = float(text)
    except ValueError:
        seconds_given = -1.0
    if not 0 <= seconds_given < 1e8:
        raise InvalidRecord(f"the field {name!r} is {text[:40]!r}; write seconds, or h:mm:ss")
    return seconds_given


def _whole_number(name: str, value: Json) -> int:
    try:
        return int(str(value).strip())
    except ValueError:
        raise InvalidRecord(f"the field {name!r} is not a whole number; write one") from None


def _truth(name: str, value: Json) -> bool:
    try:
        return _TRUTHS[str(value).strip().lower()]
    except KeyError:
        raise InvalidRecord(f"the field {name!r} is neither true nor false; write one") from None


def _kind(name: str, value: Json) -> str:
    kind = str(value).strip().lower()
    if kind not in _KINDS:
        raise InvalidRecord(f"the field {name!r} is none of {', '.join(_KINDS)}; write one")
    return kind


_KINDS = ("full", "trailer", "bonus")
_TRUTHS = dict.fromkeys(("true", "yes", "explicit", "1"), True) | dict.fromkeys(
    ("false", "no", "clean", "0"), False
)
_VALUES: dict[str, Callable[[str, Json], Json]] = dict.fromkeys(LIST_FIELDS, _names) | {
    "language": _language,
    "published_at": _moment,
    "duration_s": _seconds,
    "season": _whole_number,
    "episode": _whole_number,
    "explicit": _truth,
    "listed": _truth,
    "episode_type": _kind,
    **dict.fromkeys(_ADDRESSES, _address),
}
