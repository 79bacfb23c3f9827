"""Merges copies of an episode into one episode that lists all of them."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.corpus.duplicate_rule import EpisodeTraits, are_duplicates
from indexer.episode import Appearance, Episode
from indexer.storage.episode_store import EpisodeFiles, EpisodeStore, EpisodeWriter, id_hash

_MOST_COMPARED = 32  # different episodes with the same clue that one is compared with
_NO_CLUE = 0

CLUES = 4  # of an episode
Clues = tuple[int, ...]  # a hash of each clue; zero for a missing one
Block = list[int]  # rows that share a clue


def clues_of(episode: Episode) -> Clues:
    """Hashes of the clues; two copies of an episode share at least one."""
    return tuple(_hash(clue) if clue else _NO_CLUE for clue in EpisodeTraits(episode).clues())


@dataclass(frozen=True)
class Merged:
    """The result of merging, by the position of each episode in reading order."""

    repeats: set[int]  # copies, which are not written
    joined: set[int]  # written with their copies
    clues: NDArray[np.uint64]  # (read, CLUES)


class Waiting(Protocol):
    """A parsed episode."""

    @property
    def episode_id(self) -> str: ...

    @property
    def written(self) -> bytes: ...

    @property
    def clues(self) -> Clues: ...


def merge_duplicates(read: Iterable[Waiting], scratch: Path, once: EpisodeWriter) -> Merged:
    """Write each episode once, in order; the first of several copies lists the others.

    Records wait in the directory `scratch` until all are read; only a few numbers of each are in
    memory.
    """
    files = EpisodeFiles(scratch / "waiting.jsonl", scratch / "offsets.npy", scratch / "ids.npy")
    told = array("Q")
    with closing(EpisodeWriter(files)) as waiting:
        for each in read:
            waiting.add_record(each.written, [id_hash(each.episode_id)])
            told.extend(each.clues)
    clues = np.frombuffer(told, np.uint64).reshape(-1, CLUES)
    store = EpisodeStore(files)
    first = _first_rows(store, clues)
    others = defaultdict(list)
    for row in sorted(first):
        others[_first(row, first)].append(row)
    hashes = store.id_hashes()
    for row in range(len(store)):
        if row in others:
            places = tuple(Appearance.of(store.episode(other)) for other in others[row])
            once.add(replace(store.episode(row), also_in=places))
        elif row not in first:
            once.add_record(store.record(row), [int(hashes[row])])
    return Merged(set(first), set(others), clues)


def _first_rows(store: EpisodeStore, clues: NDArray[np.uint64]) -> dict[int, int]:
    """For each row that repeats an episode, an earlier row of that episode."""
    first: dict[int, int] = {}
    for block in _blocks(clues):
        distinct: list[tuple[int, EpisodeTraits]] = []
        for row in block:
            traits = EpisodeTraits(store.episode(row))
            known = next((at for at, theirs in distinct if are_duplicates(theirs, traits)), None)
            if known is not None:
                before, after = sorted((_first(known, first), _first(row, first)))
                if before != after:
                    first[after] = before
            elif len(distinct) < _MOST_COMPARED:
                distinct.append((row, traits))
    return first


def _blocks(clues: NDArray[np.uint64]) -> Iterator[Block]:
    for hashes in clues.T:
        order = np.argsort(hashes, kind="stable")
        # Zero is a missing clue, so its rows form no block.
        bounds = np.flatnonzero(np.diff(hashes[order], prepend=0, append=0))
        for start in np.flatnonzero(np.diff(bounds) > 1):
            yield order[slice(*bounds[start : start + 2])].tolist()


def _first(row: int, first: dict[int, int]) -> int:
    while row in first:
        row = first[row]
    return row


def _hash(clue: str) -> int:
    digest = blake2b(clue.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1
