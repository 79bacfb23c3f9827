"""The sentence that says why, and the words in it that the question asked for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from indexer.encoder import Vectors
from indexer.snapshot import TITLE, Indexes, Rows, Span

_WORD = re.compile(r"\w+")
_FOREIGN_LETTER = re.compile(r"[^\W\x00-\x7f]")
_WORDS_WEIGHT = 0.4  # beside the cosine: of two sentences alike, the one that has the words
_STEM_LETTERS_KEPT = 3  # of a word's beginning, whatever its ending does to its stem

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
        beginnings = {re.escape(term[:_STEM_LETTERS_KEPT]) for term in terms}
        self._candidates = re.compile(rf"\b(?:{'|'.join(beginnings)})\w*", re.IGNORECASE)

    def highlights(self, rows: Rows, summaries: Sequence[str]) -> Iterator[Highlight | None]:
        """The sentence of each summary that a reader would pick; None where it has none."""
        positions, counts = self._indexes.evidence.segments.gather(rows)
        cosines = (self._indexes.evidence.vectors(positions) @ self._vector).tolist()
        sentences = self._indexes.evidence.sentences(positions)
        stop = 0
        for summary, count in zip(summaries, counts.tolist(), strict=True):
            start, stop = stop, stop + count
            yield self._best(summary, sentences[start:stop], cosines[start:stop])

    def _best(
        self, summary: str, sentences: Sequence[Span], cosines: Sequence[float]
    ) -> Highlight | None:
        found = self._matches(summary)
        merits: dict[Span, float] = {}
        for sentence, cosine in zip(sentences, cosines, strict=True):
            if sentence == TITLE:
                continue
            merits[sentence] = max(cosine, merits.get(sentence, -1.0))
        for sentence in merits:
            said = {stem for start, _, stem in found if sentence.start <= start < sentence.stop}
            merits[sentence] += _WORDS_WEIGHT * sum(self._terms[stem] for stem in said)
        if not merits:
            return None
        start, stop = max(merits, key=lambda sentence: merits[sentence])
        matches = [(a, b) for a, b, _ in found if start <= a < stop]
        return Highlight(summary[start:stop], start, stop, matches)

    def _matches(self, summary: str) -> list[_Match]:
        """Only words that begin as a term does are stemmed, unless folding may change that."""
        if not self._terms:
            return []
        words = _WORD if _FOREIGN_LETTER.search(summary) else self._candidates
        stemmed = (
            (*word.span(), self._indexes.lexical.stem(word.group()))
            for word in words.finditer(summary)
        )
        return [match for match in stemmed if match[-1] in self._terms]
