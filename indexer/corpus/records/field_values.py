"""Converts the value of each field of a record to the type that an episode holds."""

import re
from collections.abc import Callable, Iterable, Mapping

from indexer.corpus.feeds.html_text import plain_line
from indexer.corpus.records.dates import AmbiguousDate, read_date
from indexer.corpus.records.durations import read_seconds
from indexer.episode import LIST_FIELDS, Json

_ADDRESSES = ("link", "guid", "audio_url", "image", "transcript_url", "chapters_url", "feed_url")
_LIST_SEPARATOR = re.compile(r"\s*[;|]\s*")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47


class InvalidRecord(ValueError):
    """The fields are no episode; the message says why."""


def usable_values(
    fields: Mapping[str, Json],
    names: Iterable[str],
    on_note: Callable[[str], None],
    within: str = "",
) -> dict[str, Json]:
    """The typed values of known fields; `on_note` gets a sentence for each left out or in doubt."""
    usable = {}
    for name in names:
        value = fields.get(name)
        if value in (None, "", []):
            continue
        try:
            if name == "published_at":
                usable[name] = _moment(name, value, on_note)
            else:
                usable[name] = _VALUES.get(name, _text)(within + name, value)
        except InvalidRecord as invalid:
            on_note(f"{invalid} (left out until then)")
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


def _moment(name: str, value: Json, on_note: Callable[[str], None]) -> str:
    """ISO 8601 in UTC; a bare date stays a date."""
    text = str(value).strip()
    try:
        moment, doubt = read_date(text)
    except AmbiguousDate as error:
        raise InvalidRecord(
            f"the field {name!r} is {text[:40]!r}, and {error}; write it as 2026-01-31"
        ) from None
    except ValueError:
        raise InvalidRecord(
            f"the field {name!r} is {text[:40]!r}; write it as 2026-01-31 or 2026-01-31T08:00:00Z"
        ) from None
    if doubt:
        on_note(f"the field {name!r} is {text[:40]!r}, which {doubt}")
    return moment


def _seconds(name: str, value: Json) -> float:
    try:
        return read_seconds(str(value).strip())
    except ValueError:
        shown = str(value).strip()[:40]
        raise InvalidRecord(f"the field {name!r} is {shown!r}; write seconds, or h:mm:ss") from None


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
    "duration_s": _seconds,
    "season": _whole_number,
    "episode": _whole_number,
    "explicit": _truth,
    "listed": _truth,
    "episode_type": _kind,
    **dict.fromkeys(_ADDRESSES, _address),
}
