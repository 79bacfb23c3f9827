"""Reads who speaks about what, of a sentence that introduces a conversation."""

import re
from collections.abc import Collection
from itertools import takewhile

from indexer.text.headlines.words import MARKS, WORD, capitalised

_MOST_SUBJECT = 170  # characters before the verb
_MOST_GUEST = 260
_FEWEST_WORDS = 2  # of a topic
_MOST_NAME = 9  # words
_DESCRIBED = re.compile(r"(?:the|a|an|our)\s+[a-z]")  # "the author of Svelte", before a name
_NAME = re.compile(r"(?:[A-Z][\w'\u2019.-]*[a-z][\w'\u2019.-]*\s*){1,3}")  # of a list
_ADVERBIAL = re.compile(
    r"(?:in|on|at|after|before|just|as|with|for|from|during|while|when|to)\b", re.I
)
_EXPLAINED = re.compile(
    r"\s*[(;:\u2013\u2014]|\s+(?:of|from|at|who|author|founder|ceo)\s+", re.IGNORECASE
)
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
    r"(?:es|s|e|ed)?|tells?(?:\s+(?:us|me|you))?(?:\s+(?:about|of))?|(?:takes?\s+an?\s+(?:\w+\s+)?)?looks?\s+(?:at|into)|"
    r"dives?(?:\s+deep)?\s+into|breaks?\s+down|reflects?\s+on|walks?\s+(?:us\s+)?through|"
    r"goes\s+over|go\s+over|argues?|digs?\s+into)\s+(?:about\s+|of\s+)?",
    re.IGNORECASE,
)
# The hosts themselves, of whom a headline does not speak.
_NOBODY = re.compile(
    r"(?:.*\b)?(?:we|i|you|he|she|they|it|us|who|hosts?|(?:the|our)\s+(?:hosts?|guys|team|boys|gang|"
    r"panel|episode|conversation|discussion|show|podcast|two|crew)|an?|this\s+\w+|both)"
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


def introduced(sentence: str, hosts: Collection[str]) -> str | None:
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
    if name is None or len(WORD.findall(topic)) < _FEWEST_WORDS:
        return None
    if not name:
        return topic.removeprefix("that ")
    if topic.startswith("that "):
        return f"{name}: {capitalised(topic.removeprefix('that '))}"
    return f"{name} {link} {topic}"


def _name(who: str, hosts: Collection[str]) -> str | None:
    """A name without what explains it; empty for the hosts, None for what is no name."""
    name = _named(who)
    words = WORD.findall(name)
    ours = {word.casefold() for host in hosts for word in host.split()} | {"and", "&"}
    if not words or _NOBODY.fullmatch(name) or ours.issuperset(map(str.casefold, words)):
        return ""
    if len(words) > _MOST_NAME or not words[-1][0].isupper() or _NO_NAME.search(name):
        return None
    return name


def _named(who: str) -> str:
    """Of "On Friday, Ann" and "the pilot, Ann" the end, of "Ann, Bo, and Cy" all names."""
    parts = re.split(r"\s*,\s+(?:and\s+)?", who.strip(" ,"))
    if parts[1:] and _ADVERBIAL.match(parts[0]):
        parts = parts[1:]
    if parts[1:] and _DESCRIBED.match(parts[0]) and _NAME.fullmatch(parts[1]):
        parts = parts[1:]
    first, *others = (_EXPLAINED.split(part, maxsplit=1)[0].strip(MARKS) for part in parts)
    names = [first, *takewhile(_NAME.fullmatch, others)]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
