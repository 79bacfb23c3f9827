"""Tells where on its line a time stands: before its topic, after it, or within a sentence.

A time that follows another on the line that one leads is of a list of topics on one line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from indexer.text.times.look_alikes import is_look_alike
from indexer.text.times.written import WrittenTime, written_times

Place = Literal["alone", "leading", "following", "trailing", "inner"]

# What may stand before the time of a line: bullets, numbers of a list, "Timestamps:".
_LEAD = re.compile(
    r"(?:[^\w\n]|\d{1,3}[.)](?=\s)|(?i:time[ -]?(?:stamps?|codes?|line)|chapters?|show ?notes|"
    r"topics|outline|kapitel(?:marken)?|sprungmarken|zeitmarken|cap\u00edtulos|minutage|chapitres|"
    r"minute|min|at|ab|ca|ts)\b[.:]?)*"
)
_WORD = re.compile(r"\w")
_CUE = re.compile(
    r"\b(?:skip|jump|go|start(?:s|ing)?|begin(?:s|ning)?|forward|listen|hear|minute|"
    r"time ?stamp|ab|see)(?: (?:to|ahead|at|from|with|around|the|in|it|minute|straight))*[\s:@]*$",
    re.IGNORECASE,
)
_MARK_AFTER = re.compile(
    r"[\s-]*(?:minute )?(?:mark|time ?stamp|minutes? in|in(?:to)? the)\b", re.IGNORECASE
)
_FROM = re.compile(r"\bfrom\s*$", re.IGNORECASE)
_BY_THE_CLOCK = re.compile(r"\b(?:at|by|to|and|is|it's)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Placed:
    """A time with its place; `line` is the (start, stop) of its line."""

    time: WrittenTime
    place: Place
    line: tuple[int, int]
    cued: bool = False  # the words around it say that it is a time of the recording

    @property
    def sure(self) -> bool:
        """Whether it needs no other time beside it to be believed."""
        time = self.time
        return (
            time.linked
            or self.cued
            or (
                self.place == "leading" and (time.bracketed or time.parts == 3 or time.seconds < 60)
            )
        )


def placed_times(text: str) -> list[Placed]:
    """The times of a text that no word beside them tells to be something else."""
    times = [time for time in written_times(text) if not is_look_alike(text, time)]
    lines = groupby(times, key=lambda time: text.rfind("\n", 0, time.first) + 1)
    return [each for start, group in lines for each in _of_line(text, start, [*group])]


def _of_line(text: str, start: int, times: Sequence[WrittenTime]) -> Iterator[Placed]:
    stop = text.find("\n", start)
    line = (start, stop if stop >= 0 else len(text))
    first, last = times[0], times[-1]
    leads = _LEAD.fullmatch(text, start, first.start) is not None
    ends = not _WORD.search(text, last.stop, line[1])
    if leads:
        yield Placed(first, "alone" if ends and len(times) == 1 else "leading", line)
        yield from (Placed(time, "following", line) for time in _alike(text, times))
    elif ends and len(times) == 1 and not _CUE.search(text, start, last.start):
        yield Placed(last, "trailing", line)
    else:
        yield from (Placed(time, "inner", line, _is_cued(text, line, time)) for time in times)


def _alike(text: str, times: Sequence[WrittenTime]) -> Iterator[WrittenTime]:
    """The later times of a line that are written as its first, and come after it."""
    before = times[0]
    for time in times[1:]:
        clock = not time.bracketed and _BY_THE_CLOCK.search(text, before.stop, time.start)
        if time.bracketed == times[0].bracketed and time.seconds >= before.seconds and not clock:
            yield time
            before = time


def _is_cued(text: str, line: tuple[int, int], time: WrittenTime) -> bool:
    if time.end_s and _FROM.search(text, line[0], time.start):
        return True
    cued = _CUE.search(text, line[0], time.start)
    return bool(cued or _MARK_AFTER.match(text, time.stop, line[1]))
