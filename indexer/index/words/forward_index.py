"""Forward index: the words of every episode in order, as numbers, and where they stand.

The words of a text do not depend on the question. With them at hand, no text is divided or stemmed
for an answer: coverage and matches are comparisons of numbers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from indexer.index.words.words_of_text import Stem, Word, words_of_text
from indexer.storage.array_file import ArrayWriter
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Positions, Rows, Segments

Numbers = NDArray[np.uint32]
Shares = NDArray[np.float64]

_NO_WORD = 0
_LONGEST_STEP = 255
_NUMBERS_KEPT = 100_000


@dataclass(frozen=True)
class ForwardFiles:
    """A row has its distinct words outside of the summary, then those of the summary in order."""

    numbers: Path  # (words,) uint32: see `number_of`
    steps: Path  # (words, 2) uint8: characters since the start of the word before, and its length
    starts: Path  # (rows + 1,) int64


@lru_cache(_NUMBERS_KEPT)
def number_of(stem: str) -> int:
    """32 bits of a hash, never 0. Of two different stems, one pair in four billion is equal."""
    digest = blake2b(stem.encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest, "little") or 1


class ForwardWriter:
    """Writes the words of the episodes, row by row."""

    def __init__(self, files: ForwardFiles, stem: Callable[[str], str]) -> None:
        """`stem` gives the stem of a word; "" for what the lexical index does not have."""
        self._numbers = ArrayWriter(files.numbers, np.uint32)
        self._steps = ArrayWriter(files.steps, np.uint8, 2)
        self._starts = ArrayWriter(files.starts, np.int64)
        self._starts.append([0])
        self._stem = stem

    def add(self, summary: str, elsewhere: str, own: Stem | None = None) -> None:
        """Add a row: the summary of an episode, and what else of it is searched.

        `own` gives the stems of its language, if that is not the one of the index.
        """
        stems = dict.fromkeys(word.stem for word in words_of_text(elsewhere, self._stem, own))
        entries = [(number_of(stem), 0, 0) for stem in stems]
        entries += _steps(words_of_text(summary, self._stem, own))
        array = np.array(entries, np.uint32).reshape(-1, 3)
        self._numbers.append(array[:, 0])
        self._steps.append(array[:, 1:])
        self._starts.append([len(self._numbers)])

    def close(self) -> None:
        self._numbers.close()
        self._steps.close()
        self._starts.close()


def _steps(words: Iterable[Word]) -> Iterator[tuple[int, int, int]]:
    """Number, step and length of each word; a step that is too long is divided."""
    at = 0
    for word in words:
        while word.start - at > _LONGEST_STEP:
            yield _NO_WORD, _LONGEST_STEP, 0
            at += _LONGEST_STEP
        yield number_of(word.stem), word.start - at, min(word.stop - word.start, _LONGEST_STEP)
        at = word.start


@dataclass(frozen=True)
class TermShares:
    """The terms of a question and the share of each; the shares sum to 1."""

    numbers: Numbers  # (terms,), ascending
    shares: Shares  # (terms,)

    @classmethod
    def of(cls, shares: Mapping[str, float]) -> Self:
        numbers = np.array([number_of(term) for term in shares], np.uint32)
        order = np.argsort(numbers)
        return cls(numbers[order], np.array(list(shares.values()), np.float64)[order])


class Matches(NamedTuple):
    """Words of a question in the summaries of some rows, in their order: equally long arrays."""

    places: Positions  # the place of the row among these rows
    terms: Positions  # the place of the term in TermShares
    starts: Positions  # characters of the summary before the word
    stops: Positions


@dataclass(frozen=True)
class FoundTerms:
    """The words of a question in some rows."""

    shares: Shares  # (terms,)
    words: Positions  # (words,) of these rows, row by row: where each is in the index
    counts: Positions  # (rows,) words of each row
    found: Positions  # (found,) places among the words
    terms: Positions  # (found,) the place of the term in TermShares
    steps: NDArray[np.uint8]  # of the whole index

    @cached_property
    def places(self) -> Positions:
        """(found,): the place of the row among these rows."""
        return self.counts.cumsum().searchsorted(self.found, side="right")

    @cached_property
    def coverage(self) -> Shares:
        """(rows,): the share of the question whose terms each row has, from 0 to 1."""
        covered: Shares = np.minimum(self._has @ self.shares, 1)
        return covered

    @property
    def covered_together(self) -> float:
        """The share of the question whose terms any of the rows has, from 0 to 1."""
        return min(float(self.shares[self._has.any(axis=0)].sum()), 1.0)

    @cached_property
    def _has(self) -> Shares:
        """(rows, terms): 1 for each term that a row has, else 0."""
        has = np.zeros((len(self.counts), len(self.shares)))
        has[self.places, self.terms] = 1
        return has

    @cached_property
    def matches(self) -> Matches:
        """Those in the summaries."""
        steps = self.steps.take(self.words, axis=0)
        ways = steps[:, 0].cumsum(dtype=np.int64)
        before = np.concatenate(([0], ways))[self.counts.cumsum() - self.counts]
        lengths = steps[self.found, 1].astype(np.int64)
        starts = ways[self.found] - before[self.places]
        inside = lengths > 0
        found = Matches(self.places, self.terms, starts, starts + lengths)
        return Matches(*(column[inside] for column in found))


class ForwardIndex:
    def __init__(self, files: ForwardFiles) -> None:
        self._segments = Segments(np.load(files.starts))
        self._numbers: NDArray[Any] = mapped(files.numbers)
        self._steps: NDArray[Any] = mapped(files.steps)

    def find(self, rows: Rows, terms: TermShares) -> FoundTerms:
        """The words of a question in these rows."""
        words, counts = self._segments.gather(rows)
        found, places = _found(terms.numbers, self._numbers.take(words))
        return FoundTerms(terms.shares, words, counts, found, places, self._steps)


def _found(terms: Numbers, numbers: Numbers) -> tuple[Positions, Positions]:
    """The places of those `numbers` that are among `terms`, in ascending order, and their terms."""
    if not len(terms):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    places = terms.searchsorted(numbers)
    (found,) = (terms.take(places, mode="clip") == numbers).nonzero()
    return found, places[found]
