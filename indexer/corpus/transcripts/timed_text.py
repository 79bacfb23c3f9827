"""Reads text with a time at the head of each paragraph: 00:01:20 What is said."""

import re
from collections.abc import Iterator

from indexer.corpus.transcripts.cues import Cue, NoTranscript
from indexer.text.times.written import seconds_of

_HEAD = re.compile(
    r"^\s*(?:(?P<speaker>[^\W\d_][^\n\[\](){}:<>]{0,60}?)\s*[:,-]?\s*)?"
    r"[\[(<]?(?P<time>(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,]\d{1,3})?)[\])>]?"
    r"(?:\s*-+>?\s*[\[(]?(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,]\d{1,3})?[\])]?)?[:\s-]*(?P<text>.*)$"
)
_FEWEST = 3  # times


def timed_text_cues(content: str) -> Iterator[Cue]:
    """Raises NoTranscript where hardly a paragraph begins with a time."""
    heads = [_HEAD.match(line) for line in content.split("\n")]
    if sum(head is not None for head in heads) < _FEWEST:
        raise NoTranscript("has no times at the heads of its paragraphs")
    start, speaker, said = 0.0, None, list[str]()
    for line, head in zip(content.split("\n"), heads, strict=True):
        if head:
            if said:
                yield Cue(start, start, " ".join(said), speaker)
            start, speaker = seconds_of(head["time"]), head["speaker"]
            said = [head["text"]] if head["text"].strip() else []
        elif line.strip():
            said.append(line)
    if said:
        yield Cue(start, start, " ".join(said), speaker)
