"""Chooses the sentence that matches a question best, and the matching words in it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer.encoder import Vectors
from indexer.index.words.term_matcher import Match, TermMatcher, marks
from indexer.snapshot import TITLE, Indexes, Rows, Span
from service.search.cancellation import check

WORDS_WEIGHT = 0.4  # weight of matching words, added to the cosine of the sentence


@dataclass(frozen=True, slots=True)
class Highlight:
    """summary[start:end], and the matching spans; positions count characters of the summary."""

    text: str
    start: int
    end: int
    matches: list[tuple[int, int]]
    start_s: float | None = None  # of the chapter that it stands in


class Highlighter:
    """Highlights for one question."""

    def __init__(self, indexes: Indexes, vector: Vectors, terms: TermMatcher) -> None:
        self._indexes = indexes
        self._vector = vector
        self._terms = terms

    def highlights(self, rows: Rows, summaries: Sequence[str]) -> Iterator[Highlight | None]:
        """The best sentence of each summary; None if a row has no clause."""
        positions, counts = self._indexes.evidence.segments.gather(rows)
        cosines = self._indexes.evidence.clauses(positions).cosines(self._vector).tolist()
        sentences = self._indexes.evidence.sentences(positions)
        stop = 0
        for summary, count in zip(summaries, counts.tolist(), strict=True):
            check()
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
        found = self._terms.matches(summary)
        if found:
            self._add_words(merits, found)
        start, stop = max(merits, key=merits.__getitem__)
        matches = marks(match for match in found if start <= match.start < stop)
        return Highlight(summary[start:stop], start, stop, matches)

    def _add_words(self, merits: dict[Span, float], found: list[Match]) -> None:
        """Add the weight of each matching word, once for each sentence."""
        starts = [match.start for match in found]  # ascending
        for sentence in merits:
            inside = slice(*(bisect_left(starts, bound) for bound in sentence))
            said = {match.term for match in found[inside]}
            if said:
                merits[sentence] += WORDS_WEIGHT * sum(map(self._terms.weights.__getitem__, said))
