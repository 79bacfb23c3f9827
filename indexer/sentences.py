"""Text -> its sentences, and where each stands in it."""

import re
from itertools import pairwise
from typing import NamedTuple

MOST_WORDS = 60  # a longer stretch without a full stop is cut, so that evidence stays readable

# A mark that may end a sentence, with the quotes and brackets that close after it.
_MARK = re.compile(
    r"(?P<stop>[.!?\u2026]+)[\"'\u201d\u2019)\]]*(?=\s)"  # before white space: URLs and 3.5 hold
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019)]*"  # CJK: no white space follows
    r"|\s*\n\s*"
)
_OPENING = re.compile(r"\s*[\"'\u201c\u2018(\[*\u2022\u2013\u2014-]*\s*(?P<first>\S)?")
_LAST_WORD = re.compile(r"(?P<word>[^\s(\[\"'\u201c\u2018]+)$")
_WORD = re.compile(r"\S+")

# After these a capital letter is a name more often than a new sentence.
_BEFORE_NAMES = frozenset(
    "dr mr mrs ms prof rev fr sr jr st gen col capt lt sgt gov sen rep hon pres mt ft "
    "vs e.g i.e eg ie cf no vol ep eps feat approx dept fig u.s u.k d.c".split()
)


class Span(NamedTuple):
    """text[start:stop]"""

    start: int
    stop: int


def split_sentences(text: str) -> list[Span]:
    """The sentences of `text`, in order, without the white space between them."""
    spans: list[Span] = []
    start = 0
    for mark in _MARK.finditer(text):
        if _ends_sentence(text, start, mark):
            spans += _pieces(text, start, mark.end())
            start = mark.end()
    return spans + _pieces(text, start, len(text))


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


def _pieces(text: str, start: int, stop: int) -> list[Span]:
    """One span, or several of about equal length where there are too many words for one."""
    words = [word.span() for word in _WORD.finditer(text, start, stop)]
    count = -(-len(words) // MOST_WORDS)
    edges = [len(words) * piece // count for piece in range(count + 1)] if count else []
    return [Span(words[a][0], words[b - 1][1]) for a, b in pairwise(edges)]
