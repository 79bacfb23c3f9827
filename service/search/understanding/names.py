"""People and podcasts of the corpus in a question: with Tim Berglund, on Syntax."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indexer.index.columns.filters import label_key
from service.search.understanding.constraint import Constraint, is_like_a_title

_MOST_WORDS = 8  # of a name

_WORD = re.compile(r" ?([^\s,;:!?()\"]*[^\s,;:!?()\".])")
_POSSESSIVE = re.compile("['’]s$")
_THE = re.compile("the ", re.IGNORECASE)
_WITH = re.compile(
    r"\b(?:(?P<sure>(?:hosted|presented) by|hosts?:|guests?:)"
    r"|with(?: guests?| hosts?)?|by|featuring|feat\.?|ft\.?|guests?) (?=\S)",
    re.IGNORECASE,
)
_ON = re.compile(
    r"\b(?:(?P<sure>(?:on|from|in|of|by) (?:the )?(?:podcast|show|series))|on|from"
    r"|(?:(?:episodes?|latest|newest|season \S+|episode \S+) )(?P<of>of)) (?=\S)",
    re.IGNORECASE,
)
_AFTER = re.compile(r" (?:(?P<sure>podcast|show)|episodes?|ep\.?|season)\b", re.IGNORECASE)


class Names:
    """The names of one field: their hashes, so that many take little memory."""

    def __init__(self, field: str, names: Iterable[str]) -> None:
        self._field = field
        keys = [label_key(f"{field}:{name}") for name in names]
        self._whole = _hashes(keys)
        self._first = _hashes([key.split(" ")[0] for key in keys])

    def begin_with(self, word: str) -> bool:
        return _has(self._first, self._key(word))

    def have(self, name: str) -> bool:
        return _has(self._whole, self._key(name))

    def _key(self, name: str) -> str:
        return label_key(f"{self._field}:{_POSSESSIVE.sub('', name)}")


def people_in(text: str, people: Names) -> Iterator[Constraint]:
    """People that are named by at least two words; one word may be anything."""
    for led in _WITH.finditer(text):
        if stop := _longest(text, led.end(), people, fewest=2):
            named = text[led.end() : stop]
            sure = led["sure"] is not None
            yield Constraint(led.start(), stop, {"person": (named,)}, sure, named)


def podcasts_in(text: str, podcasts: Names) -> Iterator[Constraint]:
    """Podcasts by title; one of a single word needs a capital, or the word podcast beside it."""
    for led in _ON.finditer(text):
        the = _THE.match(text, led.end())
        for start in (led.end(), *([the.end()] if the else [])):
            if stop := _longest(text, start, podcasts, fewest=1):
                after = _AFTER.match(text, stop)
                first = led.start("of") if led["of"] else led.start()
                yield from _podcast(text, first, (start, stop), led["sure"], after)
    yield from _podcasts_before(text, podcasts)


def _podcasts_before(text: str, podcasts: Names) -> Iterator[Constraint]:
    """Those before the word podcast, episode or season; in a title, another one may be meant."""
    title = is_like_a_title(text)
    for after in _AFTER.finditer(text):
        start = _beginning(text, after.start(), podcasts)
        if start is not None:
            for named in _podcast(text, start, (start, after.start()), None, after):
                yield replace(named, certain=False, topic="") if title else named


def _podcast(
    text: str, first: int, name: tuple[int, int], sure: str | None, after: re.Match[str] | None
) -> Iterator[Constraint]:
    start, stop = name
    named = text[start:stop]
    is_sure = sure is not None or bool(after and after["sure"])
    if is_sure or " " in named or named[0].isupper():
        last = after.end("sure") if after and after["sure"] else stop
        yield Constraint(first, last, {"podcast": (named,)}, is_sure, named)


def _longest(text: str, start: int, names: Names, fewest: int) -> int | None:
    """Where the longest name that begins here ends; None if there is none."""
    stops: list[int] = []
    while len(stops) < _MOST_WORDS and (word := _WORD.match(text, stops[-1] if stops else start)):
        stops.append(word.end())
        if len(stops) == 1 and not names.begin_with(word[1]):
            return None
    for stop in reversed(stops[fewest - 1 :]):
        named = _POSSESSIVE.sub("", text[start:stop])
        if names.have(named):
            return start + len(named)
    return None


def _beginning(text: str, stop: int, names: Names) -> int | None:
    """Where the longest name that ends here begins; None if there is none."""
    start, longest = stop, None
    for _ in range(_MOST_WORDS):
        if start <= 0:
            break
        start = text.rfind(" ", 0, start) + 1
        if names.have(text[start:stop]):
            longest = start
        start -= 1
    return longest


def _hashes(keys: list[str]) -> NDArray[np.int64]:
    return np.unique(np.array([hash(key) for key in keys], np.int64))


def _has(hashes: NDArray[np.int64], key: str) -> bool:
    sought = hash(key)
    place = int(np.searchsorted(hashes, sought))
    return place < len(hashes) and int(hashes[place]) == sought
