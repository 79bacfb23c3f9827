"""Chooses the sentence that matches a question best, and the matching words in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.words.forward_index import FoundTerms, Matches
from indexer.snapshot import Indexes, Positions, Rows

WORDS_WEIGHT = 0.4  # weight of matching words, added to the cosine of the sentence
_NO_SENTENCE = -1
_NEVER = -np.inf  # the merit of a title, which is no sentence of the summary

Merits = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Highlight:
    """summary[start:end], and the matching spans; positions count characters of the summary."""

    text: str
    start: int
    end: int
    matches: list[tuple[int, int]]
    start_s: float | None = None  # of the chapter that it stands in


class ShownClauses(NamedTuple):
    """The clauses of the hits that are shown, row by row, compared with the question."""

    spans: NDArray[np.uint32]  # (clauses, 2) the sentence of each: start and stop in the summary
    cosines: Vectors  # (clauses,)
    counts: Positions  # (rows,) clauses of each row

    @classmethod
    def of(cls, indexes: Indexes, rows: Rows, vector: Vectors) -> "ShownClauses":
        """`vector` is the question's, (dimension,)."""
        positions, counts = indexes.evidence.segments.gather(rows)
        cosines = indexes.evidence.clauses(positions).cosines(vector)
        return cls(indexes.evidence.spans(positions), cosines, counts)


class _Sentences(NamedTuple):
    """The sentences of some rows, in order; a title has no characters."""

    clauses: Positions  # (sentences,) the place of the first clause of each
    places: Positions  # (sentences,) the place of its row
    starts: Positions
    stops: Positions

    @classmethod
    def of(cls, clauses: ShownClauses) -> "_Sentences":
        starts, stops = clauses.spans.T.astype(np.int64)
        places = np.arange(len(clauses.counts)).repeat(clauses.counts)
        is_new = np.ones(len(places), np.bool_)
        is_new[1:] = starts[1:] != starts[:-1]
        is_new[1:] |= stops[1:] != stops[:-1]
        is_new[1:] |= places[1:] != places[:-1]
        (first,) = is_new.nonzero()
        return cls(first, places[first], starts[first], stops[first])

    def holding(self, matches: Matches) -> Positions:
        """(matches,): the sentence that each is in; _NO_SENTENCE for those between sentences."""
        mine, its = _keys(self.places, self.starts), _keys(matches.places, matches.starts)
        found = mine.searchsorted(its, side="right") - 1
        inside = (self.places[found] == matches.places) & (matches.starts < self.stops[found])
        return np.where(inside & (found >= 0), found, _NO_SENTENCE)

    def best(self, merits: Merits, rows: int) -> Positions:
        """(rows,): the first of the best sentences of each row; _NO_SENTENCE if it has none."""
        best = np.full(rows, _NO_SENTENCE)
        edges = self.places.searchsorted(np.arange(rows + 1)).tolist()
        each = merits.tolist()
        for row, (start, stop) in enumerate(pairwise(edges)):
            own = each[start:stop]
            if (highest := max(own, default=_NEVER)) > _NEVER:
                best[row] = start + own.index(highest)
        return best


def highlights(
    clauses: ShownClauses, found: FoundTerms, summaries: Sequence[str]
) -> list[Highlight | None]:
    """The best sentence of each summary; None if a row has no sentence.

    `found` has the question's words in these rows.
    """
    rows = len(summaries)
    if not len(clauses.cosines):
        return [None] * rows
    sentences = _Sentences.of(clauses)
    matches = found.matches
    holding = sentences.holding(matches)
    words = _words(matches, holding, len(sentences.starts), found)
    best = sentences.best(_merits(clauses.cosines, sentences, words), rows)
    marked = _marked(matches, holding == best[matches.places], rows)
    return [
        _highlight(summary, sentences, sentence, spans)
        for summary, sentence, spans in zip(summaries, best.tolist(), marked, strict=True)
    ]


def _merits(cosines: Vectors, sentences: _Sentences, words: Merits) -> Merits:
    """(sentences,): the cosine of the best clause of each, and the weight of its words."""
    nearest = np.maximum.reduceat(cosines, sentences.clauses)
    return np.where(sentences.stops > 0, nearest + WORDS_WEIGHT * words, _NEVER)


def _words(matches: Matches, holding: Positions, sentences: int, found: FoundTerms) -> Merits:
    """(sentences,): the share of the question that the words of each cover."""
    inside = holding != _NO_SENTENCE
    has = np.zeros((sentences, len(found.shares)))
    has[holding[inside], matches.terms[inside]] = 1
    shares: Merits = has @ found.shares
    return shares


def _marked(matches: Matches, chosen: NDArray[np.bool_], rows: int) -> list[list[tuple[int, int]]]:
    """The spans of the chosen matches, row by row."""
    spans: list[list[tuple[int, int]]] = [[] for _ in range(rows)]
    columns = (matches.places, matches.starts, matches.stops)
    for place, *span in zip(*(column[chosen].tolist() for column in columns), strict=True):
        spans[place].append((span[0], span[1]))
    return list(map(joined, spans))


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, of which those that overlap, as parts of a Chinese word do, are one."""
    found: list[tuple[int, int]] = []
    for start, stop in spans:
        if found and start < found[-1][1]:
            start, stop = found[-1][0], max(stop, found.pop()[1])
        found.append((start, stop))
    return found


def _highlight(
    summary: str, sentences: _Sentences, sentence: int, spans: list[tuple[int, int]]
) -> Highlight | None:
    if sentence == _NO_SENTENCE:
        return None
    start, stop = int(sentences.starts[sentence]), int(sentences.stops[sentence])
    return Highlight(summary[start:stop], start, stop, spans)


def _keys(places: Positions, starts: Positions) -> Positions:
    """One number for a place in the text of a row, in the order of both."""
    return (places << 32) + starts
