"""Reads WebVTT and SRT with webvtt-py, block by block, so that a broken one harms no other."""

import re
from collections.abc import Iterator

from webvtt.errors import MalformedCaptionError
from webvtt.models import Caption
from webvtt.utils import iter_blocks_of_lines
from webvtt.vtt import WebVTTCueBlock

from indexer.corpus.transcripts.cues import Cue
from indexer.text.times.written import seconds_of

_TIME = r"((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})"
_TIMING = re.compile(rf"^[ \t]*{_TIME}[ \t]*-+>[ \t]*{_TIME}.*$", re.MULTILINE)
_FRACTION = re.compile(r"[.,](\d{1,3})$")
_TAG = re.compile(r"</?[^<>]*>")
_SOUND = re.compile(r"\[(?:music|applause|laughter|musik|silence|inaudible)[^\]]*\]", re.IGNORECASE)


def caption_cues(text: str) -> Iterator[Cue]:
    """The cues of WebVTT or SRT; what stands outside of them is passed over."""
    for lines in iter_blocks_of_lines(_TIMING.sub(_in_full, text).split("\n")):
        if not WebVTTCueBlock.is_valid(lines):
            continue
        block = WebVTTCueBlock.from_lines(lines)
        try:
            caption = Caption(block.start, block.end, block.payload, block.identifier)
        except MalformedCaptionError:
            continue
        said = _SOUND.sub(" ", _TAG.sub("", "\n".join(block.payload)))
        yield Cue(seconds_of(block.start), seconds_of(block.end), said, caption.voice)


def _in_full(timing: re.Match[str]) -> str:
    """A line of times as WebVTT writes it: 0:01,5 is 00:01.500."""
    start, end = (_time_in_full(timing[group]) for group in (1, 2))
    return f"{start} --> {end}"


def _time_in_full(time: str) -> str:
    whole = _FRACTION.sub("", time).split(":")
    fraction = _FRACTION.search(time)
    thousandths = (fraction[1] if fraction else "0").ljust(3, "0")
    return f"{':'.join(part.zfill(2) for part in whole)}.{thousandths}"
