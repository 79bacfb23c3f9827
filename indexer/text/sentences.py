"""Splits a text into sentences and clauses, with their positions."""

import re
from itertools import pairwise
from typing import NamedTuple

MOST_WORDS = 60  # longer text without a full stop is split, so that highlights stay readable

# A mark that may end a sentence, with closing quotes and brackets.
_MARK = re.compile(
    r"(?P<stop>[.!?\u2026]+)[\"'\u201d\u2019)\]]*(?=\s)"  # white space must follow: URLs, 3.5
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019)]*"  # CJK: no white space follows
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
_PAUSE = re.compile(r"[,;:\u2013\u2014](?=\s)|[\u2014]|\s-(?=\s)|[\u3001\uff0c\uff1b]")
_FEWEST_CLAUSE_WORDS = 5
_MOST_CLAUSE_WORDS = 20


class Span(NamedTuple):
    """text[start:stop]; positions count characters."""

    start: int
    stop: int


def split_sentences(text: str) -> list[Span]:
    """The sentences of `text`, in order, without the white space between them."""
    spans: list[Span] = []
    start = 0
    for mark in _MARK.finditer(text):
        if _ends_sentence(text, start, mark):
            spans += _pieces(text, start, mark.end(), MOST_WORDS)
            start = mark.end()
    return spans + _pieces(text, start, len(text), MOST_WORDS)


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
    edges = [sentence.start]
    for pause in _PAUSE.finditer(text, *sentence):
        if _count_words(text, edges[-1], pause.end()) >= _FEWEST_CLAUSE_WORDS:
            edges.append(pause.end())
    if len(edges) > 1 and _count_words(text, edges[-1], sentence.stop) < _FEWEST_CLAUSE_WORDS:
        edges.pop()
    edges.append(sentence.stop)
    return [
        piece
        for start, stop in pairwise(edges)
        for piece in _pieces(text, start, stop, _MOST_CLAUSE_WORDS)
    ]


def _count_words(text: str, start: int, stop: int) -> int:
    return len(text[start:stop].split())


def _pieces(text: str, start: int, stop: int, most_words: int) -> list[Span]:
    """The text as one span, or as several of about equal length if it has too many words."""
    whole = text[start:stop]
    if 0 < len(whole.split()) <= most_words:
        return [Span(start + len(whole) - len(whole.lstrip()), start + len(whole.rstrip()))]
    words = [word.span() for word in _WORD.finditer(text, start, stop)]
    count = -(-len(words) // most_words)
    edges = [len(words) * piece // count for piece in range(count + 1)] if count else []
    return [Span(words[a][0], words[b - 1][1]) for a, b in pairwise(edges)]
