"""Caches parsed records in a snapshot, so that the next build parses only new ones.

Detecting the language and removing markup take most of the time of parsing a record.
"""

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from indexer.corpus import Location, Record, Rejection, read_record
from indexer.corpus.deduplication import CLUES, Clues, Merged, clues_of
from indexer.corpus.languages import Language, language_of
from indexer.episode import Episode
from indexer.storage.episode_store import EpisodeStore, episode_record
from indexer.storage.memory_map import mapped
from indexer.text.segmentation import has_unspaced


class Key(NamedTuple):
    """A hash of a record's fields, in two numbers."""

    first: int
    second: int


_NONE = Key(0, 0)
_KEPT = np.dtype(
    [
        ("first", "<u8"),  # of the key; they ascend
        ("second", "<u8"),
        ("row", "<u4"),
        ("detected", "?"),  # its language
        ("clues", "<u8", (CLUES,)),
    ]
)


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """An episode parsed from a record, with its language and duplicate clues."""

    place: Location
    key: Key  # of the record, if the same record would be read the same
    episode_id: str
    written: bytes  # as an EpisodeStore has it
    language: Language | None
    clues: Clues
    unspaced: bool  # whether a text of it has words that no space divides

    @property
    def episode(self) -> Episode:
        return Episode.from_json(json.loads(self.written))

    def under(self, episode_id: str) -> Self:
        written = episode_record(replace(self.episode, episode_id=episode_id))
        return replace(self, key=_NONE, episode_id=episode_id, written=written)


class ParseCache:
    """The parsed records of a snapshot: of episodes that come from one record only."""

    def __init__(self, file: Path, episodes: EpisodeStore) -> None:
        self._kept = mapped(file)
        self._keys = self._kept["first"]
        self._episodes = episodes

    def of(self, key: Key, place: Location) -> ParsedRecord | None:
        at = bisect_left(self._keys, key.first)
        if at == len(self._keys):
            return None
        first, second, row, detected, clues = self._kept[at].tolist()
        if key != Key(first, second):
            return None
        written = self._episodes.record(row)
        fields = json.loads(written)
        language = Language(fields["language"], detected) if "language" in fields else None
        unspaced = has_unspaced(written.decode())
        return ParsedRecord(
            place, key, fields["id"], written, language, tuple(clues.tolist()), unspaced
        )


class ParseCacheWriter:
    """Collects the cache; holds a few numbers of each record in memory."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._detected = array("b")

    def add(self, reading: ParsedRecord) -> None:
        self._keys.extend(reading.key)
        self._detected.append(bool(reading.language and reading.language.detected))

    def write(self, file: Path, merged: Merged) -> None:
        """Write the cache; records were added in the order in which they were merged."""
        kept = np.empty(len(self._detected), _KEPT)
        kept["first"], kept["second"] = np.frombuffer(self._keys, np.uint64).reshape(-1, 2).T
        kept["detected"], kept["clues"] = self._detected, merged.clues
        usable = kept["first"] != _NONE.first
        written = np.ones(len(kept), np.bool_)
        written[list(merged.repeats)] = False
        kept["row"] = np.cumsum(written) - 1
        usable[[*merged.repeats, *merged.joined]] = False
        np.save(file, np.sort(kept[usable], order=("first", "second")))


def parse_cached(
    record: Record | Rejection, before: ParseCache | None
) -> Iterator[ParsedRecord | Rejection]:
    """The cached parse of a record, or a new one."""
    if isinstance(record, Rejection):
        yield record
        return
    key = _key(record)
    known = before.of(key, record.place) if before else None
    yield from [known] if known else _read(record, key)


def _read(record: Record, key: Key) -> Iterator[ParsedRecord | Rejection]:
    for found in read_record(record):
        if isinstance(found, Rejection):
            key = _NONE  # what is left out is told each time
            yield found
        else:
            language = language_of(found)
            episode = replace(found, language=language.tag) if language else found
            written, clues = episode_record(episode), clues_of(episode)
            unspaced = has_unspaced(written.decode())
            yield ParsedRecord(
                record.place, key, episode.episode_id, written, language, clues, unspaced
            )


def _key(record: Record) -> Key:
    try:
        fields = repr(record.fields)
    except RecursionError:  # nested so deep that the record is refused
        return _NONE
    digest = blake2b(fields.encode(), digest_size=16).digest()
    return Key(*np.frombuffer(digest, np.uint64).tolist())
