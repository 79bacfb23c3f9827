"""A place in a corpus, and what was found there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.episode import Json


@dataclass(frozen=True, slots=True)
class Place:
    path: Path
    line: int | None = None  # counted from 1

    def __str__(self) -> str:
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Record:
    place: Place
    fields: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that is left out or, where `kept`, only a field of it."""

    place: Place
    reason: str
    kept: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"
