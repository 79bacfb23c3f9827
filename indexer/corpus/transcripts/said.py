"""Divides a transcript into passages to search: sentences joined across cues, without adverts.

A podcast's own formulas and its sponsors' texts recur in its transcripts word for word, or stand
beside sentences that name a sponsor, a code or a discount.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby, zip_longest

from indexer.corpus.transcripts.cues import Cue, Transcript
from indexer.text.segmentation import count_words
from indexer.text.sentences import split_sentences

FEWEST_WORDS = 60  # of a passage, if its speaker says so much
MOST_WORDS = 90
_FEWEST_TRANSCRIPTS = 3  # in which a formula recurs
_FEWEST_OF_A_FORMULA = 5  # words; shorter sentences recur by chance
_LONGEST_PAUSE = 30.0  # seconds within a passage
_BETWEEN_ADVERTS = 6  # sentences between two that tell of a sponsor are of its text too
_AROUND_AN_ADVERT = 2
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_SITE = r"[\w-]+(?:\.| dot )(?:com|fm|io|org|net|co|dev|ai|app)(?: ?/ ?| slash )[a-z]\w*"
_ADVERT = re.compile(
    r"\b(?:brought to you (?:\w+ ){0,2}by|(?:is|was|are|been) (?:also )?(?:sponsored|supported) by|"
    r"our sponsors?|(?:episode|show|podcast)(?:'s|\u2019s)? sponsors?|"
    r"sponsors? of (?:the|this) show|sponsoring (?:this|the|our)|"
    r"for (?:sponsoring|supporting) (?:the|this|our) (?:show|episode)|"
    r"promo(?:tional)? code|coupon|\d+ ?(?:%|percent|dollars?) off\b|free trial|"
    r"(?:use|with|enter) (?:the |our |my )?(?:discount |coupon |offer )?code\b|"
    r"sign up (?:today|now|for free)|"
    r"links? (?:is|are) in (?:your|the) (?:podcast player|(?:episode )?show notes)|"
    r"click the link in (?:your|the)|"
    r"(?:visit(?:ing)?|following|over to|go to|url|check (?:it|them|that|us) out|details|"
    rf"started|subscribe|free|off|at)\b[^.!?]{{0,60}}?(?:\. )?{_SITE})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    start_s: float
    end_s: float
    text: str
    speaker: str | None


@dataclass(frozen=True, slots=True)
class SaidPassage:
    start_s: float
    end_s: float
    text: str
    speaker: str | None


class Formulas:
    """The sentences that recur in the transcripts of each podcast."""

    def __init__(self) -> None:
        self._uses: Counter[int] = Counter()

    def count(self, podcast: str, transcript: Transcript) -> None:
        keys = {_key(podcast, sentence.text) for sentence in sentences_of(transcript)}
        self._uses.update(keys - {0})

    def recurs(self, podcast: str, sentence: Sentence) -> bool:
        key = _key(podcast, sentence.text)
        return key != 0 and self._uses[key] >= _FEWEST_TRANSCRIPTS


def said_passages(podcast: str, transcript: Transcript, formulas: Formulas) -> list[SaidPassage]:
    """Stretches of about 60 to 90 words of one speaker, or of several short turns."""
    sentences = [*sentences_of(transcript)]
    left_out = _adverts(sentences) | {
        place for place, sentence in enumerate(sentences) if formulas.recurs(podcast, sentence)
    }
    kept = [sentence for place, sentence in enumerate(sentences) if place not in left_out]
    return [_joined(stretch) for stretch in _stretches(kept)]


def sentences_of(transcript: Transcript) -> Iterator[Sentence]:
    """The sentences of each turn, joined across cues, with the seconds at which they are said."""
    for speaker, turn in groupby(transcript.cues, key=lambda cue: cue.speaker):
        yield from _of_turn([*turn], speaker)


def _of_turn(cues: Sequence[Cue], speaker: str | None) -> Iterator[Sentence]:
    starts = [0]
    for cue in cues:
        starts.append(starts[-1] + len(cue.text) + 1)
    text = " ".join(cue.text for cue in cues)
    for start, stop in split_sentences(text):
        first, last = (bisect_right(starts, at) - 1 for at in (start, stop - 1))
        begins = _second(cues[first], start - starts[first])
        yield Sentence(begins, cues[last].end_s, text[start:stop], speaker)


def _second(cue: Cue, characters: int) -> float:
    """When a sentence begins within its cue, if all letters take as long."""
    share = characters / max(1, len(cue.text))
    return round(cue.start_s + share * (cue.end_s - cue.start_s), 1)


def _adverts(sentences: Sequence[Sentence]) -> set[int]:
    """The places of sentences that tell of a sponsor, and of those around and between them."""
    told = [place for place, each in enumerate(sentences) if _ADVERT.search(each.text)]
    found: set[int] = set()
    for place, following in zip_longest(told, told[1:]):
        near = following is not None and following - place <= _BETWEEN_ADVERTS
        stop = following if near else place + _AROUND_AN_ADVERT + 1
        found.update(range(place - _AROUND_AN_ADVERT, stop))
    return found


def _stretches(sentences: Iterable[Sentence]) -> Iterator[list[Sentence]]:
    stretch: list[Sentence] = []
    words = 0.0
    for sentence in sentences:
        more = count_words(sentence.text)
        turned = bool(stretch) and stretch[-1].speaker != sentence.speaker
        far = bool(stretch) and sentence.start_s - stretch[-1].end_s > _LONGEST_PAUSE
        if stretch and (far or words + more > MOST_WORDS or (turned and words >= FEWEST_WORDS)):
            yield stretch
            stretch, words = [], 0.0
        stretch.append(sentence)
        words += more
    if stretch:
        yield stretch


def _joined(stretch: Sequence[Sentence]) -> SaidPassage:
    """The passage; its speaker is who says most of it."""
    said: Counter[str | None] = Counter()
    for sentence in stretch:
        said[sentence.speaker] += len(sentence.text)
    text = " ".join(sentence.text for sentence in stretch)
    [(speaker, _)] = said.most_common(1)
    return SaidPassage(stretch[0].start_s, stretch[-1].end_s, text, speaker)


def _key(podcast: str, sentence: str) -> int:
    """A key that ignores numbers and punctuation; 0 for a short sentence."""
    letters = _NOT_LETTERS.sub(" ", sentence.casefold()).strip()
    if letters.count(" ") + 1 < _FEWEST_OF_A_FORMULA:
        return 0
    digest = blake2b(f"{podcast}\n{letters}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1
