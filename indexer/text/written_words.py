"""Words whose marks belong to them: C++, C#, .NET, Node.js, AT&T, 401(k), GPT-4o, K-pop, O'Brien.

Tokenizers divide at marks, so each such word gets a spelling of letters and digits. A text is
indexed with it beside the parts, so that both ways of writing find it; a question is asked with it.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

_LONGEST = 32  # letters of a joined word
_LONGEST_JOINED = 2 * _LONGEST + 4  # with a mark after each letter, and an ending
_SHORT = 2  # letters of a part that says little alone
_WORDS_KEPT = 10_000

_APOSTROPHES = "'\u2018\u2019\u02bc"
_JOINTS = f".&{_APOSTROPHES}\\-\u2010\u2011"
_ENDINGS = frozenset("s t re ve ll d m".split())  # of English words, after an apostrophe
_SIGNED = r"(?P<letter>(?<![^\W_])[A-Za-z])(?:(?P<plus>\+\+)|(?P<sharp>#(?![^\W_])))"
_WORD = re.compile(
    rf"{_SIGNED}|(?<![\w.])(?P<dot>\.net)\b"
    rf"|(?<![\w{_JOINTS}])(?P<joined>[^\W_]+(?:[{_JOINTS}][^\W_]+)+|[^\W_]+\([^\W_]{{1,2}}\))",
    re.IGNORECASE,
)
_PARTS = re.compile(rf"[{_JOINTS}()]")
_MARK_INSIDE = re.compile(rf"[(&.{_APOSTROPHES}\-\u2010\u2011](?=[^\W_])|\+\+|#")
_SPACE = re.compile(r"\s")
_SIGN_NAMES = {"plus": "plusplus", "sharp": "sharp"}
_ALIASES = {"cpp": "cplusplus"}


class Written(NamedTuple):
    """text[start:stop] is a word with marks."""

    start: int
    stop: int
    spelling: str  # of letters and digits
    parts: tuple[str, ...] = ()  # that are indexed too


def written_words(text: str) -> Iterator[Written]:
    """The words with marks, in order; looks only at what stands around a mark."""
    stop = 0
    while mark := _MARK_INSIDE.search(text, stop):
        space = _SPACE.search(text, mark.end())
        start = max(text.rfind(" ", stop, mark.start()) + 1, stop)
        stop = space.start() if space else len(text)
        for found in _WORD.finditer(text, start, stop):
            yield from _written(found)


def _written(found: re.Match[str]) -> Iterator[Written]:
    if found["joined"]:
        yield from _joined(found)
    elif found["dot"]:
        yield Written(*found.span(), "dotnet")
    else:
        sign = "plus" if found["plus"] else "sharp"
        yield Written(*found.span(), f"{found['letter'].lower()}{_SIGN_NAMES[sign]}")


def indexed(text: str) -> str:
    """A text with the spelling of each such word after its parts, or in place of a sign."""
    return _replaced(text, lambda word: (*word.parts, word.spelling))


def asked(text: str, is_known: Callable[[str], bool]) -> str:
    """A question with the spelling of those words that some episode has, and their longer parts."""
    text = " ".join(_ALIASES.get(word.lower(), word) for word in text.split(" "))

    def spelled(word: Written) -> tuple[str, ...]:
        if word.parts and not is_known(word.spelling):
            return word.parts
        return (word.spelling, *(part for part in word.parts if _tells(part)))

    return _replaced(text, spelled)


def _replaced(text: str, spelled: Callable[[Written], tuple[str, ...]]) -> str:
    parts, stop = [], 0
    for word in written_words(text):
        parts += [text[stop : word.start], " ".join(spelled(word))]
        stop = word.stop
    return "".join([*parts, text[stop:]]) if parts else text


def _joined(found: re.Match[str]) -> Iterator[Written]:
    if len(found[0]) <= _LONGEST_JOINED and (spelled := _spelled(found[0])):
        length, spelling, parts = spelled
        yield Written(found.start(), found.start() + length, spelling, parts)


@lru_cache(_WORDS_KEPT)
def _spelled(text: str) -> tuple[int, str, tuple[str, ...]] | None:
    """The length of the word that a joined text begins with, its spelling and its parts."""
    parts = [part for part in _PARTS.split(text) if part]
    length = len(text)
    if parts[-1].lower() in _ENDINGS and text[-len(parts[-1]) - 1] in _APOSTROPHES:
        length -= len(parts.pop()) + 1
    spelling = "".join(parts)
    if not _is_one_word(text, parts) or len(spelling) > _LONGEST:
        return None
    return length, spelling.lower(), tuple(parts)


def _is_one_word(text: str, parts: list[str]) -> bool:
    """Whether a part says little alone; numbers and initials, as in U.S., are no word."""
    if len(parts) < 2 or all(part.isdigit() for part in parts):
        return False
    if all(len(part) == 1 for part in parts):
        return "&" in text
    return any(len(part) <= _SHORT or not part.isalpha() for part in parts)


def _tells(part: str) -> bool:
    return len(part) > _SHORT and part.isalpha()
