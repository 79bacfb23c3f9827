"""Chooses the times of a text that are times of the recording."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from indexer.text.times.lines import Place, Placed, placed_times
from indexer.text.times.look_alikes import speaks_of_books

_BEFORE_A_TOPIC = ("leading", "following", "alone")
_LONGEST = 24 * 3600.0  # a recording that is longer is a mistake
_FEWEST_ON_A_LINE = 3
_FEWEST_IN_A_LIST = 4
_FEWEST_TRAILING = 3  # topics that end with a time; two may be the lengths of two songs
_FEWEST_SONGS = 6  # that would have to become longer one by one
_SONG = (120.0, 600.0)  # its length
_ORDERLY = 0.7  # the least share of times that do not go back
_EARLY = 360.0  # a recording's first topic; the first item of a day's programme is later
_SEPARATOR = re.compile(
    r"[*_`]*(?:\s*[-\u2010-\u2015|:\u2022\u00b7>~=.\u2192]+(?=\s|$)|:)?[*_`]*[ \t]*"
)
_BEFORE_TRAILING = re.compile(
    r"[ \t]*(?:[-\u2010-\u2015|:@\u2022\u00b7,]+|\.{2,}|\bat\b|\u2026)*[ \t]*$"
)
_TOPIC = re.compile(
    r"[)\]\s]*(?:[-\u2010-\u2015|:\u2022*\u00b7>~]+\s*[^\s,.;]|[\"'\u201c\u2018\u00ab]?(?![a-z\W])\w)"
)
_SCHEDULE = re.compile(
    r"\b(?:schedule|agenda|program(?:me)?|opening hours|hours|doors|service times?|services|"
    r"tonight|line-?up|[ap]\.?m\.?|o'clock|uhr|venue|tickets)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeMark:
    """text[start:stop] is a time with its brackets, bullet and dash; no part of any sentence."""

    start: int
    stop: int
    start_s: float
    end_s: float | None
    place: Place
    line: tuple[int, int]


def time_marks(text: str, duration_s: float | None = None) -> list[TimeMark]:
    """The times of the recording that a text tells, in the order of the text.

    Clocks, verses, scores and lengths of songs are none, nor is a time after `duration_s` seconds.
    """
    longest = duration_s or _LONGEST
    placed = [each for each in placed_times(text) if each.time.seconds <= longest]
    if not placed:
        return []
    placed = [*_with_lists(text, placed)]
    chosen = _leading(text, _heads(placed))
    for place in ("trailing", "inner"):
        chosen += _fitting([each for each in placed if each.place == place], chosen)
    return [_mark(text, each) for each in sorted(chosen, key=lambda each: each.time.start)]


def blanked(text: str, marks: Iterable[TimeMark]) -> str:
    """The text with as much white space in the place of each mark."""
    parts, end = [], 0
    for mark in marks:
        parts += [text[end : mark.start], " " * (mark.stop - mark.start)]
        end = mark.stop
    return "".join([*parts, text[end:]])


def _with_lists(text: str, placed: Sequence[Placed]) -> Iterator[Placed]:
    """With the times of topics that stand on one line, behind a heading, told as such."""
    for (_, stop), group in groupby(placed, key=lambda each: each.line):
        times = [*group]
        inner = [each for each in times if each.place == "inner"]
        early = bool(inner) and inner[0].time.seconds < _EARLY
        listed = early and len(inner) >= _FEWEST_IN_A_LIST and _is_orderly(inner)
        if listed and _stand_before(text, inner, stop):
            yield from (replace(each, place="following") for each in inner)
        else:
            yield from (replace(each, cued=each.cued or listed) for each in times)


def _stand_before(text: str, times: Sequence[Placed], stop: int) -> bool:
    """Whether the times of a line stand before their topics: most are followed by a capital."""
    edges = [*(each.time.start for each in times[1:]), stop]
    after = [
        _TOPIC.match(text, each.time.stop, edge) for each, edge in zip(times, edges, strict=True)
    ]
    return sum(found is not None for found in after) > _ORDERLY * len(times)


def _heads(placed: Sequence[Placed]) -> list[Placed]:
    """The times that stand before their topics.

    A bare time within a topic may be one that the topic is about, unless all stand on one line.
    """
    heads = [each for each in placed if each.place in _BEFORE_A_TOPIC]
    on_lines = Counter(each.line for each in heads)
    return [
        each
        for each in heads
        if each.place != "following"
        or each.time.bracketed
        or len(on_lines) == 1
        or on_lines[each.line] > _FEWEST_ON_A_LINE
    ]


def _leading(text: str, placed: list[Placed]) -> list[Placed]:
    if len(placed) == 1 and not placed[0].sure:
        return []
    if any(each.time.linked for each in placed):
        return placed
    if not _is_orderly(placed) or _is_schedule(text, placed) or _is_of_verses(text, placed):
        return []
    return placed


def _is_orderly(placed: Sequence[Placed]) -> bool:
    steps = [a.time.seconds <= b.time.seconds for a, b in pairwise(placed)]
    return not steps or sum(steps) >= _ORDERLY * len(steps)


def _is_schedule(text: str, placed: Sequence[Placed]) -> bool:
    """Whether the times are those of a day: quarters of an hour, none of them early."""
    times = [each.time for each in placed]
    if any(time.parts == 3 or time.seconds < _EARLY or time.seconds % 15 for time in times):
        return False
    return _SCHEDULE.search(text) is not None


def _is_of_verses(text: str, placed: Sequence[Placed]) -> bool:
    """Whether all are verses of one chapter of a book that the text names."""
    chapters = {each.time.seconds // 60 for each in placed}
    return len(placed) > 1 and len(chapters) == 1 and chapters != {0} and speaks_of_books(text)


def _fitting(placed: list[Placed], chosen: Sequence[Placed]) -> list[Placed]:
    """Those of the times after a topic or in a sentence that others confirm."""
    if not placed:
        return []
    credible = [each for each in placed if each.place == "trailing" or _is_credible(each)]
    if len(chosen) > 1:
        return [each for each in credible if _fits(each, chosen)]
    orderly = all(a.time.seconds <= b.time.seconds for a, b in pairwise(credible))
    if len(credible) == 1 or not orderly:
        return [each for each in credible if each.time.linked or each.cued]
    songs = all(_SONG[0] <= each.time.seconds < _SONG[1] for each in credible)
    return credible if len(credible) >= (_FEWEST_SONGS if songs else _FEWEST_TRAILING - 1) else []


def _is_credible(placed: Placed) -> bool:
    return placed.time.bracketed or placed.time.linked or placed.cued or placed.time.parts == 3


def _fits(placed: Placed, chosen: Sequence[Placed]) -> bool:
    """Whether it is in the order of the times around it in the text."""
    place = bisect_right([each.time.start for each in chosen], placed.time.start)
    before = chosen[place - 1].time.seconds if place else 0.0
    after = chosen[place].time.seconds if place < len(chosen) else _LONGEST
    return before <= placed.time.seconds <= after


def _mark(text: str, placed: Placed) -> TimeMark:
    time, line = placed.time, placed.line
    start, stop = time.start, time.stop
    if placed.place in _BEFORE_A_TOPIC:
        separator = _SEPARATOR.match(text, stop, line[1])
        stop = separator.end() if separator else stop
        start = line[0] if _begins(text, line[0], start) else start
    elif placed.place == "trailing":
        found = _BEFORE_TRAILING.search(text, line[0], start)
        start, stop = (found.start() if found else start), line[1]
    return TimeMark(start, stop, time.seconds, time.end_s, placed.place, line)


def _begins(text: str, line_start: int, start: int) -> bool:
    """Whether nothing but a bullet or a number stands before it on its line."""
    return not any(map(str.isalpha, text[line_start:start]))
