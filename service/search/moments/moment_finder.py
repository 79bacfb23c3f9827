"""Chooses the moments of an episode that match a question best: what is said, and at which second.

A moment is a topic of the notes or of a file of chapters. Its score is that of its best clause: the
cosine with the question, and the weight of the question's words in its sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Any, Literal, NamedTuple

import numpy as np

from indexer.encoder import Vectors
from indexer.index.words.term_matcher import TermMatcher, marks
from indexer.snapshot import TITLE, Indexes, Span
from indexer.text.times import plain_topic
from service.search.highlight import WORDS_WEIGHT, Highlight

MOST_MOMENTS = 3

Source = Literal["notes", "chapter", "transcript"]


@dataclass(frozen=True, slots=True)
class Moment:
    """text[start:end] of each match is a word of the question."""

    start_s: float
    end_s: float | None
    text: str
    source: Source
    speaker: str | None
    score: float
    matches: list[tuple[int, int]]


class Record(NamedTuple):
    """A row and the JSON object of its episode."""

    row: int
    fields: Mapping[str, Any]


def timed(highlight: Highlight | None, record: Record) -> Highlight | None:
    """The highlight with the start of the chapter that its sentence stands in."""
    if highlight is None:
        return None
    for chapter in record.fields.get("chapters", ()):
        if "start" in chapter and chapter["start"] <= highlight.start < chapter["end"]:
            return replace(highlight, start_s=chapter["start_s"])
    return highlight


class _Candidate(NamedTuple):
    score: float
    chapter: Mapping[str, Any]
    text: str
    source: Source


class MomentFinder:
    """Moments for one question."""

    def __init__(self, indexes: Indexes, vector: Vectors, terms: TermMatcher) -> None:
        self._evidence = indexes.evidence
        self._vector = vector
        self._terms = terms

    def moments(self, record: Record, most: int = MOST_MOMENTS) -> list[Moment]:
        """The best `most` of the episode, best first, each of another second."""
        if not record.fields.get("chapters"):
            return []
        best: dict[float, _Candidate] = {}
        for candidate in self._candidates(record):
            start = candidate.chapter["start_s"]
            if start not in best or best[start].score < candidate.score:
                best[start] = candidate
        chosen = nlargest(most, best.values(), key=lambda candidate: candidate.score)
        return [self._moment(candidate) for candidate in chosen]

    def _candidates(self, record: Record) -> Iterator[_Candidate]:
        positions, _ = self._evidence.segments.gather(np.array([record.row]))
        cosines = self._evidence.clauses(positions).cosines(self._vector).tolist()
        clauses = [*zip(self._evidence.sentences(positions), cosines, strict=True)]
        titles = [cosine for sentence, cosine in clauses if sentence == TITLE]
        yield from self._of_titles(record, titles[bool(record.fields.get("title")) :])
        yield from self._of_notes(record, clauses)

    def _of_titles(self, record: Record, cosines: Sequence[float]) -> Iterator[_Candidate]:
        """Of the chapters that stand in no summary; their clauses follow the episode's title."""
        unwritten = (chapter for chapter in record.fields["chapters"] if "start" not in chapter)
        for chapter, cosine in zip(unwritten, cosines, strict=False):
            score = cosine + WORDS_WEIGHT * self._terms.coverage(chapter["title"])
            yield _Candidate(score, chapter, chapter["title"], "chapter")

    def _of_notes(
        self, record: Record, clauses: Sequence[tuple[Span, float]]
    ) -> Iterator[_Candidate]:
        summary = record.fields["summary"]
        cosines: dict[Span, float] = {}
        for sentence, cosine in clauses:
            cosines[sentence] = max(cosine, cosines.get(sentence, -1.0))
        cosines.pop(TITLE, None)
        written = (chapter for chapter in record.fields["chapters"] if "start" in chapter)
        for chapter in written:
            for sentence, cosine in cosines.items():
                if chapter["start"] <= sentence.start < chapter["end"]:
                    text = plain_topic(summary[sentence.start : sentence.stop])
                    score = cosine + WORDS_WEIGHT * self._terms.coverage(text)
                    yield _Candidate(score, chapter, text, "notes")

    def _moment(self, chosen: _Candidate) -> Moment:
        return Moment(
            start_s=chosen.chapter["start_s"],
            end_s=chosen.chapter.get("end_s"),
            text=chosen.text,
            source=chosen.source,
            speaker=None,
            score=round(chosen.score, 4),
            matches=marks(self._terms.matches(chosen.text)),
        )
