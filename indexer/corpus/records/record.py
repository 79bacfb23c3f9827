"""Turns the fields of a record into an episode, or says in a sentence what to change."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import islice

from indexer.corpus.feeds.html_text import plain_text
from indexer.corpus.records.field_values import InvalidRecord, usable_values
from indexer.corpus.records.given_chapters import read_chapters
from indexer.episode import KNOWN_FIELDS, PODCAST_FIELDS, Chapter, Episode, Json, Podcast
from indexer.text.headlines.headline import headline_of
from indexer.text.times import chapters_of, with_ends

SUMMARY_NAMES = ("summary", "text", "description")
ID_NAMES = ("id", "_id")
LINK_NAMES = ("link", "url")
_SAME_S = 2.0  # between the starts of a chapter in two places
_MAX_DEPTH = 100  # of lists and objects within each other
MOST_ID_CHARACTERS = 512
MOST_SUMMARY_CHARACTERS = 200_000

_MOST_NAMED = 12  # fields, in a message
_OF_PARTS = ("summary", "podcast", "also_in", "chapters")
_SIMPLE_FIELDS = tuple(name for name in KNOWN_FIELDS if name not in _OF_PARTS)
_UNENCODABLE = re.compile(r"[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\0-\x08\x0e-\x1b\x7f]")  # others are white space


def episode_from_fields(fields: Mapping[str, Json], on_note: Callable[[str], None]) -> Episode:
    """The episode of these fields; a sentence for each optional field left out or in doubt.

    Raises InvalidRecord, whose text says what to change, where there can be no episode.
    """
    fields = _without_controls(fields)
    summary_name, id_name, link_name = (
        _first_given(fields, names) for names in (SUMMARY_NAMES, ID_NAMES, LINK_NAMES)
    )
    if not summary_name:
        given = (repr(name[:40]) for name, value in fields.items() if value not in (None, "", []))
        names = ", ".join(islice(given, _MOST_NAMED)) or "nothing"
        raise InvalidRecord(f"has no summary, but {names}; give it a text field named summary")
    summary = _summary(fields[summary_name])
    known = usable_values({**fields, "link": fields.get(link_name)}, _SIMPLE_FIELDS, on_note)
    if "title" not in known and "headline" not in known:
        known["headline"] = headline_of(summary, known.get("hosts", ()))
    named = {*KNOWN_FIELDS, "id", summary_name, id_name, link_name}  # as clients see them
    return Episode(
        episode_id=_id(fields[id_name]) if id_name else text_id(known.get("title"), summary),
        summary=summary,
        podcast=_podcast(fields.get("podcast"), on_note),
        chapters=_chapters(fields.get("chapters"), summary, known.get("duration_s"), on_note),
        extra={name: value for name, value in fields.items() if name not in named},
        **known,
    )


def _first_given(fields: Mapping[str, Json], names: tuple[str, ...]) -> str:
    return next((name for name in names if fields.get(name) not in (None, "")), "")


def _podcast(value: Json, on_note: Callable[[str], None]) -> Podcast | None:
    """A podcast from an object, or from its title alone."""
    fields = value if isinstance(value, Mapping) else {"title": value}
    known = usable_values(fields, PODCAST_FIELDS, on_note, within="podcast.")
    if "title" not in known:
        if known:
            on_note("the field 'podcast' has no title; give it one (left out until then)")
        return None
    extra = {name: value for name, value in fields.items() if name not in PODCAST_FIELDS}
    return Podcast(**known, extra=extra)


def _chapters(
    value: Json, summary: str, duration_s: float | None, on_note: Callable[[str], None]
) -> tuple[Chapter, ...]:
    """The chapters that are given, or else those of which the summary tells the times."""
    if value not in (None, "", []):
        try:
            given = read_chapters(value, duration_s)
            noted = chapters_of(summary, duration_s)
            return tuple(with_ends([_where_noted(each, noted) for each in given], duration_s))
        except ValueError as error:
            on_note(
                f"the field 'chapters' {error}; write objects with start_s and title "
                "(left out until then)"
            )
    return chapters_of(summary, duration_s)


def _where_noted(chapter: Chapter, noted: Sequence[Chapter]) -> Chapter:
    """The chapter with its place in the summary, if the notes tell it too."""
    same = (each for each in noted if abs(each.start_s - chapter.start_s) <= _SAME_S)
    found = next(same, None)
    return replace(chapter, start=found.start, end=found.end) if found else chapter


def _without_controls(fields: Mapping[str, Json]) -> Mapping[str, Json]:
    """The fields without control characters. Raises InvalidRecord where text is not Unicode."""
    stray = False
    for name, value in fields.items():
        for text in (name, *_strings(value)):
            if _UNENCODABLE.search(text):
                raise InvalidRecord(
                    f"the field {name!r} is not valid UTF-8; save the file as UTF-8"
                )
            stray = stray or _CONTROLS.search(text) is not None
    cleaned: Mapping[str, Json] = _cleaned(fields) if stray else fields
    return cleaned


def _cleaned(value: Json) -> Json:
    if isinstance(value, str):
        return _CONTROLS.sub("", value)
    if isinstance(value, Mapping):
        return {_CONTROLS.sub("", name): _cleaned(part) for name, part in value.items()}
    return [_cleaned(part) for part in value] if isinstance(value, list) else value


def _strings(value: Json, depth: int = 0) -> Iterator[str]:
    """Every text in a value, names of fields included. Raises InvalidRecord if it is too deep."""
    if depth > _MAX_DEPTH:
        raise InvalidRecord("its fields are nested too deeply; flatten them")
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
        for part in value.values():
            yield from _strings(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part, depth + 1)


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


def text_id(title: str | None, summary: str) -> str:
    text = summary if title is None else f"{title}\n{summary}"
    return sha256(text.encode()).hexdigest()[:16]
