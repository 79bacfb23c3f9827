"""The sentence that says why, and the words in it that the question asked for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from indexer.encoder import Vectors
from indexer.snapshot import TITLE, Indexes, Rows, Span

_WORD = re.compile(r"\w+")
_FOREIGN_LETTER = re.compile(r"[^\W\x00-\x7f]")
_WORDS_WEIGHT = 0.4  # beside the cosine: of two sentences alike, the one that has the words
_STEM_LETTERS_KEPT = 3  # of a word's beginning, whatever its ending does to its stem
_BEGINNINGS_KEPT = 20_000

_Match = tuple[int, int, str]  # where a word stands, and its stem


@dataclass(frozen=True, slots=True)
class Highlight:
    """summary[start:end], and spans of the summary that match; counted in characters."""

    text: str
    start: int
    end: int
    matches: list[tuple[int, int]]


class Highlighter:
    """Of one question."""

    def __init__(self, indexes: Indexes, vector: Vectors, terms: Mapping[str, float]) -> None:
        """`terms` has the share of the question that each of its stemmed words is."""
        self._indexes = indexes
        self._vector = vector
        self._terms = terms
        self._beginnings = {term[:_STEM_LETTERS_KEPT] for term in terms}

    def highlights(self, rows: Rows, summaries: Sequence[str]) -> Iterator[Highlight | None]:
        """The sentence of each summary that a reader would pick; None where it has none."""
        positions, counts = self._indexes.evidence.segments.gather(rows)
        cosines = self._indexes.evidence.clauses(positions).cosines(self._vector).tolist()
        sentences = self._indexes.evidence.sentences(positions)
        stop = 0
        for summary, count in zip(summaries, counts.tolist(), strict=True):
            start, stop = stop, stop + count
            yield self._best(summary, sentences[start:stop], cosines[start:stop])

    def _best(
        self, summary: str, sentences: Sequence[Span], cosines: Sequence[float]
    ) -> Highlight | None:
        merits: dict[Span, float] = {}
        for sentence, cosine in zip(sentences, cosines, strict=True):
            if cosine > merits.get(sentence, -2.0):
                merits[sentence] = cosine
        merits.pop(TITLE, None)
        if not merits:
            return None
        found = self._matches(summary)
        if found:
            self._add_words(merits, found)
        start, stop = max(merits, key=merits.__getitem__)
        matches = [(a, b) for a, b, _ in found if start <= a < stop]
        return Highlight(summary[start:stop], start, stop, matches)

    def _add_words(self, merits: dict[Span, float], found: list[_Match]) -> None:
        """A word counts once in a sentence."""
        for sentence in merits:
            start, stop = sentence
            said = {stem for at, _, stem in found if start <= at < stop}
            if said:
                merits[sentence] += _WORDS_WEIGHT * sum(map(self._terms.__getitem__, said))

    def _matches(self, summary: str) -> list[_Match]:
        """In the order they stand in."""
        stem, terms = self._indexes.lexical.stem, self._terms
        return sorted(
            {
                (start, stop, term)
                for start, stop in self._words(summary)
                if (term := stem(summary[start:stop])) in terms
            }
        )

    def _words(self, summary: str) -> Iterator[tuple[int, int]]:
        """Those that begin as a term does; all of them where folding may change a letter."""
        if not summary.isascii() and _FOREIGN_LETTER.search(summary):
            yield from (word.span() for word in _WORD.finditer(summary))
            return
        lowered = summary.lower()
        for letters in self._beginnings:
            if letters in lowered:
                yield from (word.span() for word in _beginning(letters).finditer(lowered))


@lru_cache(_BEGINNINGS_KEPT)
def _beginning(letters: str) -> re.Pattern[str]:
    """The letters come first, so that they are looked for as a text is, and fast."""
    exact = re.escape(letters)
    return re.compile(rf"{exact}(?<!\w{exact})\w*")
