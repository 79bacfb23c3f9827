"""The rule by which a search decides whether a hit repeats another: are both the same episode?

It compares the words of pairs whose vectors are almost equal. Numbered issues of a show may differ
in number and date only, so two texts with different numbers are two episodes, unless one says that
it is a rerun. `indexer/corpus/duplicate_rule.py` is the stricter rule of a build, which merges
episodes permanently.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Self

from indexer.episode import fold

LEAST_COSINE = 0.95  # texts with a lower cosine are not compared
_LEAST_OVERLAP = 0.9  # share of common words; with less, all pairs read were different episodes

_WORD = re.compile(r"[^\W_]+")
_RERUN = frozenset("rerun reruns rebroadcast repeat encore replay rerelease reissue".split())
_SETTING = frozenset("re special presentation edition episode ep the a".split()) | _RERUN
_NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve first second third fourth "
    "fifth sixth last final i ii iii iv v vi vii viii ix x january february march april may june "
    "july august september october november december jan feb mar apr jun jul aug sep oct nov dec "
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun".split()
)


@dataclass(frozen=True, slots=True)
class Wording:
    title: frozenset[str]  # words without numbers and without words such as rerun
    words: Counter[str]  # of the summary
    numbers: frozenset[str]  # of both
    is_rerun: bool

    @classmethod
    def of(cls, title: str, summary: str) -> Self:
        named, words = set(_words(title)), Counter(_words(summary))
        numbers = frozenset(filter(_is_number, (*named, *words)))
        return cls(
            frozenset(named - numbers - _SETTING), words, numbers, not _RERUN.isdisjoint(named)
        )

    def repeats(self, other: "Wording") -> bool:
        """Whether both are the same episode."""
        if not (self.title <= other.title or other.title <= self.title):
            return False
        differ = self.numbers - other.numbers and other.numbers - self.numbers
        if differ and not (self.is_rerun or other.is_rerun):
            return False
        common, all_words = self.words & other.words, self.words | other.words
        return common.total() >= _LEAST_OVERLAP * all_words.total()


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text).casefold())


def _is_number(word: str) -> bool:
    return word in _NUMBERS or any(map(str.isdigit, word))
