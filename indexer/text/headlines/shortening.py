"""Shortens a sentence to a headline: its beginning, up to where a clause ends."""

import re
from collections.abc import Iterator
from itertools import pairwise

from indexer.text.headlines.words import DANGLING, capitalised
from indexer.text.segmentation import has_unspaced

MOST_CHARACTERS = 100
_LEAST_CHARACTERS = 40  # of a headline that is cut where it may end
_BREAK = re.compile(r"\s*[\u2014;]|\s[\u2013-]\s")
_TRAILING = " .,;:\u2013\u2014-"
# Before what it may end.
_ENDS_BEFORE = frozenset(
    "for with in at by from using while which who that where when as after before through and or "
    "but including because during focused focusing highlighting emphasizing within without across "
    "since".split()
)


def shortened(text: str) -> str:
    """The beginning that may stand alone, without the mark at its end."""
    text = capitalised(text.strip().strip("*_=~>|").rstrip(_TRAILING))
    if len(text) <= MOST_CHARACTERS:
        return text
    if has_unspaced(text[:MOST_CHARACTERS]):
        return f"{text[: MOST_CHARACTERS - 1]}\u2026"
    strong = (break_.start() for break_ in _BREAK.finditer(text))
    for ends in ([*strong], [*_ends(text)]):
        fitting = [end for end in ends if _LEAST_CHARACTERS <= end <= MOST_CHARACTERS]
        if closed := [end for end in fitting if _is_closed(text[:end])]:
            return text[: closed[-1]].rstrip(_TRAILING)
    words = text[:MOST_CHARACTERS].split(" ")[:-1]
    while len(words) > 1 and words[-1].casefold() in DANGLING:
        words.pop()
    kept = " ".join(words) or text
    return kept[: MOST_CHARACTERS - 1].rstrip(_TRAILING) + "\u2026"


def _ends(text: str) -> Iterator[int]:
    """Where a clause ends: at a mark, or before a word that begins another."""
    words = list(re.finditer(r"\S+", text[: MOST_CHARACTERS + 20]))
    for word, following in pairwise(words):
        bare = word[0].strip("\"'\u201c\u201d\u2018\u2019(),;:.!?").casefold()
        if bare in DANGLING:
            continue
        ended = word[0][-1] in ",;:.!?\u2014\u2013" or following[0] in "-\u2013\u2014|"
        if ended or following[0].casefold() in _ENDS_BEFORE:
            yield word.end()


def _is_closed(text: str) -> bool:
    """Whether it closes what it opens: brackets and quotes."""
    pairs = (("(", ")"), ("[", "]"), ("\u201c", "\u201d"))
    return all(text.count(one) == text.count(other) for one, other in pairs) and not (
        text.count('"') % 2
    )
