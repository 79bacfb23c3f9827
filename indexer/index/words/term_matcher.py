"""Finds the terms of a question in a text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from indexer.index.words.lexical_index import LexicalIndex
from indexer.text import segmentation, written_words

_WORD = re.compile(r"\w+")
_FOREIGN_LETTER = re.compile(r"[^\W\x00-\x7f]")
_STEM_LETTERS_KEPT = 3  # first letters that stemming does not change
_BEGINNINGS_KEPT = 20_000
_SIGNED = re.compile(r".plusp|.sharp|dotne")  # spellings of C++, C# and .NET
_MOST_BEGINNINGS = 64  # with more, stemming every word of the text is faster


class Match(NamedTuple):
    """text[start:stop] is a word whose stem is `term`."""

    start: int
    stop: int
    term: str


class TermMatcher:
    """Finds the terms of one question."""

    def __init__(self, lexical: LexicalIndex, weights: Mapping[str, float]) -> None:
        """`weights` has the share of each term in the question; the shares sum to 1."""
        self.weights = weights
        self._stem = lexical.stem
        # Stemming cuts a word, and may turn its last y into i.
        self._joinable = [term.removesuffix("i") for term in weights if len(term) > 1]
        self._beginnings = {term[:_STEM_LETTERS_KEPT] for term in weights}
        self._segmented = lexical.segmented
        self._signed = any(map(_SIGNED.match, weights))
        self._sought = segmentation.sought(weights) if lexical.segmented else None

    def coverage(self, text: str) -> float:
        """The share of the question whose terms are in the text, from 0 to 1."""
        said = {match.term for match in self._found(text)}
        return min(1.0, sum(map(self.weights.__getitem__, said)))

    def matches(self, text: str) -> list[Match]:
        """The matches in the order of the text."""
        return sorted(set(self._found(text)))

    def _found(self, text: str) -> Iterator[Match]:
        if self._segmented and segmentation.has_unspaced(text):
            if self._sought:
                parts = segmentation.parts(text, self._sought)
                yield from (Match(*part) for part in parts if part.term in self.weights)
            text = segmentation.without_unspaced(text)
        for start, stop in self._words(text):
            term = self._stem(text[start:stop])
            if term in self.weights and not written_words.is_signed(text, start, stop):
                yield Match(start, stop, term)
        if self._may_be_written(text):
            for word in written_words.written_words(text):
                term = self._stem(word.spelling)
                if term in self.weights:
                    yield Match(word.start, word.stop, term)

    def _may_be_written(self, text: str) -> bool:
        """Whether a term may stand in the text with marks, such as nodejs in Node.js; fast."""
        if self._signed or len(self._joinable) > _MOST_BEGINNINGS:
            return True
        lowered = text.lower()
        joined = written_words.without_marks(lowered)
        return any(joined.count(term) > lowered.count(term) for term in self._joinable)

    def _words(self, text: str) -> Iterator[tuple[int, int]]:
        """The words that begin like a term; all words if folding may change their letters."""
        many = len(self._beginnings) > _MOST_BEGINNINGS
        if many or (not text.isascii() and _FOREIGN_LETTER.search(text)):
            yield from (word.span() for word in _WORD.finditer(text))
            return
        lowered = text.lower()
        for letters in self._beginnings:
            if letters in lowered:
                yield from (word.span() for word in _beginning(letters).finditer(lowered))


def marks(found: Iterable[Match]) -> list[tuple[int, int]]:
    """What the matches cover: those that overlap, as parts of a Chinese word do, are one."""
    covered: list[tuple[int, int]] = []
    for start, stop, _ in found:
        if covered and start < covered[-1][1]:
            start, stop = covered[-1][0], max(stop, covered.pop()[1])
        covered.append((start, stop))
    return covered


@lru_cache(_BEGINNINGS_KEPT)
def _beginning(letters: str) -> re.Pattern[str]:
    """Matches words that begin with the letters; a literal start makes the search fast."""
    exact = re.escape(letters)
    return re.compile(rf"{exact}(?<!\w{exact})\w*")
