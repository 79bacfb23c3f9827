"""The sentence that says why, and the words in it that the question asked for."""

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache

from indexer.snapshot import LexicalIndex, Span

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Highlight:
    """summary[start:end], and spans of the summary that match; counted in characters."""

    text: str
    start: int
    end: int
    matches: list[tuple[int, int]]


def highlight(
    summary: str, sentence: Span, terms: Container[str], lexical: LexicalIndex
) -> Highlight:
    matches = [
        word.span()
        for word in _WORD.finditer(summary, sentence.start, sentence.stop)
        if _stem(lexical, word.group()) in terms
    ]
    text = summary[sentence.start : sentence.stop]
    return Highlight(text, sentence.start, sentence.stop, matches)


@lru_cache(maxsize=100_000)
def _stem(lexical: LexicalIndex, word: str) -> str:
    """A word is stemmed once, not for every hit that shows it."""
    stems = lexical.words(word)
    return stems[0] if len(stems) == 1 else ""
