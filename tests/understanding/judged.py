"""Questions with constraints and others that look alike, each with what it means."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from indexer.index.columns.filters import PERSON, label_key
from service.search.query import Question
from service.search.understanding.reading import Reader

HELD_OUT = 3  # every third question is looked at only to report it


class Judged(NamedTuple):
    question: str
    filter: dict[str, Any]  # by the names of parameters; empty for a look-alike
    held_out: bool


class Shares(NamedTuple):
    right: float  # of the questions with constraints
    wrongly_constrained: float  # of those without


def judged() -> list[Judged]:
    return [*_read("constrained.jsonl"), *_read("lookalikes.jsonl")]


def meaning(reader: Reader, question: str) -> dict[str, Any]:
    """All that is understood of a question."""
    read = reader.read(Question(question, 10, understand=True))
    merged: dict[str, Any] = {}
    for each in read.understood:
        merged |= each.filter
    return merged


def is_right(reader: Reader, each: Judged) -> bool:
    return _folded(meaning(reader, each.question)) == _folded(each.filter)


def shares(reader: Reader, questions: Sequence[Judged]) -> Shares:
    constrained = [is_right(reader, each) for each in questions if each.filter]
    alike = [not is_right(reader, each) for each in questions if not each.filter]
    return Shares(sum(constrained) / len(constrained), sum(alike) / len(alike))


def _folded(fields: dict[str, Any]) -> dict[str, Any]:
    """Names are understood as they are written, and compared without case and accents."""
    names = ("person", "podcast")
    return fields | {
        name: [_key(each) for each in fields[name]] for name in names if name in fields
    }


def _key(name: str) -> str:
    return label_key(f"{PERSON}:{name}").replace(":the ", ":")


def _read(name: str) -> Iterator[Judged]:
    lines = Path(__file__).with_name(name).read_text().splitlines()
    for place, line in enumerate(lines):
        fields = json.loads(line)
        yield Judged(fields["q"], fields.get("filter", {}), place % HELD_OUT == HELD_OUT - 1)
