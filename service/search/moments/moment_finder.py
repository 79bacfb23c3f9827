"""Chooses the moments of an episode that match a question best: what is said, and at which second.

A moment is a topic of the notes or of a file of chapters, or a passage of the transcript. Its score
is the cosine of its best clause with the question, and the weight of the question's words in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.index.words.forward_index import FoundTerms, Shares
from indexer.index.words.words_of_text import Word, sought_words
from indexer.ranking.fusion import NO_PASSAGE
from indexer.snapshot import TITLE, Indexes, Positions, Span
from indexer.text.times import plain_topic
from service.search.highlight import WORDS_WEIGHT, Highlight, ShownClauses, joined

MOST_MOMENTS = 3
_PASSAGES_READ = 8  # of a transcript
_PASSAGES_OF_A_HIT = 3  # besides that by which it is found: more cost more than ranking
_MOST_SHIFT = 0.02  # of the length

Source = Literal["notes", "chapter", "transcript"]


@dataclass(frozen=True, slots=True)
class Moment:
    """text[start:end] of each match is a word of the question."""

    start_s: float
    end_s: float | None
    text: str
    source: Source
    speaker: str | None
    approximate: bool  # the audio has another length than its transcript, as with adverts in it
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
    found: bool = False  # its episode is a hit because of it

    @property
    def merit(self) -> tuple[bool, float]:
        return self.found, self.score


class MomentFinder:
    """Moments for one question; `shares` has the share of each of its terms."""

    def __init__(self, indexes: Indexes, vector: Vectors, shares: Mapping[str, float]) -> None:
        self._indexes = indexes
        self._vector = vector
        self._shares = shares
        self._words: dict[str, list[Word]] = {}

    def moments(
        self,
        records: Sequence[Record],
        clauses: ShownClauses,
        found: FoundTerms,
        most: int = MOST_MOMENTS,
        found_by: Sequence[int] = (),
    ) -> list[list[Moment]]:
        """The best `most` of each episode, best first, each of another second.

        `clauses` and `found` are those of these rows, and `found_by` has the passages by which they
        are found, or NO_PASSAGE; such a passage is the first moment.
        """
        timed = [_is_timed(record) for record in records]
        if not any(timed):
            return [[] for _ in records]
        passages: Sequence[int | None] = found_by or [None] * len(records)
        texts = _texts(records, clauses, found)
        return [
            self._of_episode(text, most, passage) if has_times else []
            for has_times, text, passage in zip(timed, texts, passages, strict=True)
        ]

    def _of_episode(self, text: "_Text", most: int, passage: int | None) -> list[Moment]:
        best: dict[float, _Candidate] = {}
        for candidate in self._candidates(text, passage):
            start = candidate.chapter["start_s"]
            if start not in best or best[start].merit < candidate.merit:
                best[start] = candidate
        chosen = nlargest(most, best.values(), key=lambda candidate: candidate.merit)
        return [self._moment(candidate) for candidate in chosen]

    def _candidates(self, text: "_Text", passage: int | None) -> Iterator[_Candidate]:
        record, clauses = text.record, text.clauses()
        titles = [cosine for sentence, cosine in clauses if sentence == TITLE]
        yield from self._of_titles(record, titles[bool(record.fields.get("title")) :])
        yield from _of_notes(text, clauses)
        yield from self._of_transcript(record, passage)

    def _of_titles(self, record: Record, cosines: Sequence[float]) -> Iterator[_Candidate]:
        """Of the chapters that stand in no summary; their clauses follow the episode's title."""
        unwritten = (
            chapter for chapter in record.fields.get("chapters", ()) if "start" not in chapter
        )
        for chapter, cosine in zip(unwritten, cosines, strict=False):
            said = {word.stem for word in self._said(chapter["title"])}
            score = cosine + WORDS_WEIGHT * sum(self._shares[stem] for stem in said)
            yield _Candidate(score, chapter, chapter["title"], "chapter")

    def _of_transcript(self, record: Record, found_by: int | None) -> Iterator[_Candidate]:
        """The nearest passages; the question's words are looked for in them alone."""
        said = self._indexes.said
        if not said or not record.fields.get("transcript_id"):
            return
        cosines = said.cosines(record.row, self._vector)
        if not len(cosines):
            return
        most = _PASSAGES_READ if found_by is None else _PASSAGES_OF_A_HIT
        nearest = np.argsort(-cosines, kind="stable")[:most].tolist()
        first = None
        if found_by is not None and found_by != NO_PASSAGE:
            first = found_by - int(said.segments.starts[record.row])
        places = [*dict.fromkeys(nearest if first is None else [first, *nearest])]
        shifted = _is_shifted(record.fields.get("duration_s"), said.end_s(record.row))
        for place, each in zip(places, said.some(record.row, places), strict=True):
            covered = {word.stem for word in self._said(each.text)}
            shares = sum(map(self._shares.__getitem__, covered))
            score = float(cosines[place]) + WORDS_WEIGHT * shares
            times = {"start_s": each.start_s, "end_s": each.end_s, "speaker": each.speaker}
            times["approximate"] = shifted
            yield _Candidate(score, times, each.text, "transcript", found=place == first)

    def _said(self, text: str) -> list[Word]:
        """The question's words in a text."""
        if text not in self._words:
            stem = self._indexes.lexical.stem
            self._words[text] = sought_words(text, stem, self._shares)
        return self._words[text]

    def _moment(self, chosen: _Candidate) -> Moment:
        return Moment(
            start_s=chosen.chapter["start_s"],
            end_s=chosen.chapter.get("end_s"),
            text=chosen.text,
            source=chosen.source,
            speaker=chosen.chapter.get("speaker"),
            approximate=chosen.chapter.get("approximate", False),
            score=round(chosen.score, 4),
            matches=joined((start, stop) for start, stop, _ in self._said(chosen.text)),
        )


def _is_timed(record: Record) -> bool:
    return bool(record.fields.get("chapters") or record.fields.get("transcript_id"))


def _is_shifted(length: float | None, said_until: float) -> bool:
    """Whether the last words are said so long after the audio's end, or before it."""
    return length is not None and abs(length - said_until) > max(60.0, _MOST_SHIFT * length)


class _Text(NamedTuple):
    """What an episode is found by, besides its transcript."""

    record: Record
    spans: NDArray[np.uint32]  # (clauses, 2) of the sentence of each
    cosines: Vectors  # (clauses,)
    starts: Positions  # (matches,) of the question's words in the summary
    terms: Positions  # (matches,) of each
    shares: Shares  # (terms,)

    def clauses(self) -> list[tuple[Span, float]]:
        """The sentence of each clause, and its cosine."""
        sentences = (Span(start, stop) for start, stop in self.spans.tolist())
        return [*zip(sentences, self.cosines.tolist(), strict=True)]

    def covered(self, start: int, stop: int) -> float:
        """The share of the question that the words in summary[start:stop] cover."""
        inside = self.starts.searchsorted([start, stop])
        return float(self.shares[np.unique(self.terms[slice(*inside)])].sum())


def _texts(records: Sequence[Record], clauses: ShownClauses, found: FoundTerms) -> Iterator[_Text]:
    """`clauses` and `found` are those of the records, row by row."""
    matches, stops = found.matches, clauses.counts.cumsum().tolist()
    edges = matches.places.searchsorted(np.arange(len(records) + 1)).tolist()
    edges = zip(pairwise([0, *stops]), pairwise(edges), strict=True)
    for record, (of_clauses, of_matches) in zip(records, edges, strict=True):
        own, said = slice(*of_clauses), slice(*of_matches)
        columns = clauses.spans[own], clauses.cosines[own], matches.starts[said]
        yield _Text(record, *columns, matches.terms[said], found.shares)


def _of_notes(text: _Text, clauses: Sequence[tuple[Span, float]]) -> Iterator[_Candidate]:
    summary = text.record.fields["summary"]
    cosines: dict[Span, float] = {}
    for sentence, cosine in clauses:
        cosines[sentence] = max(cosine, cosines.get(sentence, -1.0))
    cosines.pop(TITLE, None)
    written = (chapter for chapter in text.record.fields.get("chapters", ()) if "start" in chapter)
    for chapter in written:
        for sentence, cosine in cosines.items():
            if chapter["start"] <= sentence.start < chapter["end"]:
                score = cosine + WORDS_WEIGHT * text.covered(*sentence)
                topic = plain_topic(summary[sentence.start : sentence.stop])
                yield _Candidate(score, chapter, topic, "notes")
