"""Finds sentences that a podcast repeats: sponsors, pleas to subscribe, notices.

A sentence that recurs in many episodes of a podcast says nothing about one of them, so it is
neither embedded nor highlighted. The summary that is returned keeps it.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from indexer.episode import Episode, fold
from indexer.text.passages import sentences_of
from indexer.text.sentences import Span

_FEWEST_EPISODES = 3
_SMALLEST_SHARE = 0.2  # of the podcast's episodes
_NO_WORD = 0  # the key of text without letters, such as list numbers or a line of stars
_NOT_LETTERS = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class SentenceCounts:
    """The sentences of some episodes, as keys of eight bytes."""

    sizes: Counter[str]  # number of episodes by podcast
    keys: "array[int]"  # of the distinct sentences of each episode

    @classmethod
    def of(cls, episodes: Iterable[Episode]) -> "SentenceCounts":
        uses = cls(Counter(), array("Q"))
        for episode in episodes:
            if episode.podcast:
                uses.sizes[episode.podcast.identity] += 1
                uses.keys.extend(set(_keys(episode, sentences_of(episode))))
        return uses


class Boilerplate:
    def __init__(self, parts: Iterable[SentenceCounts]) -> None:
        """`parts` together must have all episodes of each podcast."""
        sizes: Counter[str] = Counter()
        keys = array("Q")
        for uses in parts:
            sizes.update(uses.sizes)
            keys.extend(uses.keys)
        self._fewest = {
            podcast: max(_FEWEST_EPISODES, _SMALLEST_SHARE * size)
            for podcast, size in sizes.items()
            if size >= _FEWEST_EPISODES
        }
        self._uses = _recurring(keys)

    def own_sentences(self, episode: Episode) -> list[Span]:
        """The sentences that are not boilerplate; all of them if none would be left."""
        sentences = sentences_of(episode)
        fewest = self._fewest.get(episode.podcast.identity) if episode.podcast else None
        if fewest is None:
            return sentences
        keys = _keys(episode, sentences)
        kept = [
            span
            for span, key in zip(sentences, keys, strict=True)
            if self._uses.get(key, 0) < fewest
        ]
        return kept or sentences


def _recurring(uses: "array[int]") -> dict[int, int]:
    """The number of episodes by sentence key, for sentences of at least three episodes."""
    keys, counts = np.unique(np.frombuffer(uses, np.uint64), return_counts=True)
    several = (counts >= _FEWEST_EPISODES) & (keys != _NO_WORD)
    return dict(zip(keys[several].tolist(), counts[several].tolist(), strict=True))


def _keys(episode: Episode, sentences: list[Span]) -> list[int]:
    podcast = episode.podcast.identity if episode.podcast else ""
    return [_key(podcast, episode.summary[start:stop]) for start, stop in sentences]


def _key(podcast: str, sentence: str) -> int:
    """A key that ignores numbers, dates and punctuation."""
    letters = _NOT_LETTERS.sub(" ", fold(sentence).casefold()).strip()
    if not letters:
        return _NO_WORD
    digest = blake2b(f"{podcast}\n{letters}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
