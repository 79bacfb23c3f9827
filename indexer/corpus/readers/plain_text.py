"""Reads plain text: a summary on each line, or in each paragraph if lines are wrapped."""

from collections.abc import Iterator
from itertools import pairwise

from indexer.corpus.readers.lines import read_lines
from indexer.corpus.records.location import Record, Rejection
from indexer.corpus.source import Source

Line = tuple[int, str]

_WIDEST_WRAP = 100  # columns; editors wrap prose at 72 to 100
_SENTENCE_ENDS = (".", "!", "?", "…", '"', "”", "’", "'", ")")


def read_text(source: Source) -> Iterator[Record | Rejection]:
    empty = True
    for paragraph in _paragraphs(source):
        empty = False
        for number, summary in _summaries(paragraph):
            yield Record(source.place(number), {"summary": summary})
    if empty:
        yield Rejection(source.place(), "the file is empty")


def _paragraphs(source: Source) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    for number, line in enumerate(read_lines(source), 1):
        if line.strip():
            paragraph.append((number, line.strip()))
        elif paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _summaries(paragraph: list[Line]) -> list[Line]:
    if _is_wrapped([line for _, line in paragraph]):
        return [(paragraph[0][0], " ".join(line for _, line in paragraph))]
    return paragraph


def _is_wrapped(lines: list[str]) -> bool:
    """Lines that were broken only because the next word did not fit, one of them mid-sentence."""
    width = max(map(len, lines))
    filled = all(len(a) + 1 + len(b.split()[0]) > width for a, b in pairwise(lines))
    broken = any(not line.endswith(_SENTENCE_ENDS) for line in lines[:-1])
    return width <= _WIDEST_WRAP and filled and broken
