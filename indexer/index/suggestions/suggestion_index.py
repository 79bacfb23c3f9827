"""Titles, podcasts, people and tags, found by the beginnings of their words."""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.index.suggestions.word_list import WordFiles, WordList, keys_of, words_in, write_words
from indexer.storage.memory_map import mapped

Mask = NDArray[np.bool_]
Kind = Literal["podcast", "person", "tag", "title"]

KINDS: tuple[Kind, ...] = ("podcast", "person", "tag", "title")
_MERITS = (3.0, 2.5, 1.5, 0.0)  # of the kinds, besides the logarithm of the number of episodes
_BEGINS = 4.0  # for names whose first word begins as what is typed
_MOST_TRIED = 100  # entries, of which some may have the same name
_MOST_WORDS = 12  # of what is typed


@dataclass(frozen=True)
class SuggestionFiles:
    names: Path  # UTF-8
    name_starts: Path  # (entries + 1,) int64
    kinds: Path  # (entries,) uint8, positions in KINDS
    owners: Path  # (entries,) uint32: the row of a title, or the place of a label in its field
    merits: Path  # (entries,) float32
    first_words: Path  # (entries,) uint32
    words: WordFiles
    entries: Path  # uint32, word after word
    entry_starts: Path  # (words + 1,) int64


class Entry(NamedTuple):
    name: str
    kind: Kind
    owner: int


class SuggestionWriter:
    """Holds the words of all names; the names are written when they are added."""

    def __init__(self, files: SuggestionFiles) -> None:
        self._files = files
        self._names = files.names.open("wb")
        self._starts = array("q", [0])
        self._kinds = bytearray()
        self._owners = array("I")
        self._episodes = array("I")
        self._codes: dict[str, int] = {}  # of words, in the order of first use
        self._words = array("I")
        self._word_counts = array("I")

    def add(self, entry: Entry, episodes: int) -> None:
        """Add a name that so many episodes have; one without a word is left out."""
        words = words_in(entry.name)
        if not words:
            return
        name = entry.name.encode("utf-8", "replace")
        self._names.write(name)
        self._starts.append(self._starts[-1] + len(name))
        self._kinds.append(KINDS.index(entry.kind))
        self._owners.append(entry.owner)
        self._episodes.append(episodes)
        codes = [self._codes.setdefault(word, len(self._codes)) for word in words]
        self._words.extend(codes)
        self._word_counts.append(len(codes))

    def close(self) -> None:
        self._names.close()
        files = self._files
        kinds = np.frombuffer(bytes(self._kinds), np.uint8)
        episodes = np.frombuffer(self._episodes, np.uint32) if self._episodes else _none()
        np.save(files.name_starts, np.array(self._starts, np.int64))
        np.save(files.kinds, kinds)
        np.save(files.owners, np.array(self._owners, np.uint32))
        merits = np.array(_MERITS, np.float32)[kinds] + np.log1p(episodes).astype(np.float32)
        np.save(files.merits, merits)
        self._write_words(files)

    def _write_words(self, files: SuggestionFiles) -> None:
        codes = np.array(self._words, np.int64)
        counts = np.array(self._word_counts, np.int64)
        frequency = np.bincount(codes, minlength=len(self._codes)).tolist()
        keys = write_words(files.words, dict(zip(self._codes, frequency, strict=True)))
        places = np.searchsorted(keys, keys_of(self._codes))[codes] if len(codes) else codes
        owners = np.repeat(np.arange(len(counts)), counts)
        order = np.argsort(places, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(places, minlength=len(keys)))))
        np.save(files.entries, owners[order].astype(np.uint32))
        np.save(files.entry_starts, starts.astype(np.int64))
        firsts = np.cumsum(counts) - counts
        np.save(files.first_words, places[firsts].astype(np.uint32))


class SuggestionIndex:
    """Safe to share between threads."""

    def __init__(self, files: SuggestionFiles) -> None:
        self._names = np.memmap(files.names, np.uint8, "r") if files.names.stat().st_size else b""
        self._name_starts = mapped(files.name_starts)
        self._kinds = mapped(files.kinds)
        self._owners = mapped(files.owners)
        self._merits = mapped(files.merits)
        self._first_words = mapped(files.first_words)
        self._words = WordList(files.words)
        self._entries = mapped(files.entries)
        self._entry_starts = mapped(files.entry_starts)

    def __len__(self) -> int:
        return len(self._kinds)

    def mask(self, owners: Mapping[Kind, Mask]) -> Mask:
        """(entries,): whether the owner of each passes; `owners` has those that do, by kind."""
        passing = np.zeros(len(self), bool)
        for code, kind in enumerate(KINDS):
            places = np.flatnonzero(self._kinds == code)
            passing[places] = owners[kind][self._owners[places]]
        return passing

    def complete(self, typed: str, limit: int, mask: Mask | None = None) -> list[Entry]:
        """The best names that have all words of `typed`, the last of which may be a beginning.

        A word that no name has may differ by one typo. `mask` is (entries,): which may be given.
        """
        words = words_in(typed)[-_MOST_WORDS:]
        if not words or not len(self):
            return []
        is_whole = typed[-1:].isspace()
        sought = [self._places(word) for word in words[:-1]]
        last = self._places(words[-1]) if is_whole else self._beginnings(words[-1])
        return list(self._best([*sought, last], limit, mask))

    def _best(self, sought: list[list[range]], limit: int, mask: Mask | None) -> Iterator[Entry]:
        found = self._having_all(sought, mask)
        firsts = self._first_words[found]
        begins = np.zeros(len(found), bool)
        for places in sought[0]:
            begins |= (firsts >= places.start) & (firsts < places.stop)
        merits = self._merits[found] + np.float32(_BEGINS) * begins
        seen: set[tuple[str, str]] = set()
        for place in _greatest(merits, _MOST_TRIED):
            entry = self._entry(int(found[place]))
            key = (entry.kind, entry.name.casefold())
            if key not in seen:
                seen.add(key)
                yield entry
            if len(seen) == limit:
                return

    def _places(self, word: str) -> list[range]:
        """Where a whole word is, or a near one."""
        place = self._words.place(word)
        if place is None:
            near = self._words.near(word)
            place = self._words.place(near) if near else None
        return [] if place is None else [range(place, place + 1)]

    def _beginnings(self, text: str) -> list[range]:
        exact = self._words.beginning_with(text)
        return [exact] if exact else self._words.beginning_near(text)

    def _having_all(self, sought: list[list[range]], mask: Mask | None) -> NDArray[np.int64]:
        """The entries that have a word of each of these lists."""
        common = np.ones(len(self), bool) if mask is None else mask.copy()
        for places in sought:
            having = np.zeros(len(self), bool)
            for words in places:
                start, stop = self._entry_starts[words.start], self._entry_starts[words.stop]
                having[self._entries[start:stop]] = True
            common &= having
        return np.flatnonzero(common)

    def _entry(self, place: int) -> Entry:
        start, stop = self._name_starts[place : place + 2].tolist()
        name = bytes(self._names[start:stop]).decode()
        return Entry(name, KINDS[self._kinds[place]], int(self._owners[place]))


def _greatest(values: NDArray[np.floating], most: int) -> list[int]:
    """The places of the greatest values, the greatest first; of equal ones the first."""
    places = np.arange(len(values))
    if len(values) > most:
        places = np.sort(np.argpartition(-values, most)[:most])
    ordered: list[int] = places[np.argsort(-values[places], kind="stable")].tolist()
    return ordered


def _none() -> NDArray[np.uint32]:
    return np.empty(0, np.uint32)
