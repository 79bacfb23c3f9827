"""Reads operators: "quoted phrases" must stand in an episode, -words and -"phrases" must not.

Whatever is no operator stays plain words: there is no syntax error.
"""

import re
from typing import NamedTuple

MOST_OPERATORS = 32  # of a question; further ones are plain words

_QUOTE = '["\uff02\u201c-\u201f\u2033\u00ab\u00bb]'
_OTHERS = _QUOTE.replace("[", "[^")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# A minus is no dash and no part of a range or a flag: a letter follows, and no other minus ends it.
_OPERATOR = re.compile(
    rf"(?<![^\s(])(?P<minus>[-\u2212])?{_QUOTE}(?P<phrase>{_OTHERS}*[^\W_]{_OTHERS}*){_QUOTE}(?!\w)"
    r"|(?<!\S)[-\u2212](?![A-Za-z](?:\s|$))(?=\S*[^\W\d_])(?P<word>[\w.]\S*)(?<!-)(?!\S)"
)
_PUNCTUATION = ",;:.!?)"


class Operators(NamedTuple):
    text: str  # without the operators: the words to search for
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def operators_of(question: str) -> Operators:
    """The operators of a question; the question as it is if it has none."""
    if not _may_have_any(question):
        return Operators(question)
    phrases: list[str] = []
    without: list[str] = []

    def words_left(operator: re.Match[str]) -> str:
        if operator["phrase"] and not operator["minus"]:
            phrases.append(operator["phrase"].strip())
            return operator["phrase"]
        without.append((operator["phrase"] or operator["word"]).strip().rstrip(_PUNCTUATION))
        return " "

    left, count = _OPERATOR.subn(words_left, _UNSEEN.sub("", question), MOST_OPERATORS)
    text = " ".join(left.split())
    return Operators(text, _once(phrases), _once(without)) if count else Operators(question)


def _may_have_any(question: str) -> bool:
    """Fast, since most questions have none."""
    return "-" in question or '"' in question or not question.isascii()


def _once(phrases: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrases))
