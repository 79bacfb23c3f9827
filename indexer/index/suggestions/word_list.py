"""Sorted words with numbers: finds those that begin with a text, and those within one typo."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, digits

import numpy as np
from numpy.typing import NDArray

from indexer.episode import fold
from indexer.storage.memory_map import mapped

_MOST_BYTES = 24  # of a word; what is longer is cut
FEWEST_LETTERS_MENDED = 4  # of a shorter word one typo may make another word
_LETTERS = ascii_lowercase + digits
_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")

Keys = NDArray[np.bytes_]


@dataclass(frozen=True)
class WordFiles:
    words: Path  # (words,) S24, ascending
    counts: Path  # (words,) uint32


def words_in(text: str) -> list[str]:
    """The words of a text without case and accents."""
    lowered = fold(text).casefold()
    if not lowered.isascii():
        plain = _ACCENTS.sub("", unicodedata.normalize("NFD", lowered))
        lowered = unicodedata.normalize("NFC", plain)
    return _WORD.findall(lowered)


def keys_of(words: Iterable[str]) -> Keys:
    each = list(words)
    ascii_only = "".join(each).isascii()  # which numpy converts several times as fast
    return np.array(each if ascii_only else list(map(_key, each)), f"S{_MOST_BYTES}")


class WordList:
    """Safe to share between threads."""

    def __init__(self, files: WordFiles) -> None:
        self._words: Keys = mapped(files.words)
        self._counts: NDArray[np.uint32] = mapped(files.counts)

    def place(self, word: str) -> int | None:
        """The position of a word; None if it is not here."""
        key = np.array(_key(word), self._words.dtype)
        place = int(np.searchsorted(self._words, key))
        return place if place < len(self._words) and self._words[place] == key else None

    def beginning_with(self, text: str) -> range:
        """The positions of the words that begin with a text."""
        start, stop = np.searchsorted(self._words, _bounds([_key(text)])[:, 0])
        return range(int(start), int(stop))

    def near(self, word: str) -> str | None:
        """The most frequent word within one typo; None if there is none."""
        if len(word) < FEWEST_LETTERS_MENDED:
            return None
        keys = keys_of(self._typos(word))
        places = np.searchsorted(self._words, keys).clip(max=max(0, len(self._words) - 1))
        found = places[self._words[places] == keys] if len(self._words) else places[:0]
        if not len(found):
            return None
        best = found[np.argmax(self._counts[found])]
        return bytes(self._words[best]).decode("utf-8", "ignore")

    def beginning_near(self, text: str) -> list[range]:
        """The positions of the words that begin with a text that differs by one typo."""
        if len(text) < FEWEST_LETTERS_MENDED:
            return []
        bounds = np.searchsorted(self._words, _bounds(list(map(_key, self._typos(text)))))
        return [range(a, b) for a, b in zip(*bounds.tolist(), strict=True) if a < b]

    def _typos(self, word: str) -> list[str]:
        """Those that words here may begin with: no word has what follows unknown first letters."""
        beginnings = [_key(word[:stop]) for stop in range(1, len(word) + 1)]
        starts, stops = np.searchsorted(self._words, _bounds(beginnings))
        return _typos(word, int((starts < stops).sum()))


def write_words(files: WordFiles, counts: dict[str, int]) -> Keys:
    """Writes the words in order; gives their keys, those of cut words once."""
    merged: dict[bytes, int] = {}
    for word, count in counts.items():
        key = _key(word)
        merged[key] = merged.get(key, 0) + count
    keys = np.array(sorted(merged), f"S{_MOST_BYTES}")
    np.save(files.words, keys)
    np.save(files.counts, np.array([merged[bytes(key)] for key in keys], np.uint32))
    return keys


def _key(word: str) -> bytes:
    return word.encode("utf-8", "replace")[:_MOST_BYTES]


def _bounds(keys: list[bytes]) -> Keys:
    """(2, keys): each with the first key that does not begin with it."""
    after = [key.ljust(_MOST_BYTES, b"\xff") for key in keys]
    return np.array([keys, after], f"S{_MOST_BYTES}")


def _typos(word: str, known: int) -> list[str]:
    """What differs by one letter that is missing, added, wrong or swapped with the next.

    Only such as begin with none but the first letters, as many as are `known`, unchanged.
    """
    parts = [(word[:place], word[place:]) for place in range(known + 1)]
    missing = [a + b[1:] for a, b in parts if b]
    swapped = [a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1]
    wrong = [a + letter + b[1:] for a, b in parts if b for letter in _LETTERS]
    added = [a + letter + b for a, b in parts for letter in _LETTERS]
    return [each for each in dict.fromkeys([*missing, *swapped, *wrong, *added]) if each != word]
