"""Finds the times of a recording in show notes, and the chapters that they begin."""

from indexer.text.times.chapters import chapters_of, plain_topic, with_ends
from indexer.text.times.marks import TimeMark, blanked, time_marks

__all__ = [
    "TimeMark",
    "blanked",
    "chapters_of",
    "plain_topic",
    "time_marks",
    "with_ends",
]
