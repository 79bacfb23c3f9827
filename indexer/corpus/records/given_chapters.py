"""Reads chapters as records, Podcasting 2.0 files and Podlove's simple chapters give them."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from indexer.corpus.feeds.html_text import plain_line
from indexer.corpus.records.durations import read_seconds
from indexer.episode import Chapter, Json
from indexer.text.times.chapters import MOST_TITLE_CHARACTERS

MOST_CHAPTERS = 1000
_LONGEST = 24 * 3600.0  # what begins later is a mistake
_LISTS = ("chapters", "segments", "items")
_STARTS = ("start_s", "startTime", "start", "start_time", "startTimeSeconds", "time", "timestamp")
_ENDS = ("end_s", "endTime", "end", "end_time")
_TITLES = ("title", "name", "heading", "text", "summary")
_LINKS = ("link", "url", "href")
_HIDDEN = re.compile(r"(?i)false|no|0")


def read_chapters(value: Json, duration_s: float | None = None) -> tuple[Chapter, ...]:
    """The chapters that have a title and a start within the episode, by their start.

    `value` is a list of objects, or an object that has one. Raises ValueError where it is neither,
    or where no chapter of it can be read.
    """
    listed = value
    if isinstance(value, Mapping):
        listed = next((value[name] for name in _LISTS if name in value), None)
    if not isinstance(listed, list):
        raise ValueError("has no list of chapters")
    longest = duration_s or _LONGEST
    read = [_chapter(each) for each in listed[:MOST_CHAPTERS] if isinstance(each, Mapping)]
    found = [each for each in read if each and each.start_s <= longest]
    if listed and not found:
        raise ValueError("has no chapter with a title and a start within the episode")
    return tuple(sorted(found, key=lambda chapter: chapter.start_s))


def _chapter(fields: Mapping[str, Json]) -> Chapter | None:
    """None for one without a title or a start, and one that is hidden from tables of contents."""
    title = next((fields[name] for name in _TITLES if isinstance(fields.get(name), str)), "")
    title = plain_line(title[: 10 * MOST_TITLE_CHARACTERS])[:MOST_TITLE_CHARACTERS].strip()
    start, end = (_seconds(fields, names) for names in (_STARTS, _ENDS))
    hidden = "toc" in fields and _HIDDEN.fullmatch(str(fields["toc"])) is not None
    if start is None or not any(map(str.isalnum, title)) or hidden:
        return None
    end = end if end is not None and end > start else None
    return Chapter(start_s=start, end_s=end, title=title, link=_link(fields))


def _seconds(fields: Mapping[str, Json], names: tuple[str, ...]) -> float | None:
    given = next((fields[name] for name in names if name in fields), None)
    if given is None or isinstance(given, bool):
        return None
    try:
        return round(read_seconds(str(given).strip()), 3)
    except ValueError:
        return None


def _link(fields: Mapping[str, Json]) -> str | None:
    """An address of the web; others, as of scripts, are left out."""
    given = next((fields[name] for name in _LINKS if isinstance(fields.get(name), str)), "").strip()
    try:
        parts = urlsplit(given)
    except ValueError:
        return None
    return given if parts.scheme in ("http", "https") and parts.hostname else None
