"""Makes a headline for an episode without a title, of the most telling words of its summary.

Of a sentence that presents a conversation, it takes the guest and the subject; of all others, the
one that names most, without what presents it. A headline depends on the text of its episode alone,
so it stays the same whatever other episodes come.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise, takewhile
from math import sqrt
from typing import NamedTuple

from indexer.text.segmentation import has_unspaced
from indexer.text.sentences import split_sentences

MOST_CHARACTERS = 100
_LEAST_CHARACTERS = 40  # of a headline that is cut where it may end
_READ_CHARACTERS, _READ_SENTENCES = 4_000, 12
_LATER = 0.08  # by which a sentence counts less than the one before it
_MOST_SUBJECT = 170  # characters before the verb
_MOST_GUEST = 260
_PRESENTED = 1.5  # factor of a sentence that says who speaks about what

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
    # "Episode 42:", "#42 -"
    r"|(?:episode|ep\.?|show|\#)\s*\#?\s*\d+\b\s*[,:\u2013\u2014.|-]*\s*"
    r"|(?:in|dans|en|nesta|neste|w)\s+(?:dieser|deze|cet|cette|este|esta|questo|questa|tym)\s+"
    r"(?:folge|episode|ausgabe|sendung|aflevering|\u00e9pisode|\u00e9mission|episodio|puntata)"
    r"\s*,?\s+",
    re.IGNORECASE,
)
_FEWEST_WORDS = 2  # of a topic
_MOST_NAME = 9  # words
_NAME = re.compile(r"(?:[A-Z][\w'\u2019.-]*[a-z][\w'\u2019.-]*\s*){1,3}")  # of a list
_ADVERBIAL = re.compile(
    r"(?:in|on|at|after|before|just|as|with|for|from|during|while|when|to)\b", re.I
)
_EXPLAINED = re.compile(
    r"\s*[(;:\u2013\u2014]|\s+(?:of|from|at|who|author|founder|ceo)\s+", re.IGNORECASE
)
_MARKS = "\"'\u201c\u2018*\u2022\u00b7\u2013\u2014-_=~>#| "
# Somebody meets a guest, who speaks about a subject.
_MEETS = re.compile(
    r"\b(?:(?:talk|speak|chat|sit|catch|converse)(?:s|ed|ting|ing)?(?:\s+(?:down|up))?"
    r"\s+(?:again\s+)?(?:with|to)|(?:spoke|sat\s+down)\s+(?:with|to)|interview(?:s|ed|ing)?|"
    r"spr(?:icht|echen)\s+(?:\w+\s+){0,4}mit|unterh\u00e4lt\s+sich\s+(?:\w+\s+){0,4}mit|"
    r"welcomes?(?:\s+back)?|hosts?|(?:is|are|am|i.m|we.re|.s)\s+joined\s+by)\s+",
    re.IGNORECASE,
)
_JOINS = re.compile(r"\bjoin(?:s|ed)\b", re.IGNORECASE)
_ABOUT = re.compile(
    r",?\s+(?:about|regarding|(?P<de>\u00fcber)|on(?!\s+(?:the|this|our|today.s|his|her)\s+(?:show|episode|podcast|"
    r"program|phone|line)))\s+(?:all\s+things\s+)?"
    r"|,?\s+(?:to|and)\s+(?:talk|chat|speak)s?\s+(?:about|on|through)\s+"
    r"|,?\s+(?:to|and|who)\s+(?:discuss|explore|explain|share|describe|tell)(?:s|es)?\s+"
    r"(?:us\s+)?(?:about\s+)?",
    re.IGNORECASE,
)
# Somebody tells of a subject.
_TELLS = re.compile(
    r"\b(?:(?:talk|speak|chat)(?:s|ed|ing)?\s+(?:\w+\s+)?(?:about|on|through)|"
    r"(?:discuss|explor|explain|describ|shar|reveal|cover|examin|recount|outlin)"
    r"(?:es|s|e|ed)?|tells?(?:\s+(?:us|me|you))?(?:\s+(?:about|of))?|looks?\s+(?:at|into)|"
    r"dives?(?:\s+deep)?\s+into|breaks?\s+down|reflects?\s+on|walks?\s+(?:us\s+)?through|"
    r"goes\s+over|go\s+over|argues?|digs?\s+into)\s+(?:about\s+|of\s+)?",
    re.IGNORECASE,
)
# The hosts themselves, of whom a headline does not speak.
_NOBODY = re.compile(
    r"(?:.*\b)?(?:we|i|you|he|she|they|it|us|who|hosts?|(?:the|our)\s+(?:hosts?|guys|team|boys|gang|"
    r"panel|episode|conversation|discussion|show|podcast|two|crew)|this\s+\w+|both)"
    r"(?:\s+(?:also|then|will|can))?|(?:in|on|for)\s+(?:this|today.s|our)\s.*",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\b(?:is|are|was|were|has|have|it.s|as|while|if|when|gets?|to|"
    r"\w+['\u2019](?:ve|re|ll|m|d))\b",
    re.IGNORECASE,
)
_INVITES = re.compile(
    r"(?:come\s+)?join\s+(?:us|me|[^,.;]{2,60}?)(?:\s+(?:on|for|in)\s+|\s+as\s+"
    r"(?:we|i|they|he|she)\s+(?:talk\s+about|(?:discuss|explor|explain|cover|examin)e?|"
    r"(?:look|dive|dig)\s+\w+)\s+)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*")
_BREAK = re.compile(r"\s*[\u2014;]|\s[\u2013-]\s")
_TRAILING = " .,;:\u2013\u2014-"
_WORD = re.compile(r"[^\W_]+(?:['\u2019.&+#-][^\W_]+)*[+#]*")
# What may not end a headline, and before what it may end.
_DANGLING = frozenset(
    "a an the of to in on at by for with from and or but as is are was were be been that which who "
    "whom whose his her their its our my your this these those how why what when where while so "
    "such into about between than then if not no more most very both including like after before "
    "he she they we i you it has have had can will would could should using through over".split()
)
_ENDS_BEFORE = frozenset(
    "for with in at by from using while which who that where when as after before through and or "
    "but including because during focused focusing highlighting emphasizing within without across "
    "since".split()
)
_WEAK_START = re.compile(
    r"(?:he|she|they|it|his|her|their|its|this|these|those|that|and|but|so|or|also|then|plus|join|"
    r"subscribe|follow|listen|visit|support|thanks?|thank|check|download|sponsor\w*|brought|get|hosts:|"
    r"sign|find|leave|rate|email|tweet|send|please|click|music|produced|hosted?s?|copyright|"
    r"welcome|hello|hi|hey|become|use|links?|show\s*notes|topics?|however|greetings|anyway|warning|"
    r"from|note|let|now|well|just|no|yes|you.re|your|there)\b",
    re.IGNORECASE,
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
    said = Counter(word.casefold() for word in _WORD.findall(summary))
    found = _candidates(summary, said, hosts)
    best = max(found, key=lambda candidate: candidate.worth, default=None)
    return best.text if best else None


def _candidates(summary: str, said: Counter[str], hosts: Collection[str]) -> Iterator[_Candidate]:
    for place, (start, stop) in enumerate(split_sentences(summary)[:_READ_SENTENCES]):
        said_there = _ADDRESS.sub(" ", summary[start:stop])
        sentence = _unopened(" ".join(said_there.split()))
        presented = _presented(sentence, hosts)
        headline = _cut(presented or sentence)
        if not _WORD.search(headline):
            continue
        worth = _telling(headline, said) / (1 + _LATER * place)
        worth *= _PRESENTED if presented else _soundness(sentence)
        yield _Candidate(headline, worth)


def _unopened(sentence: str) -> str:
    """The sentence without marks and without what says that it is of an episode."""
    before = None
    while sentence != before:
        before, sentence = sentence, sentence.lstrip(_MARKS)
        opening = _OPENING.match(sentence)
        sentence = sentence[opening.end() :] if opening else sentence
    return sentence


def _presented(sentence: str, hosts: Collection[str]) -> str | None:
    """Who speaks about what; None if the sentence does not say."""
    if invites := _INVITES.match(sentence):
        return _spoken("we", sentence[invites.end() :], hosts)
    verbs = ((kind, kind.search(sentence)) for kind in (_TELLS, _MEETS, _JOINS))
    found = [(verb.start(), verb.end(), kind) for kind, verb in verbs if verb]
    start, stop, kind = min(found, default=(_MOST_SUBJECT + 1, 0, _TELLS), key=lambda each: each[0])
    if start > _MOST_SUBJECT:
        return None
    if kind is _TELLS:
        return _spoken(sentence[:start], sentence[stop:], hosts)
    about = _ABOUT.search(sentence, stop, stop + _MOST_GUEST)
    if not about:
        return None
    guest = sentence[stop : about.start()] if kind is _MEETS else sentence[:start]
    return _spoken(guest, sentence[about.end() :], hosts, about["de"] or "on")


def _spoken(who: str, topic: str, hosts: Collection[str], link: str = "on") -> str | None:
    """None if nobody is named, or if the topic has too few words to say anything."""
    name = _name(who, hosts)
    if name is None or len(_WORD.findall(topic)) < _FEWEST_WORDS:
        return None
    if not name:
        return topic.removeprefix("that ")
    if topic.startswith("that "):
        return f"{name}: {_capitalised(topic.removeprefix('that '))}"
    return f"{name} {link} {topic}"


def _name(who: str, hosts: Collection[str]) -> str | None:
    """A name without what explains it; empty for the hosts, None for what is no name."""
    name = _named(who)
    words = _WORD.findall(name)
    ours = {word.casefold() for host in hosts for word in host.split()} | {"and", "&"}
    if not words or _NOBODY.fullmatch(name) or ours.issuperset(map(str.casefold, words)):
        return ""
    if len(words) > _MOST_NAME or not words[-1][0].isupper() or _NO_NAME.search(name):
        return None
    return name


def _named(who: str) -> str:
    """Of "On Friday, Ann" the end, of "Ann, a pilot" the beginning, of "Ann, Bo, and Cy" all."""
    parts = re.split(r"\s*,\s+(?:and\s+)?", who.strip(" ,"))
    if parts[1:] and _ADVERBIAL.match(parts[0]):
        parts = parts[1:]
    first, *others = (_EXPLAINED.split(part, maxsplit=1)[0].strip(_MARKS) for part in parts)
    names = [first, *takewhile(_NAME.fullmatch, others)]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _cut(text: str) -> str:
    """The beginning that may stand alone, without the mark at its end."""
    text = _capitalised(text.strip().strip("*_=~>|").rstrip(_TRAILING))
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
    while len(words) > 1 and words[-1].casefold() in _DANGLING:
        words.pop()
    kept = " ".join(words) or text
    return kept[: MOST_CHARACTERS - 1].rstrip(_TRAILING) + "\u2026"


def _ends(text: str) -> Iterator[int]:
    """Where a clause ends: at a mark, or before a word that begins another."""
    words = list(re.finditer(r"\S+", text[: MOST_CHARACTERS + 20]))
    for word, following in pairwise(words):
        bare = word[0].strip("\"'\u201c\u201d\u2018\u2019(),;:.!?").casefold()
        if bare in _DANGLING:
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


def _capitalised(text: str) -> str:
    """With a capital at its beginning, but iPhone stays as it is."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.islower() else text


def _telling(headline: str, said: Counter[str]) -> float:
    """What its words tell, for its length."""
    words = _WORD.findall(headline)
    telling = {word.casefold(): word for word in words if word.casefold() not in _DANGLING}
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
