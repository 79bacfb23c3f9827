"""Language, explicitness and newness in a question: in German, not explicit, the latest."""

import re
from collections.abc import Iterator

from service.search.understanding.constraint import EPISODES, FOLLOWED, Constraint

RECENCY = 0.5  # how much newer hits are preferred if the latest about something is asked for

_LANGUAGES = {
    **{"english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr"},
    **{"spanish": "es", "español": "es", "italian": "it", "italiano": "it", "dutch": "nl"},
    **{"nederlands": "nl", "portuguese": "pt", "português": "pt", "swedish": "sv"},
    **{"norwegian": "no", "danish": "da", "finnish": "fi", "polish": "pl", "russian": "ru"},
    **{"japanese": "ja", "chinese": "zh", "korean": "ko", "turkish": "tr", "arabic": "ar"},
    **{"hindi": "hi", "hebrew": "he", "greek": "el", "czech": "cs", "hungarian": "hu"},
    **{"ukrainian": "uk", "thai": "th", "vietnamese": "vi", "romanian": "ro"},
}
_NAME = rf"(?P<name>{'|'.join(_LANGUAGES)})"
_IN_LANGUAGE = re.compile(
    rf"\b(?:spoken )?(?:in|auf|en) {_NAME}\b{FOLLOWED}"
    rf"|\b(?P<adjective>{'|'.join(_LANGUAGES)})(?:[- ]language)?(?= {EPISODES}\b)",
    re.IGNORECASE,
)
_EPISODES_BEFORE = re.compile(rf"\b{EPISODES} $", re.IGNORECASE)
# What can be done in a language, and is then the subject.
_SPOKEN = re.compile(
    r"\b(?:say\w*|speak\w*|count\w*|translat\w*|writ\w*|read\w*|learn\w*|sing\w*|songs?|poems?"
    r"|books?|words?|mean\w*|names?)\b",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(
    rf"\b(?P<no>(?:not|non)[ -]explicit\b|(?:no|without) explicit (?:content|language|words)"
    rf"|clean(?= {EPISODES}\b))|\bexplicit(?= (?:episodes?|podcasts?|shows?)\b)",
    re.IGNORECASE,
)
_NEWEST = re.compile(
    rf"\b(?:(?:the )?(?:latest|newest|most recent) {EPISODES}\b|the (?:latest|newest){FOLLOWED})",
    re.IGNORECASE,
)
_HINTS = ("latest", "newest", "recent", "explicit", "clean", *_LANGUAGES)


def marks_in(text: str) -> Iterator[Constraint]:
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return
    for found in _EXPLICIT.finditer(text):
        yield Constraint(*found.span(), {"explicit": not found["no"]})
    for found in _NEWEST.finditer(text):
        yield Constraint(*found.span(), {"recency": RECENCY})
    for found in _IN_LANGUAGE.finditer(text):
        name = (found["name"] or found["adjective"]).lower()
        sure = bool(found["adjective"] or _EPISODES_BEFORE.search(text, 0, found.start()))
        if sure or not _SPOKEN.search(text):
            yield Constraint(*found.span(), {"language": (_LANGUAGES[name],)}, sure, name)
