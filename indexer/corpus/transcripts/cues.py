"""A transcript: its cues in order, cleaned of what makes no sense."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

import orjson

from indexer.corpus.feeds.html_text import plain_line

_LONGEST = 24 * 3600.0
_LONGEST_CUE = 600.0  # seconds; of a longer one only the start is believed
_MOST_SPEAKER_CHARACTERS = 80
_FEWEST_WORDS = 3
_MOST_PAST_THE_END = 1.1  # of the episode's length
_FEWEST_TURNS = 3  # cues in which a name stands in front, before it counts as a speaker
_SPEAKER = re.compile(
    r"\s*(?:>>|[-\u2013\u2014])?\s*"
    r"\[?(?P<name>[^\W\d_][\w.'\u2019-]*(?: [\w.'\u2019-]+){0,3})\]?:\s+"
)


class NoTranscript(ValueError):
    """The reason, in half a sentence."""


@dataclass(frozen=True, slots=True)
class Cue:
    start_s: float
    end_s: float
    text: str  # one line, plain
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    cues: tuple[Cue, ...]  # by start

    @classmethod
    def of(cls, cues: Iterable[Cue], duration_s: float | None = None) -> Self:
        """Those that make sense. Raises NoTranscript if hardly any does.

        `duration_s` is the length of the episode: if most of what is said lies far past its end,
        the transcript is of another one.
        """
        longest = _LONGEST if not duration_s else max(_MOST_PAST_THE_END * duration_s, 60.0)
        plain = [replace(cue, text=plain_line(cue.text)) for cue in cues]
        timed = [cue for cue in plain if 0 <= cue.start_s <= _LONGEST and cue.text]
        kept = [cue for cue in timed if cue.start_s <= longest]
        if sum(len(cue.text.split()) for cue in timed) < _FEWEST_WORDS:
            raise NoTranscript("has no words with a time")
        if 2 * len(kept) < len(timed):
            raise NoTranscript("goes on long past the end of the episode; it may be of another one")
        ordered = sorted(kept, key=lambda cue: cue.start_s)
        return cls(tuple(_with_ends(_with_speakers(ordered))))

    @property
    def digest(self) -> str:
        return sha256(self.to_json()).hexdigest()[:32]

    @property
    def end_s(self) -> float:
        return max(cue.end_s for cue in self.cues)

    def to_json(self) -> bytes:
        return orjson.dumps([[c.start_s, c.end_s, c.text, c.speaker] for c in self.cues])

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        return cls(tuple(Cue(*fields) for fields in orjson.loads(content)))


def _with_ends(cues: Sequence[Cue]) -> Iterable[Cue]:
    """Each cue without the text of the one before it that it repeats, with a credible end."""
    for place, cue in enumerate(cues):
        following = cues[place + 1].start_s if place + 1 < len(cues) else cue.start_s
        credible = cue.start_s < cue.end_s <= cue.start_s + _LONGEST_CUE
        end = cue.end_s if credible else max(cue.start_s, min(following, cue.start_s + 60.0))
        if not place or cue.text != cues[place - 1].text:
            yield replace(cue, start_s=round(cue.start_s, 2), end_s=round(end, 2))


def _with_speakers(cues: Sequence[Cue]) -> Sequence[Cue]:
    """With the names that stand in front of the text as speakers, if they recur."""
    found = [None if cue.speaker else _SPEAKER.match(cue.text) for cue in cues]
    turns = Counter(name["name"] for name in found if name)
    return [
        replace(cue, speaker=_name(said["name"]), text=cue.text[said.end() :])
        if said and turns[said["name"]] >= _FEWEST_TURNS and cue.text[said.end() :]
        else replace(cue, speaker=_name(cue.speaker or ""))
        for cue, said in zip(cues, found, strict=True)
    ]


def _name(speaker: str) -> str | None:
    """A name longer than any is none."""
    name = plain_line(speaker[: 10 * _MOST_SPEAKER_CHARACTERS])
    return name if 0 < len(name) <= _MOST_SPEAKER_CHARACTERS else None
