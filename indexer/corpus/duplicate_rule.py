"""The rule by which a build merges two episodes: are they the same one?

A wrong "yes" hides an episode, a wrong "no" shows one twice. So the titles must agree, and also the
guid, the audio or the whole text, and nothing may contradict. Similar text alone is not enough:
each of forty such pairs of real episodes with different titles was two episodes of a podcast that
repeats a text. `service/search/repeat_rule.py` is the rule for hits of a search, which compares
vectors and words and hides nothing unless requested.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from indexer.episode import Episode, fold

_SHORTEST_GLOBAL_GUID = 16  # shorter ones are often numbers that other podcasts use too
_LEAST_SHARED = 0.8  # share of common words of two similar texts
_SHORTEST_TELLING_TEXT = 80  # letters; many episodes may have the same shorter text
_HOURS_APART = 20.0  # a date counts as its noon; episodes of a daily show are 24 hours apart
_SECONDS_APART = 10.0
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class EpisodeTraits:
    """What the rule compares of an episode."""

    episode: Episode

    @cached_property
    def title(self) -> str:
        return _words_of(self.episode.title)

    @cached_property
    def text(self) -> str:
        return _words_of(self.episode.summary)

    @property
    def podcast(self) -> str:
        return _words_of(self.episode.podcast.title if self.episode.podcast else None)

    @cached_property
    def moment(self) -> datetime | None:
        said = self.episode.published_at
        if said is None:
            return None
        return datetime.fromisoformat(said if "T" in said else f"{said}T12:00:00Z")

    def clues(self) -> tuple[str | None, ...]:
        """Clues of which two copies of an episode share at least one."""
        day = self.moment and self.moment.date().isoformat()
        return (
            self.episode.guid,
            self.episode.audio_url,
            f"{self.title}\n{self.text}",
            f"{self.title}\n{day}" if self.title and day else None,
        )


def are_duplicates(one: EpisodeTraits, other: EpisodeTraits) -> bool:
    if _equal(one.episode.guid, other.episode.guid):
        return _same_by_guid(one, other)
    if one.title != other.title:
        return False
    if _equal(one.episode.audio_url, other.episode.audio_url):
        return _near(one.text, other.text)
    return _same_by_text(one, other)


def _same_by_guid(one: EpisodeTraits, other: EpisodeTraits) -> bool:
    if one.title == other.title and len(one.episode.guid or "") >= _SHORTEST_GLOBAL_GUID:
        return True
    return _titles_agree(one.title, other.title) and _near(one.text, other.text)


def _same_by_text(one: EpisodeTraits, other: EpisodeTraits) -> bool:
    shorter, longer = sorted((one.text, other.text), key=len)
    if len(shorter) < _SHORTEST_TELLING_TEXT or _apart(one, other):
        return False
    if one.podcast == other.podcast:
        return shorter == longer
    return bool(one.moment and other.moment) and longer.startswith(shorter)


def _apart(one: EpisodeTraits, other: EpisodeTraits) -> bool:
    """Whether dates, durations or audio show that these are two episodes."""
    if one.moment and other.moment:
        hours = abs((one.moment - other.moment).total_seconds()) / 3600
        if hours > _HOURS_APART:
            return True
    lengths = (one.episode.duration_s, other.episode.duration_s)
    if all(lengths) and abs((lengths[0] or 0) - (lengths[1] or 0)) > _SECONDS_APART:
        return True
    heard = {one.episode.audio_url, other.episode.audio_url} - {None}
    return one.podcast == other.podcast and len(heard) > 1


def _titles_agree(one: str, other: str) -> bool:
    """Whether the titles are equal, or one is the other with a prefix."""
    shorter, longer = sorted((one, other), key=len)
    return shorter in longer and _numbers(shorter) == _numbers(longer)


def _near(one: str, other: str) -> bool:
    ours, theirs = set(one.split()), set(other.split())
    shared = len(ours & theirs) / max(1, len(ours | theirs))
    return shared >= _LEAST_SHARED and _numbers(one) == _numbers(other)


def _numbers(words: str) -> list[str]:
    return [word for word in words.split() if word.isdigit()]


def _equal(one: str | None, other: str | None) -> bool:
    return bool(one) and one == other


def _words_of(text: str | None) -> str:
    return " ".join(_WORD.findall(fold(text or "").casefold()))
