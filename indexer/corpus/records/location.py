"""The location of a record in a corpus, and what a reader found there."""

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.episode import Json
from indexer.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Location:
    source: str  # a path or an address
    line: int | None = None  # counted from 1
    item: int | None = None  # counted from 1, where lines say nothing

    def __str__(self) -> str:
        if self.item is not None:
            return f"{self.source}#{self.item}"
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Record:
    place: Location
    fields: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that is left out; if `kept`, only a field of it is, or nothing, and all is told."""

    place: Location
    reason: str
    kept: bool = False
    answered_at: str | None = None  # of a feed that failed, when it was last read: ISO 8601, UTC

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class Unreadable(CorpusError):
    """A whole source cannot be read: an error if it was named, else a rejection."""

    def __init__(self, place: Location, reason: str) -> None:
        self.rejection = Rejection(place, reason)
        super().__init__(f"{self.rejection}.")
