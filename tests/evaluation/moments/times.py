"""Compares the times that are found in show notes with those written at the heads of lines."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from indexer.corpus.feeds.html_text import plain_text
from indexer.text.times import time_marks

_AT_THE_HEAD = re.compile(r"\s*(?:[*-]\s+)?(?:\*\*)?\[?(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?![\d:])")


@dataclass(frozen=True)
class Found:
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong or 1)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed or 1)


def compare(notes: Path) -> Found:
    """`notes`: JSON lines with a summary. A time counts once an episode."""
    right = wrong = missed = 0
    for line in notes.read_text().splitlines():
        text = plain_text(json.loads(line)["summary"])
        written = _written(text)
        found = {int(mark.start_s) for mark in time_marks(text)}
        right += len(written & found)
        wrong += len(found - written)
        missed += len(written - found)
    return Found(right, wrong, missed)


def _written(text: str) -> set[int]:
    heads = filter(None, map(_AT_THE_HEAD.match, text.split("\n")))
    return {
        int(h or 0) * 3600 + int(m) * 60 + int(s) for h, m, s in (head.groups() for head in heads)
    }
