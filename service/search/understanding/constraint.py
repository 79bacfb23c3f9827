"""A constraint that a question states, and the numbers that people write in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_VALUES = {word: value for value, word in enumerate(_WORDS)} | _TENS
NUMBER = rf"(?:\d{{1,4}}(?:\.\d)?|{'|'.join(sorted(_VALUES, key=len, reverse=True))})"

# What may follow a constraint: the end, punctuation, or what leads to something else.
FOLLOWED = (
    r"(?=\s*(?:$|[,;:.!?)(\-]|(?:about|on|with|from|by|in|of|for|and|that|which|where|before|after"
    r"|since|under|over|featuring|published|released)\b))"
)
EPISODES = r"(?:episodes?|podcasts?|shows?|interviews?|talks?|conversations?|ones?)"


@dataclass(frozen=True, slots=True)
class Constraint:
    """text[start:stop] of a question means these filters."""

    start: int
    stop: int
    fields: Mapping[str, Any]  # by the names of parameters
    certain: bool = True  # it can mean nothing else
    topic: str = ""  # else what an episode says if the words are its subject
    of_today: bool = False  # it means something else tomorrow


def number_of(text: str) -> float:
    """The value of a text that NUMBER matches."""
    lowered = text.lower()
    return float(_VALUES[lowered]) if lowered in _VALUES else float(text)


def is_like_a_title(text: str) -> bool:
    """Whether most longer words begin with a capital, as in titles and not in questions."""
    words = re.findall(r"[^\W\d_]{4,}", text)
    return len(words) > 1 and sum(word[0].isupper() for word in words) > 0.7 * len(words)
