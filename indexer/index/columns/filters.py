"""The filters of a search, and the attributes of an episode that they compare.

A label is a field and a value, such as "person:Aravind Suresh". Labels that differ only in case or
typography are equal, and names of people that differ in accents.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from indexer.episode import Episode, fold
from indexer.storage.segments import Rows

PODCAST, PERSON, TAG, LANGUAGE, YEAR = "podcast", "person", "tag", "language", "year"
SEASON, EPISODE = "season", "episode"
SHOW = "show"  # a podcast by its identity, and its title behind that
FACETS = (PODCAST, YEAR, PERSON, TAG, LANGUAGE)

NO_DATE = -(2**63)

_EXPLICIT = "explicit"
_HAS = "has"
_PERSON = f"{PERSON}:"
_MOST_KEY_CHARACTERS = 500
_SHOWN = "\x1f"  # what follows is for readers, and no part of the key
_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"}
)
_SUBTAG_ENDS = re.compile("[-_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """An episode passes if it has any one of the values of each given field.

    An episode without a date or a duration is outside of every range; one that is not marked
    counts as not explicit.
    """

    podcast: tuple[str, ...] = ()  # by identity, or by title all that have it
    person: tuple[str, ...] = ()  # a host or a guest
    tag: tuple[str, ...] = ()  # or a category
    language: tuple[str, ...] = ()  # compared by primary subtag: en equals en-US
    published_after: datetime | None = None  # inclusive
    published_before: datetime | None = None  # exclusive
    min_duration_s: float | None = None  # inclusive, as max_duration_s is
    max_duration_s: float | None = None
    explicit: bool | None = None
    has: tuple[str, ...] = ()  # chapters, transcript
    season: tuple[int, ...] = ()
    episode: tuple[int, ...] = ()  # its number
    phrases: tuple[str, ...] = ()  # each stands in the text, its words in their order
    without: tuple[str, ...] = ()  # phrases that do not

    def alternatives(self) -> Iterator[list[str]]:
        """For each given field, the keys of the labels of which an episode needs one."""
        if self.explicit is not None:
            yield [label_key(_explicit(self.explicit))]
        if self.has:
            yield sorted({label_key(f"{_HAS}:{part}") for part in self.has})
        if self.podcast:
            fields = (PODCAST, SHOW)
            yield sorted(
                {label_key(f"{field}:{name}") for field in fields for name in self.podcast}
            )
        for field in (PERSON, TAG):
            if values := getattr(self, field):
                yield sorted({label_key(f"{field}:{value}") for value in values})
        if self.language:
            yield sorted({label_key(_language(value)) for value in self.language})
        for field in (SEASON, EPISODE):
            if numbers := getattr(self, field):
                yield sorted({f"{field}:{number}" for number in numbers})

    def published_bounds(self) -> tuple[int, int] | None:
        """Seconds since 1970, inclusive."""
        after, before = self.published_after, self.published_before
        if after is None and before is None:
            return None
        return (
            seconds_of(after) if after else NO_DATE + 1,
            seconds_of(before) - 1 if before else -NO_DATE - 1,
        )

    def duration_bounds(self) -> tuple[float, float] | None:
        """Seconds in stored precision, inclusive."""
        least, most = self.min_duration_s, self.max_duration_s
        if least is None and most is None:
            return None
        return stored_duration(least or 0.0), stored_duration(math.inf if most is None else most)


NO_FILTERS = Filters()


class Selection(NamedTuple):
    """Filters, and the rows of a snapshot that pass them, in ascending order."""

    filters: Filters
    rows: Rows


class Attributes(NamedTuple):
    """The values of an episode that filters and facets use."""

    labels: tuple[str, ...] = ()
    published: int | None = None  # seconds since 1970
    duration_s: float | None = None


NO_ATTRIBUTES = Attributes()


def attributes_of(episode: Episode) -> Attributes:
    published = moment_of(episode.published_at) if episode.published_at else None
    return Attributes(
        tuple(dict.fromkeys(_labels(episode, published))),
        seconds_of(published) if published else None,
        None if episode.duration_s is None else stored_duration(episode.duration_s),
    )


def label_key(label: str) -> str:
    """A key that is equal for labels that differ only in case or typography, people in accents."""
    key = fold(label.partition(_SHOWN)[0]).casefold()
    if key.startswith(_PERSON) and not key.isascii():
        key = _without_accents(key)
    return key[:_MOST_KEY_CHARACTERS]


def _without_accents(text: str) -> str:
    """As the lexical index folds letters; the marks of other scripts are no accents."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", text.translate(_LETTERS)))
    return unicodedata.normalize("NFC", plain)


def shown_of(name: str) -> tuple[str, str]:
    """The identity of a podcast and its title, from the name of its label."""
    identity, _, title = name.partition(_SHOWN)
    return identity, title or identity


def moment_of(text: str) -> datetime:
    """The time of an ISO 8601 text, midnight for a date; UTC by default. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds_of(moment: datetime) -> int:
    return int(moment.timestamp() // 1)


def stored_duration(seconds: float) -> float:
    """The duration in float32, as columns store it, so that equal bounds include it.

    A duration beyond float32 is infinite.
    """
    with np.errstate(over="ignore"):
        return float(np.float32(seconds))


def _labels(episode: Episode, published: datetime | None) -> Iterator[str]:
    if episode.podcast:
        yield from _podcast_labels(episode.podcast.title, episode.podcast.identity)
    for place in episode.also_in:
        if place.podcast:
            yield from _podcast_labels(place.podcast, place.podcast_id or place.podcast)
    yield from (f"{PERSON}:{name}" for name in (*episode.hosts, *episode.guests))
    yield from (f"{TAG}:{name}" for name in (*episode.tags, *episode.categories))
    if episode.language:
        yield _language(episode.language)
    if published:
        yield f"{YEAR}:{published.astimezone(UTC).year}"
    yield _explicit(episode.explicit is True)
    if episode.chapters:
        yield f"{_HAS}:chapters"
    if episode.transcript_id or episode.transcript_url:
        yield f"{_HAS}:transcript"
    for field in (SEASON, EPISODE):
        if (number := getattr(episode, field)) is not None:
            yield f"{field}:{number}"


def _podcast_labels(title: str, identity: str) -> Iterator[str]:
    yield f"{PODCAST}:{title}"
    yield f"{SHOW}:{identity}{_SHOWN}{title}"


def _language(tag: str) -> str:
    return f"{LANGUAGE}:{_SUBTAG_ENDS.split(tag.strip(), 1)[0].lower()}"


def _explicit(value: bool) -> str:
    return f"{_EXPLICIT}:{value}"
