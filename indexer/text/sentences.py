"""Splits a text into sentences and clauses, with their positions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from indexer.text.segmentation import (
    UNSPACED,
    count_words,
    has_unspaced,
    phrase_ends,
    word_starts,
)

MOST_WORDS = 60  # longer text without a full stop is split, so that highlights stay readable

# A mark that may end a sentence, with closing quotes and brackets.
_MARK = re.compile(
    # Before white space, so not in URLs or 3.5, or before a letter of a script without spaces.
    rf"(?P<stop>[.!?\u2026]+)[\"'\u201d\u2019)\]]*(?=[\s{UNSPACED}])"
    # Chinese, Japanese, Khmer and Burmese: no white space follows.
    r"|[\u3002\uff01\uff1f\uff61\u17d4\u104b]+[\u300d\u300f\u201d\u2019)\uff09]*"
    r"|\s*\n\s*"
)
_OPENING = re.compile(r"\s*[\"'\u201c\u2018(\[*\u2022\u2013\u2014-]*\s*(?P<first>\S)?")
_LAST_WORD = re.compile(r"(?P<word>[^\s(\[\"'\u201c\u2018]+)$")
_WORD = re.compile(r"\S+")

# Abbreviations: a capital letter after these mostly starts a name and not a sentence.
_BEFORE_NAMES = frozenset(
    "dr mr mrs ms prof rev fr sr jr st gen col capt lt sgt gov sen rep hon pres mt ft "
    "vs e.g i.e eg ie cf no vol ep eps feat approx dept fig u.s u.k d.c".split()
)


# Marks at which a sentence may be split into clauses.
_PAUSE = re.compile(
    rf"[,;:\u2013\u2014](?=[\s{UNSPACED}])|[\u2014]|\s-(?=\s)|[\u3001\uff0c\uff1a\uff1b]"
)
_FEWEST_CLAUSE_WORDS = 5
_FEWEST_PHRASE_WORDS = 8  # of a sentence that a space ends, as in Thai
_MOST_CLAUSE_WORDS = 20


class Span(NamedTuple):
    """text[start:stop]; positions count characters."""

    start: int
    stop: int


def split_sentences(text: str, cuts: Sequence[Span] = ()) -> list[Span]:
    """The sentences of `text`, in order, without the white space between them.

    What the `cuts` cover, in ascending order, is in no sentence and ends the one before it.
    """
    edges = [0, *(edge for cut in cuts for edge in cut), len(text)]
    parts = zip(edges[::2], edges[1::2], strict=True)
    stretches = (stretch for part in parts for stretch in _between_marks(text, *part))
    if has_unspaced(text):
        stretches = (phrase for stretch in stretches for phrase in _phrases(text, *stretch))
    return [piece for stretch in stretches for piece in _pieces(text, *stretch, MOST_WORDS)]


def _between_marks(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    for mark in _MARK.finditer(text, start, stop):
        if _ends_sentence(text, start, mark):
            yield start, mark.end()
            start = mark.end()
    yield start, stop


def _ends_sentence(text: str, start: int, mark: re.Match[str]) -> bool:
    stop = mark.group("stop")
    opening = _OPENING.match(text, mark.end())
    first = opening.group("first") if opening else None
    if stop is None or first is None:
        return True
    if first.islower():
        return "!" in stop or "?" in stop
    word = _LAST_WORD.search(text, start, mark.start())
    return stop != "." or word is None or not _is_abbreviation(word.group("word"))


def _is_abbreviation(word: str) -> bool:
    letters = word.split(".")
    is_initials = all(len(letter) == 1 and letter.isalpha() for letter in letters)
    return (is_initials and word != "I") or word.casefold() in _BEFORE_NAMES


def split_clauses(text: str, sentence: Span) -> list[Span]:
    """The clauses of a sentence, in order. A short question often matches just one of them."""
    pauses = [pause.end() for pause in _PAUSE.finditer(text, *sentence)]
    if ends := phrase_ends(text, *sentence):
        pauses = sorted({*pauses, *ends})
    return [
        piece
        for start, stop in _parted(text, sentence, pauses, _FEWEST_CLAUSE_WORDS)
        for piece in _pieces(text, start, stop, _MOST_CLAUSE_WORDS)
    ]


def _phrases(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The stretch, divided at its spaces where its script has no full stop."""
    ends = phrase_ends(text, start, stop)
    return _parted(text, Span(start, stop), ends, _FEWEST_PHRASE_WORDS)


def _parted(
    text: str, span: Span, places: Iterable[int], fewest_words: int
) -> Iterator[tuple[int, int]]:
    """The span divided at those of the places that leave no part of fewer words."""
    edges = [span.start]
    for place in places:
        if count_words(text[edges[-1] : place]) >= fewest_words:
            edges.append(place)
    if len(edges) > 1 and count_words(text[edges[-1] : span.stop]) < fewest_words:
        edges.pop()
    return pairwise([*edges, span.stop])


def _pieces(text: str, start: int, stop: int, most_words: int) -> list[Span]:
    """The text as one span, or as several of about equal length if it has too many words."""
    whole = text[start:stop]
    if 0 < count_words(whole) <= most_words:
        return [Span(start + len(whole) - len(whole.lstrip()), start + len(whole.rstrip()))]
    words = _word_spans(text, start, stop)
    count = -(-len(words) // most_words)
    edges = [len(words) * piece // count for piece in range(count + 1)] if count else []
    return [Span(words[a][0], words[b - 1][1]) for a, b in pairwise(edges)]


def _word_spans(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """They cover all but white space; a mark belongs to the word before it."""
    words = [word.span() for word in _WORD.finditer(text, start, stop)]
    return _divided(text, words) if has_unspaced(text[start:stop]) else words


def _divided(text: str, words: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of runs too, which no white space divides."""
    edges = ([*word_starts(text, start, stop), start, stop] for start, stop in words)
    return [word for places in edges for word in pairwise(sorted({*places}))]
