"""The sentence that says why, and the words in it that the question asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from indexer.encoder import Vectors
from indexer.snapshot import Indexes, Span

_WORD = re.compile(r"\w+")
_WORDS_WEIGHT = 0.4  # beside the cosine: of two sentences alike, the one that has the words


@dataclass(frozen=True, slots=True)
class Highlight:
    """summary[start:end], and spans of the summary that match; counted in characters."""

    text: str
    start: int
    end: int
    matches: list[tuple[int, int]]


@dataclass(frozen=True)
class Highlighter:
    """Of one question."""

    indexes: Indexes
    vector: Vectors
    terms: Mapping[str, float]  # the share of the question that each of its words is

    def best(self, row: int, summary: str) -> Highlight | None:
        """The sentence that a reader would pick; None where the summary has none."""
        positions, _ = self.indexes.evidence.segments.gather(np.array([row]))
        cosines = self.indexes.evidence.vectors(positions) @ self.vector
        best: dict[Span, float] = {}
        for position, cosine in zip(positions.tolist(), cosines.tolist(), strict=True):
            sentence = self.indexes.evidence.sentence(position)
            best[sentence] = max(cosine, best.get(sentence, -1.0))
        shown = [(cosine, self._mark(summary, sentence)) for sentence, cosine in best.items()]
        return max(shown, key=self._merit)[1] if shown else None

    def _mark(self, summary: str, sentence: Span) -> Highlight:
        matches = [
            word.span()
            for word in _WORD.finditer(summary, sentence.start, sentence.stop)
            if self.indexes.lexical.stem(word.group()) in self.terms
        ]
        text = summary[sentence.start : sentence.stop]
        return Highlight(text, sentence.start, sentence.stop, matches)

    def _merit(self, candidate: tuple[float, Highlight]) -> float:
        cosine, shown = candidate
        words = (shown.text[a - shown.start : b - shown.start] for a, b in shown.matches)
        matched = {self.indexes.lexical.stem(word) for word in words}
        return cosine + _WORDS_WEIGHT * sum(self.terms[term] for term in matched)
