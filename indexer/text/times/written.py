"""Finds whatever is written like a time of a recording: 4:35, (1:02:03), [01:20](#t=01:20)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TIME = (
    r"(?<![\w:\uff1a.,/=+$#-])"
    r"(?:\d{1,2}[:\uff1a][0-5]\d[:\uff1a][0-5]\d(?:[.,]\d{1,3})?|\d{1,3}[:\uff1a][0-5]\d(?:\.\d{1,3})?)"
    r"(?![\w%]|[:\uff1a]\S|[.,/]\d)"
)
_SECOND_TIME = _TIME.replace("-])", "])", 1)  # after a dash without a space: 12:34-15:00
_UNTIL = r"\s?(?:[-\u2010-\u2015~\u301c]|-+>|\u2192|to|until|bis|\u00e0|al?)\s?"
_WRITTEN = re.compile(
    r"(?P<opening>[*_`]*[\[(\u3010\u3014\uff08<{]?[*_`@]*)"
    rf"(?P<time>{_TIME})"
    rf"(?:(?:[\])\uff09\u3011>]?{_UNTIL}[\[(\uff08\u3010<]?)(?P<end>{_SECOND_TIME}))?"
    r"(?P<closing>[*_`]*[\])\u3011\u3015\uff09>}]?[*_`]*)"
    r"(?P<link>\([^()\s]*\))?[*_`]*"
)
_BRACKETS = re.compile(r"[\[(\u3010\u3014\uff08<{]")
_COLONS = str.maketrans("\uff1a,", ":.")
_ANY = re.compile(r"\d[:\uff1a][0-5]\d")


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """text[start:stop] with its brackets and its link; `first` is where its digits begin."""

    start: int
    first: int
    stop: int
    seconds: float
    end_s: float | None  # of a range
    bracketed: bool
    linked: bool
    parts: int  # 2 of m:ss, 3 of h:mm:ss


def written_times(text: str) -> Iterator[WrittenTime]:
    """All of them, in the order of the text, whether or not they are times of the recording."""
    if not _ANY.search(text):
        return
    for found in _WRITTEN.finditer(text):
        link = found["link"]
        bracketed = bool(_BRACKETS.search(found["opening"]))
        linked = bool(link) and found["opening"].rstrip("*_`@").endswith("[")
        yield WrittenTime(
            start=found.start(),
            first=found.start("time"),
            stop=found.end() if linked or not link else found.end("closing"),
            seconds=seconds_of(found["time"]),
            end_s=seconds_of(found["end"]) if found["end"] else None,
            bracketed=bracketed,
            linked=linked,
            parts=found["time"].translate(_COLONS).count(":") + 1,
        )


def seconds_of(written: str) -> float:
    """1:02:03 is 3723."""
    seconds = 0.0
    for part in written.translate(_COLONS).split(":"):
        seconds = seconds * 60 + float(part)
    return seconds
