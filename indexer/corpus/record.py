"""Fields as they were found -> an Episode, or a sentence that says what to change."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

from indexer.corpus.prose import plain_line, plain_text
from indexer.episode import KNOWN_FIELDS, LIST_FIELDS, Episode, Json

SUMMARY_NAMES = ("summary", "text", "description")
ID_NAMES = ("id", "_id")
ADDRESS_FIELDS = ("url", "guid", "audio_url", "image", "transcript_url", "chapters_url")
MOST_ID_CHARACTERS = 512
MOST_SUMMARY_CHARACTERS = 200_000

_LIST_SEPARATOR = re.compile(r"\s*[;|]\s*")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2})(?:\.\d+| *min(?:utes)?)?")
_UNENCODABLE = re.compile(r"[\ud800-\udfff]")


class InvalidRecord(ValueError):
    """What the fields cannot be, in a sentence."""


def episode_from_fields(fields: Mapping[str, Json], on_left_out: Callable[[str], None]) -> Episode:
    """The episode of these fields; a sentence for each optional field that had to be left out.

    Raises InvalidRecord, whose text says what to change, where there can be no episode.
    """
    _check(fields)
    summary_name = _first_given(fields, SUMMARY_NAMES)
    id_name = _first_given(fields, ID_NAMES)
    summary = _summary(fields.get(summary_name))
    known = _optional_fields(fields, on_left_out)
    named = {*KNOWN_FIELDS, "id", summary_name, id_name}  # what clients see as id is ours
    return Episode(
        episode_id=_id(fields[id_name]) if id_name else _hash(known.get("title"), summary),
        summary=summary,
        extra={name: value for name, value in fields.items() if name not in named},
        **known,
    )


def _first_given(fields: Mapping[str, Json], names: tuple[str, ...]) -> str:
    return next((name for name in names if fields.get(name) not in (None, "")), "")


def _optional_fields(
    fields: Mapping[str, Json], on_left_out: Callable[[str], None]
) -> dict[str, Json]:
    known = {}
    for name in KNOWN_FIELDS:
        if name == "summary" or fields.get(name) in (None, "", []):
            continue
        try:
            known[name] = _VALUES.get(name, _text)(name, fields[name])
        except InvalidRecord as invalid:
            on_left_out(str(invalid))
    return known


def _check(fields: Mapping[str, Json]) -> None:
    try:
        _check_text(fields)
    except RecursionError:
        raise InvalidRecord("its fields are nested too deeply; flatten them") from None


def _check_text(fields: Mapping[str, Json]) -> None:
    for name, value in fields.items():
        for text in (name, *_strings(value)):
            if "\0" in text:
                raise InvalidRecord(f"the field {name!r} holds a NUL byte; remove it")
            if _UNENCODABLE.search(text):
                raise InvalidRecord(
                    f"the field {name!r} is not valid UTF-8; save the file as UTF-8"
                )


def _strings(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [s for item in value.items() for part in item for s in _strings(part)]
    if isinstance(value, list):
        return [s for item in value for s in _strings(item)]
    return []


def _summary(value: Json) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidRecord("has no summary; give it a text field named summary")
    if len(value) > MOST_SUMMARY_CHARACTERS:
        raise InvalidRecord(
            f"the summary has {len(value):,} characters; shorten it to {MOST_SUMMARY_CHARACTERS:,}"
        )
    summary = plain_text(value)
    if not any(map(str.isalnum, summary)):
        raise InvalidRecord("the summary has no word in it; write what the episode is about")
    return summary


def _id(value: Json) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InvalidRecord("the id is neither text nor a whole number; make it one")
    episode_id = str(value)
    if len(episode_id) > MOST_ID_CHARACTERS:
        raise InvalidRecord(
            f"the id has {len(episode_id):,} characters; shorten it to {MOST_ID_CHARACTERS}"
        )
    return episode_id


def _hash(title: str | None, summary: str) -> str:
    text = summary if title is None else f"{title}\n{summary}"
    return sha256(text.encode()).hexdigest()[:16]


def _text(name: str, value: Json) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return plain_line(str(value))
    raise InvalidRecord(f"the field {name!r} is not text; make it text")


def _address(name: str, value: Json) -> str:
    """As it stands: an address or a guid is no prose to mend."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value).strip()
    raise InvalidRecord(f"the field {name!r} is not text; make it text")


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
    "published_at": _moment,
    "duration_s": _seconds,
    "season": _whole_number,
    "episode": _whole_number,
    "explicit": _truth,
    "episode_type": _kind,
    **dict.fromkeys(ADDRESS_FIELDS, _address),
}
