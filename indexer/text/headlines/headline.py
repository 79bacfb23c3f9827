"""Makes a headline for an episode without a title, of the most telling words of its summary.

Of a sentence that presents a conversation, it takes the guest and the subject; of all others, the
one that names most, without what presents it. A headline depends on the text of its episode alone,
so it stays the same whatever other episodes come.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from math import sqrt
from typing import NamedTuple

from indexer.text.headlines.introduction import introduced
from indexer.text.headlines.shortening import shortened
from indexer.text.headlines.words import DANGLING, MARKS, WORD
from indexer.text.sentences import split_sentences

_READ_CHARACTERS, _READ_SENTENCES = 4_000, 12
_LATER = 0.08  # by which a sentence counts less than the one before it
_INTRODUCED = 1.5  # factor of a sentence that says who speaks about what
_OPENING = re.compile(
    # "In this week's episode of the show,", "On our first podcast we"
    r"(?:in|on|for|during|with)\s+(?:this|today.s|our|another)\s+(?:[\w\u2019'-]+\s+){0,3}?"
    r"(?:episode|show|podcast|edition|instal+ment)s?\b(?:\s*\#?\d[\d.]*)?"
    r"(?:\s+(?:of|from)\s+[^,:.;]{1,60}?)?(?:\s*[,:\u2013\u2014-]\s*|\s+|$)"
    # "This special episode", "This conversation"
    r"|(?:in\s+)?(?:this|today.s|our|another)\s+"
    r"(?:(?:very|special|new|latest|first|second|third|week.?s|bonus|exciting|short)\s+)*"
    r"(?:episode|show|podcast|edition|instal+ment|interview|conversation|week)\b"
    r"(?:\s*[,:\u2013\u2014-]\s*|\s+|$)"
    # "In this short talk,", "In this short talk we"
    r"|(?:in|on|for)\s+(?:this|today.s|our|another)\s+(?:[\w'-]+\s+){0,3}[\w'-]+,\s+"
    r"|(?:in|on|for)\s+(?:this|today.s|our|another)\s+(?:[\w'-]+\s+){1,3}?(?:\([^)]{1,30}\)\s+)?"
    r"(?=(?:we|i|you|it|it.s)\s)"
    # "Today," "This week on the show,"
    r"|(?:today|this week|this time)(?:\s+on\s+[^,:.;]{1,40})?\s*[,:]?\s+"
    # "This episode is all about"
    r"|(?:is|was)\s+(?:all\s+)?about\s+"
    # "Episode 42:", "#42 -"
    r"|(?:episode|ep\.?|show|\#)\s*\#?\s*\d+\b\s*[,:\u2013\u2014.|-]*\s*"
    r"|(?:in|dans|en|nesta|neste|w)\s+(?:dieser|deze|cet|cette|este|esta|questo|questa|tym)\s+"
    r"(?:folge|episode|ausgabe|sendung|aflevering|\u00e9pisode|\u00e9mission|episodio|puntata)"
    r"\s*,?\s+",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*")
_WEAK_START = re.compile(
    r"(?:he|she|they|it|his|her|their|its|this|these|those|that|and|but|so|or|also|then|plus|join|"
    r"subscribe|follow|listen|visit|support|thanks?|thank|check|download|sponsor\w*|brought|get|hosts:|"
    r"sign|find|leave|rate|email|tweet|send|please|click|music|produced|hosted?s?|copyright|"
    r"welcome|hello|hi|hey|become|use|links?|show\s*notes|topics?|however|greetings|anyway|warning|"
    r"from|note|let|now|well|just|no|yes|you.re|your|there)\b",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(
    r"\A(?:plus|then|also|and|finally|next|later)\b\s*[,:\u2013\u2014-]?\s+", re.I
)
_PLEA = re.compile(
    r"https?:|www\.|@|\.(?:com|org|net|fm|io)\b|\b(?:subscribe|sponsor\w*|patreon|discount|promo|"
    r"podtrac|adchoices|itunes|newsletter|voicemail|unsubscribe|facebook|twitter|instagram)\b",
    re.IGNORECASE,
)
_NAME_WEIGHT, _NUMBER_WEIGHT, _AGAIN_WEIGHT = 1.0, 0.5, 0.5  # beside 1 for any telling word


class _Candidate(NamedTuple):
    text: str
    worth: float


def headline_of(summary: str, hosts: Collection[str] = ()) -> str | None:
    """At most 100 characters; None if no sentence has a word."""
    summary = summary[:_READ_CHARACTERS]
    said = Counter(word.casefold() for word in WORD.findall(summary))
    found = _candidates(summary, said, hosts)
    best = max(found, key=lambda candidate: candidate.worth, default=None)
    return best.text if best else None


def _candidates(summary: str, said: Counter[str], hosts: Collection[str]) -> Iterator[_Candidate]:
    for place, (start, stop) in enumerate(split_sentences(summary)[:_READ_SENTENCES]):
        said_there = _ADDRESS.sub(" ", summary[start:stop])
        sentence = _unopened(" ".join(said_there.split()))
        alone = _CONNECTIVE.sub("", sentence)
        introduction = introduced(alone, hosts)
        headline = shortened(introduction or alone)
        if not WORD.search(headline):
            continue
        worth = _telling(headline, said) / (1 + _LATER * place)
        worth *= _INTRODUCED if introduction else _soundness(sentence)
        yield _Candidate(headline, worth)


def _unopened(sentence: str) -> str:
    """The sentence without marks and without what says that it is of an episode."""
    before = None
    while sentence != before:
        before, sentence = sentence, sentence.lstrip(MARKS)
        opening = _OPENING.match(sentence)
        sentence = sentence[opening.end() :] if opening else sentence
    return sentence


def _telling(headline: str, said: Counter[str]) -> float:
    """What its words tell, for its length."""
    words = WORD.findall(headline)
    telling = {word.casefold(): word for word in words if word.casefold() not in DANGLING}
    weight = 0.0
    for place, (folded, word) in enumerate(telling.items()):
        weight += 1 + (_AGAIN_WEIGHT if said[folded] > 1 else 0)
        weight += _NAME_WEIGHT if place and word[0].isupper() else 0
        weight += _NUMBER_WEIGHT if any(map(str.isdigit, word)) else 0
    return weight / sqrt(4 + len(words))


def _soundness(sentence: str) -> float:
    """Less for what cannot stand alone, and for pleas and addresses."""
    weak = 0.4 if _WEAK_START.match(sentence) else 1.0
    return weak * (0.15 if _PLEA.search(sentence) else 1.0)
