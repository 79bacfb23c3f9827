"""Reads files, folders, feeds and standard input into episodes.

`sources` resolves what the user names, `formats` chooses a reader for each source, and
`records/record.py` turns the fields of a record into an episode. A record that cannot be read
becomes a `Rejection` and never stops the others unless the caller raises.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Self

from indexer.corpus.feeds.history import FeedHistory
from indexer.corpus.readers.field_names import field_names
from indexer.corpus.records.field_values import InvalidRecord
from indexer.corpus.records.location import Location, Record, Rejection
from indexer.corpus.records.record import episode_from_fields
from indexer.corpus.records.unique_ids import with_unique_ids
from indexer.corpus.source import FieldNames
from indexer.corpus.sources import (
    STANDARD_INPUT,
    Gathered,
    fetch_nothing,
    gather,
    lasting_name,
    public_name,
    refuse_missing,
    sources_fingerprint,
)
from indexer.corpus.subscriptions import Fetch
from indexer.episode import Episode

__all__ = [
    "STANDARD_INPUT",
    "FeedHistory",
    "Fetch",
    "FieldNames",
    "Gathered",
    "Location",
    "Record",
    "Rejection",
    "fetch_nothing",
    "field_names",
    "gather",
    "lasting_name",
    "public_name",
    "read_corpus",
    "read_record",
    "records_of",
    "refuse_missing",
    "sources_fingerprint",
    "with_unique_ids",
]


def read_corpus(
    sources: Sequence[str | Path],
    on_rejected: Callable[[Rejection], None],
    fetch: Fetch = fetch_nothing,
    field_names: FieldNames = (),
) -> Iterator[Episode]:
    """Yield the episodes of `sources`: paths, http(s) addresses, or "-" for standard input.

    Calls `on_rejected` for everything that cannot be read; `field_names` are the user's names of
    fields. Raises CorpusError if a whole file that was named cannot be read.
    """
    with gather(sources, fetch, field_names=field_names) as gathered:
        found = chain.from_iterable(map(_found, records_of(gathered)))
        for each in with_unique_ids(found, on_rejected):
            yield each.episode


def records_of(gathered: Iterable[Gathered]) -> Iterator[Record | Rejection]:
    for part in gathered:
        if isinstance(part, Rejection):
            yield part
        else:
            yield from part.records()


def read_record(record: Record) -> Iterator[Episode | Rejection]:
    """Yields a note for each omitted or doubtful field, then the episode, if it can be read."""
    notes: list[str] = []
    try:
        episode = episode_from_fields(record.fields, notes.append)
    except InvalidRecord as invalid:
        yield Rejection(record.place, str(invalid))
        return
    for note in notes:
        yield Rejection(record.place, note, kept=True)
    yield episode


@dataclass(frozen=True, slots=True)
class _Found:
    place: Location
    episode: Episode

    @property
    def episode_id(self) -> str:
        return self.episode.episode_id

    def under(self, episode_id: str) -> Self:
        return replace(self, episode=replace(self.episode, episode_id=episode_id))


def _found(record: Record | Rejection) -> Iterator[_Found | Rejection]:
    if isinstance(record, Rejection):
        yield record
        return
    for found in read_record(record):
        yield found if isinstance(found, Rejection) else _Found(record.place, found)
