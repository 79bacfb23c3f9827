"""An episode, its podcast, and its text to embed."""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from uuid import UUID, uuid5

Json = Any  # what json.loads returns

_SHOWN_CHARACTERS = 90  # of a summary that stands for a title, as on the page
_PODCASTS = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # of the podcast namespace
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4\u0060"
_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
_FOLDED = str.maketrans(
    dict.fromkeys(_HYPHENS, "-")
    | dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_QUOTES, '"')
    | dict.fromkeys(_INVISIBLE, "")
)


def fold(text: str) -> str:
    """Text with the characters of a keyboard, so that `real-time` matches `real\u2011time`.

    Replaces compatibility forms, dashes, quotes, invisible characters and white space; letters keep
    their case and accents. Unpaired surrogates become "?".
    """
    if not text.isascii() or "`" in text:
        text = unicodedata.normalize("NFKC", text.translate(_FOLDED)).translate(_FOLDED)
        text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Podcast:
    """The podcast of an episode, from its feed's channel; `extra` has further fields."""

    title: str
    link: str | None = None  # of its own page
    feed_url: str | None = None
    image: str | None = None
    author: str | None = None
    guid: str | None = None  # podcast:guid
    language: str | None = None
    id: str | None = None  # where neither guid nor feed_url is to name it
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """What no other podcast has: its guid, or one made of its feed's address.

        A podcast of which the corpus says neither is known by its title.
        """
        made = feed_guid(self.feed_url) if self.feed_url else self.title
        return self.guid or self.id or made

    def to_json(self) -> dict[str, Json]:
        known = {name: getattr(self, name) for name in PODCAST_FIELDS}
        known["id"] = None if self.identity == self.title else self.identity
        present = {name: value for name, value in known.items() if value is not None}
        return {**present, **self.extra}

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> "Podcast":
        known = {name: record[name] for name in PODCAST_FIELDS if name in record}
        return cls(**known, extra={name: record[name] for name in record if name not in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A copy of the episode that was merged into it: from another feed, or published again."""

    id: str
    podcast: str | None = None  # its title
    podcast_id: str | None = None  # its identity, where that is not its title
    guid: str | None = None
    link: str | None = None
    audio_url: str | None = None

    @classmethod
    def of(cls, episode: "Episode") -> "Appearance":
        return cls(
            id=episode.episode_id,
            podcast=episode.podcast.title if episode.podcast else None,
            podcast_id=episode.podcast.to_json().get("id") if episode.podcast else None,
            guid=episode.guid,
            link=episode.link,
            audio_url=episode.audio_url,
        )

    def to_json(self) -> dict[str, Json]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A topic of the episode: when it begins, and summary[start:end] if its notes tell it."""

    start_s: float
    title: str
    end_s: float | None = None
    link: str | None = None
    start: int | None = None  # characters of the summary
    end: int | None = None

    def to_json(self) -> dict[str, Json]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An episode of the corpus; `extra` has the fields that are not declared here."""

    episode_id: str
    summary: str
    title: str | None = None
    # Made of the summary, where there is no title; so it tells no episode from another.
    headline: str | None = field(default=None, compare=False)
    podcast: Podcast | None = None
    published_at: str | None = None
    link: str | None = None  # of its own page
    guid: str | None = None
    author: str | None = None
    audio_url: str | None = None
    image: str | None = None
    season: int | None = None
    episode: int | None = None  # its number
    episode_type: str | None = None  # full, trailer or bonus
    explicit: bool | None = None
    transcript_url: str | None = None
    transcript_id: str | None = None  # the name of the stored one, made of its content
    chapters_url: str | None = None
    hosts: tuple[str, ...] = ()
    guests: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str | None = None
    duration_s: float | None = None
    chapters: tuple[Chapter, ...] = ()
    listed: bool | None = None  # False if its feed no longer lists it
    also_in: tuple[Appearance, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own id and those of the copies that were merged into it."""
        return (self.episode_id, *(appearance.id for appearance in self.also_in))

    def to_json(self) -> dict[str, Json]:
        """The JSON object that clients get: `id` first, missing fields omitted."""
        known = {name: getattr(self, name) for name in KNOWN_FIELDS}
        present = {name: value for name, value in known.items() if value not in (None, ())}
        if self.podcast:
            present["podcast"] = self.podcast.to_json()
        if self.chapters:
            present["chapters"] = [chapter.to_json() for chapter in self.chapters]
        if self.also_in:
            present["also_in"] = [appearance.to_json() for appearance in self.also_in]
        return {"id": self.episode_id, **present, **self.extra}

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> "Episode":
        known = {name: record[name] for name in KNOWN_FIELDS if name in record}
        known |= {name: tuple(known[name]) for name in LIST_FIELDS if name in known}
        if "podcast" in known:
            known["podcast"] = Podcast.from_json(known["podcast"])
        if "chapters" in known:
            known["chapters"] = tuple(Chapter(**fields) for fields in known["chapters"])
        if "also_in" in known:
            known["also_in"] = tuple(Appearance(**fields) for fields in known["also_in"])
        extra = {name: value for name, value in record.items() if name not in {"id", *known}}
        return cls(episode_id=record["id"], extra=extra, **known)


PODCAST_FIELDS = tuple(f.name for f in fields(Podcast) if f.name != "extra")
KNOWN_FIELDS = tuple(f.name for f in fields(Episode) if f.name not in {"episode_id", "extra"})
LIST_FIELDS = ("hosts", "guests", "tags", "categories")


def feed_guid(address: str) -> str:
    """The guid of the podcast of a feed that says none, as the podcast namespace derives it."""
    return str(uuid5(_PODCASTS, address.partition("://")[2].rstrip("/") or address))


def shown_title(title: str | None, headline: str | None, summary: str) -> str:
    """What lists name an episode by: its title, its headline, or the first words of its summary."""
    return title or headline or _beginning(" ".join(summary.split()))


def _beginning(text: str) -> str:
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    cut = text[:_SHOWN_CHARACTERS]
    return f"{cut.rpartition(' ')[0] or cut}…"


def embedding_text(episode: Episode) -> str:
    """Title and summary, folded; without the title if the summary starts with it."""
    summary = fold(episode.summary)
    title = fold(episode.title or "")
    if not title or summary.startswith(title):
        return summary
    return f"{title}. {summary}"
