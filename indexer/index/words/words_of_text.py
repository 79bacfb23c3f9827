"""Divides a text into the words that the lexical index has, with their places."""

import re
from collections.abc import Callable
from typing import NamedTuple

from indexer.text import segmentation

_WORD = re.compile(r"\w+")


class Word(NamedTuple):
    """text[start:stop], and its stem."""

    start: int
    stop: int
    stem: str


def words_of_text(text: str, stem: Callable[[str], str]) -> list[Word]:
    """In order; parts of a Chinese word may overlap. `stem` gives "" for what is not indexed."""
    if not segmentation.has_unspaced(text):
        return _spaced(text, stem)
    parts = (Word(*part) for part in segmentation.parts(text))
    return sorted([*parts, *_spaced(segmentation.without_unspaced(text), stem)])


def _spaced(text: str, stem: Callable[[str], str]) -> list[Word]:
    words = ((word.start(), word.end(), stem(word[0])) for word in _WORD.finditer(text))
    return [Word(*word) for word in words if word[2]]
