"""Turns the times of show notes into chapters: when a topic begins, and where it is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from indexer.episode import Chapter
from indexer.text.times.marks import TimeMark, time_marks

MOST_TITLE_CHARACTERS = 300

_HEADING = re.compile(
    r"\s*(?:#{1,6}\s|[*_]{2}[^*_\n]{1,60}[*_]{2}:?\s*$|[-*_=]{3,}\s*$|[A-Z][^.!?\n]{0,40}:\s*$|"
    r"(?i:links?|sponsors?|shameless plugs?|resources|follow|subscribe|support|contact|credits|"
    r"music)\b)",
    re.MULTILINE,
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"(?<!\w)[*_`]+|[*_`]+(?!\w)")
_EDGES = " \t\n-\u2010\u2011\u2012\u2013\u2014|:,;\u2022\u00b7*>.#~"
_CLAUSE_END = re.compile(r"[.!?;]\s|\n")


def chapters_of(text: str, duration_s: float | None = None) -> tuple[Chapter, ...]:
    """The chapters of a text, by time; each ends where the next begins, if nothing else is told.

    A chapter without a title, as a time alone at the end of a text, is left out.
    """
    marks = time_marks(text, duration_s)
    found = sorted(_chapters(text, marks), key=lambda chapter: chapter.start_s)
    return tuple(with_ends(found, duration_s))


def with_ends(chapters: Sequence[Chapter], duration_s: float | None) -> Iterator[Chapter]:
    """The chapters, in order, with the end of each that has none."""
    starts = [*(chapter.start_s for chapter in chapters), duration_s]
    for place, chapter in enumerate(chapters):
        later = (start for start in starts[place + 1 :] if start and start > chapter.start_s)
        end = chapter.end_s if chapter.end_s and chapter.end_s > chapter.start_s else None
        yield replace(chapter, end_s=end or next(later, None))


def _chapters(text: str, marks: Sequence[TimeMark]) -> Iterator[Chapter]:
    before: TimeMark | None = None
    for mark, after in pairwise([*marks, None]):
        if mark is None:  # never, since only the last one is
            return
        if mark.place in ("leading", "following", "alone"):
            start, stop = mark.stop, _end(text, mark, after)
        else:
            start, stop = _said_before(text, mark, before)
        said = text[start:stop]
        start, stop = start + len(said) - len(said.lstrip()), start + len(said.rstrip())
        title = _title(text, start, stop)
        if any(map(str.isalnum, title)):
            yield Chapter(
                start_s=mark.start_s, end_s=mark.end_s, title=title, start=start, end=stop
            )
        before = mark


def _end(text: str, mark: TimeMark, after: TimeMark | None) -> int:
    """Where the lines of a topic end: at the next time, or at a heading."""
    if after is None and mark.place != "alone":
        return mark.line[1]
    stop = after.start if after else len(text)
    heading = _HEADING.search(text, mark.line[1] + 1, stop) if mark.line[1] < stop else None
    while heading and text.rfind("\n", 0, heading.start() + 1) + 1 < heading.start():
        heading = _HEADING.search(text, heading.end(), stop)
    return heading.start() if heading else stop


def _said_before(text: str, mark: TimeMark, before: TimeMark | None) -> tuple[int, int]:
    """The part of a line that a time ends, from the time before it."""
    start = max(mark.line[0], before.stop if before else 0)
    said = text[start : mark.start]
    if mark.place == "inner":
        if not any(map(str.isalnum, said)):
            return mark.stop, mark.line[1]
        for end in _CLAUSE_END.finditer(said.rstrip()):
            start_of_last = end.end()
            return start + start_of_last, mark.start
    return start, mark.start


def _title(text: str, start: int, stop: int) -> str:
    line = next((each for each in text[start:stop].split("\n") if any(map(str.isalnum, each))), "")
    plain = plain_topic(line)
    if len(plain) > MOST_TITLE_CHARACTERS:
        plain = plain[: MOST_TITLE_CHARACTERS - 1].rpartition(" ")[0] + "\u2026"
    return plain


def plain_topic(line: str) -> str:
    """The words of a line of notes, without the marks of lists, links and emphasis."""
    plain = _EMPHASIS.sub("", _LINK.sub(r"\1", line)).strip(_EDGES)
    return " ".join(plain.split())
