"""Finds series, episodes that are parts of one story, by their titles.

"Robinson Crusoe, part 3", "Robinson Crusoe (4 of 5)" and "Robinson Crusoe, continued" of one
podcast are a series. "Robinson Crusoe" is a part of it too, since a first part often has no number.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.episode import Episode, fold
from indexer.storage.segments import Rows
from indexer.text.sentences import split_sentences

_ALONE = -1  # the number of an episode that is part of no series
_MOST_HEADING_WORDS = 15  # a longer first sentence is not used as a title

_PART = r"part|pt|parte|partie|teil|chapter|segment|hour|act"
_NUMBER = (
    r"\d{1,3}|[ivx]{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|first|second|third|fourth|fifth|sixth|last|final"
)
_MARK = re.compile(
    rf"[(\[]?\b(?:{_PART})\b[.:]?\s*\#?\s*(?:{_NUMBER})\b(?![-/.]\d)(?:\s*of\s*\d{{1,2}}\b)?[)\]]?"
    rf"|[(\[]?\b(?:{_NUMBER})\s+of\s+\d{{1,2}}\b[)\]]?"
    r"|[(\[]\d{1,2}\s?/\s?\d{1,2}[)\]]"
    r"|[(\[]?\b(?:continued|cont'd|concluded|conclusion)\b[)\]]?\W*$"
    r"|\s(?-i:II|III|IV|VI{0,3}|IX)(?=\W*$|:)",
    re.IGNORECASE,
)
_NAMELESS = frozenset("volume vol episode ep show".split())  # words for numbers, not for stories
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Series:
    numbers: NDArray[np.int32]  # (rows,): one for the parts of each story; -1 for no part of any

    def parts_of(self, rows: Rows) -> Rows:
        """All rows of the series that `rows` belong to, `rows` included."""
        numbers = self.numbers[rows]
        return np.flatnonzero(np.isin(self.numbers, numbers[numbers != _ALONE]))


class _Story(NamedTuple):
    name: str  # without its part, as plain words; empty where there is none
    is_part: bool


def series_of(episodes: Iterable[Episode]) -> Series:
    """Finds the series in one pass; holds one number for each episode."""
    keys: list[int] = []
    parts: list[bool] = []
    for episode in episodes:
        story = _story(episode)
        podcast = episode.podcast.identity if episode.podcast else ""
        keys.append(_key(podcast, story.name) if story.name else 0)
        parts.append(story.is_part)
    return Series(_numbered(np.array(keys, np.uint64), np.array(parts, bool)))


def _numbered(keys: NDArray[np.uint64], parts: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Parts of one key are a series; so is what has no part in its name, if there is one such."""
    stories = np.unique(keys[parts & (keys != 0)])
    place = np.searchsorted(stories, keys)
    of_story = np.isin(keys, stories)
    openings = np.bincount(place[of_story & ~parts], minlength=len(stories))
    of_story[of_story] &= parts[of_story] | (openings[place[of_story]] == 1)
    sizes = np.bincount(place[of_story], minlength=len(stories))
    of_story[of_story] &= sizes[place[of_story]] > 1
    return np.where(of_story, place, _ALONE).astype(np.int32)


def _story(episode: Episode) -> _Story:
    """The name before the last part mark; the text after it if there is no name before."""
    heading = _heading(episode)
    marks = list(_MARK.finditer(heading))
    if not marks:
        return _Story(_plain(heading), False)
    show = _NAMELESS.union(_plain(_podcast(episode)).split())
    names = _plain(heading[: marks[-1].start()]), _plain(heading[marks[-1].end() :])
    telling = (name for name in names if set(name.split()) - show)
    return _Story(next(telling, ""), True)


def _heading(episode: Episode) -> str:
    if episode.title:
        return fold(episode.title)
    first = [episode.summary[start:stop] for start, stop in split_sentences(episode.summary)[:1]]
    return "".join(fold(text) for text in first if len(text.split()) <= _MOST_HEADING_WORDS)


def _podcast(episode: Episode) -> str:
    return episode.podcast.title if episode.podcast else ""


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text)).casefold()


def _key(podcast: str, name: str) -> int:
    """Never 0."""
    digest = blake2b(f"{podcast}\n{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") | 1
