"""Divides a text into the words that the lexical index has, with their places."""

import re
from collections.abc import Callable, Container
from typing import NamedTuple

from indexer.text import segmentation, written_words

Stem = Callable[[str], str]

_WORD = re.compile(r"\w+")


class Word(NamedTuple):
    """text[start:stop], and its stem."""

    start: int
    stop: int
    stem: str


def words_of_text(text: str, stem: Stem, own: Stem | None = None) -> list[Word]:
    """In order; a word with marks overlaps its parts, as parts of a Chinese word may overlap.

    `stem` gives "" for what is not indexed; `own` the stems of the text's language, if that is
    another one: a word that they change is there by both.
    """
    if not segmentation.has_unspaced(text):
        return _spaced(text, stem, own)
    parts = (Word(*part) for part in segmentation.parts(text))
    return sorted([*parts, *_spaced(segmentation.without_unspaced(text), stem, own)])


def sought_words(text: str, stem: Stem, sought: Container[str]) -> list[Word]:
    """Those words of a text whose stems are sought."""
    if not segmentation.has_unspaced(text):
        return _sought(text, stem, sought)
    parts = (Word(*part) for part in segmentation.parts(text))
    kept = [part for part in parts if part.stem in sought]
    return sorted([*kept, *_sought(segmentation.without_unspaced(text), stem, sought)])


def own_stems(text: str, stem: Stem, own: Stem) -> list[str]:
    """The stems of a text's own language where they differ, to be indexed beside its words."""
    return [own(word) for word in _WORD.findall(text) if _differs(word, stem, own)]


def _differs(word: str, stem: Stem, own: Stem) -> bool:
    stemmed = stem(own(word))
    return stemmed not in ("", stem(word))


def _spaced(text: str, stem: Stem, own: Stem | None) -> list[Word]:
    words = _stemmed(text, stem)
    if own is None:
        return words
    by_own = [
        Word(word.start, word.stop, stem(own(text[word.start : word.stop])))
        for word in words
        if _differs(text[word.start : word.stop], stem, own)
    ]
    return sorted([*words, *by_own])


def _stemmed(text: str, stem: Stem) -> list[Word]:
    found = _WORD.finditer(text)
    plain = [Word(*word.span(), own) for word in found if (own := stem(word[0]))]
    written = list(written_words.written_words(text))
    return _with_written(plain, written, stem) if written else plain


def _sought(text: str, stem: Stem, sought: Container[str]) -> list[Word]:
    found = _WORD.finditer(text)
    plain = [Word(*word.span(), own) for word in found if (own := stem(word[0])) in sought and own]
    written = list(written_words.written_words(text))
    if not written:
        return plain
    return [word for word in _with_written(plain, written, stem) if word.stem in sought]


def _with_written(
    plain: list[Word], written: list[written_words.Written], stem: Callable[[str], str]
) -> list[Word]:
    """Those that are spelled with a sign, as C++, take the place of their letters."""
    signed = {place for word in written if not word.parts for place in range(*word[:2])}
    spelled = [Word(word.start, word.stop, stem(word.spelling)) for word in written]
    left = [word for word in plain if word.start not in signed]
    return sorted([*left, *(word for word in spelled if word.stem)])
