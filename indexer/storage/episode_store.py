"""Episodes on disk: JSON Lines, the offset of each line, and the row of each id.

All files are memory-mapped, so a process holds only the pages that it reads.
"""

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.episode import Episode
from indexer.errors import UnknownEpisode
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Rows

MISSING = -1

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ID_KEY = np.dtype([("hash", "<u8"), ("row", "<u4")])


class Changes(NamedTuple):
    """Numbers of episodes, compared with another store by their ids."""

    new: int
    changed: int
    removed: int
    unchanged: int


class Matches(NamedTuple):
    """What has become of the episodes of an earlier store."""

    rows: Rows  # (rows,): where each stands there, word for word; MISSING for others
    changes: Changes


@dataclass(frozen=True)
class EpisodeFiles:
    """Paths of the three files of a store."""

    records: Path
    offsets: Path  # (episodes + 1,) uint64
    ids: Path  # (ids,) pairs of hash and row, sorted by hash


class EpisodeWriter:
    """Writes episodes; the row of an episode is the number of episodes written before it.

    `close` completes the store.
    """

    def __init__(self, files: EpisodeFiles) -> None:
        self._files = files
        self._records = files.records.open("wb")
        self._offsets = array("Q", [0])
        self._hashes = array("Q")  # of all ids
        self._rows = array("Q")  # the row that each hash belongs to
        self._sha256 = sha256()

    def add(self, episode: Episode) -> None:
        self.add_record(episode_record(episode), map(id_hash, episode.ids))

    def add_record(self, record: bytes, id_hashes: Iterable[int]) -> None:
        """Add a record copied from another store, with the hashes of all ids of the episode."""
        line = record + b"\n"
        self._records.write(line)
        self._sha256.update(line)
        self._offsets.append(self._offsets[-1] + len(line))
        row = len(self) - 1
        for id_hash in id_hashes:
            self._hashes.append(id_hash)
            self._rows.append(row)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def close(self) -> None:
        self._records.close()
        np.save(self._files.offsets, np.frombuffer(self._offsets, np.uint64))
        np.save(self._files.ids, self._sorted_ids())

    def _sorted_ids(self) -> NDArray[np.void]:
        ids = np.empty(len(self._hashes), _ID_KEY)
        ids["hash"], ids["row"] = self._hashes, self._rows
        ids.sort(order="hash")
        return ids


class EpisodeStore:
    """Reads episodes by row or by id."""

    def __init__(self, files: EpisodeFiles) -> None:
        self._offsets = mapped(files.offsets)
        self._ids = mapped(files.ids)
        records = np.memmap(files.records, np.uint8, "r") if len(self) else np.empty(0)
        self._records = np.asarray(records)  # slicing a numpy.memmap is many times slower

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def record(self, row: int) -> bytes:
        """The JSON object of an episode, as clients get it."""
        start, stop = int(self._offsets[row]), int(self._offsets[row + 1])
        return self._records[start : stop - 1].tobytes()

    def records_of(self, rows: Rows) -> list[bytes]:
        """The JSON objects of some episodes."""
        bounds = zip(self._offsets[rows].tolist(), self._offsets[rows + 1].tolist(), strict=True)
        return [self._records[start : stop - 1].tobytes() for start, stop in bounds]

    def episode(self, row: int) -> Episode:
        return Episode.from_json(json.loads(self.record(row)))

    def __iter__(self) -> Iterator[Episode]:
        return map(self.episode, range(len(self)))

    def id_hashes(self) -> NDArray[np.uint64]:
        """(rows,): the id hash of each episode; the smallest one if an episode has several ids."""
        least = np.full(len(self), np.iinfo(np.uint64).max, np.uint64)
        np.minimum.at(least, self._ids["row"], self._ids["hash"])
        return least

    def matches_in(self, earlier: "EpisodeStore | None") -> Matches:
        """Reads every episode that shares an id with one there; without a store all are new."""
        by_id = self._pairs(earlier) if earlier else {}
        rows = np.full(len(self), MISSING)
        for row, its_row in by_id.items():
            if earlier and self.record(row) == earlier.record(its_row):
                rows[row] = its_row
        unchanged = int(np.count_nonzero(rows != MISSING))
        changes = Changes(
            new=len(self) - len(by_id),
            changed=len(by_id) - unchanged,
            removed=(len(earlier) if earlier else 0) - len(set(by_id.values())),
            unchanged=unchanged,
        )
        return Matches(rows, changes)

    def _pairs(self, other: "EpisodeStore") -> dict[int, int]:
        """Row here -> row in `other` for episodes that share an id."""
        ours, theirs = self._ids["hash"], other._ids["hash"]
        _, here, there = np.intersect1d(ours, theirs, return_indices=True)
        rows, others = self._ids["row"][here].tolist(), other._ids["row"][there].tolist()
        return dict(zip(rows, others, strict=True))

    def row_of(self, episode_id: str) -> int:
        """The row of the episode that has this id among its ids. Raises UnknownEpisode."""
        wanted = np.uint64(id_hash(episode_id))
        hashes = self._ids["hash"]
        position = bisect_left(hashes, wanted)  # np.searchsorted would copy the unaligned column
        while position < len(hashes) and hashes[position] == wanted:
            row = int(self._ids["row"][position])
            if episode_id in self.episode(row).ids:
                return row
            position += 1
        raise UnknownEpisode(f"No episode has the id {episode_id[:80]!r}; take one from a search.")


def episode_record(episode: Episode) -> bytes:
    """The JSON object of an episode, as clients get it."""
    return _compact(episode.to_json()).encode()


def id_hash(episode_id: str) -> int:
    digest = blake2b(episode_id.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
