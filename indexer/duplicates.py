"""An episode in two feeds, or published again, is one episode with its other places listed."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from indexer.episode import Appearance, Episode
from indexer.episode_store import EpisodeFiles, EpisodeStore, EpisodeWriter
from indexer.sameness import Traits, same

_MOST_COMPARED = 32  # of those that share a clue and are not the same
_NO_CLUE = 0

Clues = tuple[int, ...]  # a hash of each; zero where there is none
Block = list[int]  # rows that share a clue


def clues_of(episode: Episode) -> Clues:
    """Two that are the same share at least one."""
    return tuple(_hash(clue) if clue else _NO_CLUE for clue in Traits(episode).clues())


def merge_duplicates(
    episodes: Iterable[tuple[Episode, Clues]], scratch: Path, once: EpisodeWriter
) -> set[int]:
    """Write each episode once, in order; the first of several has the places of the others.

    All wait in the folder `scratch` until the last is read; a few numbers of each are in memory.
    Gives the numbers, in the order of `episodes`, of those that repeat another.
    """
    files = EpisodeFiles(scratch / "waiting.jsonl", scratch / "offsets.npy", scratch / "ids.npy")
    clues = _Clues()
    with EpisodeWriter(files) as waiting:
        for episode, of_episode in episodes:
            waiting.add(episode)
            clues.add(of_episode)
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
    return set(first)


class _Clues:
    """A hash of each clue of each episode."""

    def __init__(self) -> None:
        self._columns: list[array[int]] = []

    def add(self, clues: Clues) -> None:
        self._columns = self._columns or [array("Q") for _ in clues]
        for column, clue in zip(self._columns, clues, strict=True):
            column.append(clue)

    def blocks(self) -> Iterator[Block]:
        for column in self._columns:
            hashes = np.array(column, np.uint64)
            order = np.argsort(hashes, kind="stable")
            # Before the first hash that is not zero there is no bound: no clue is no block.
            bounds = np.flatnonzero(np.diff(hashes[order], prepend=0, append=0))
            for start in np.flatnonzero(np.diff(bounds) > 1):
                yield order[slice(*bounds[start : start + 2])].tolist()


def _first_rows(store: EpisodeStore, clues: _Clues) -> dict[int, int]:
    """For each row that repeats another, one before it that it repeats."""
    first: dict[int, int] = {}
    for block in clues.blocks():
        distinct: list[tuple[int, Traits]] = []
        for row in block:
            traits = Traits(store.episode(row))
            known = next((at for at, theirs in distinct if same(theirs, traits)), None)
            if known is not None:
                before, after = sorted((_first(known, first), _first(row, first)))
                if before != after:
                    first[after] = before
            elif len(distinct) < _MOST_COMPARED:
                distinct.append((row, traits))
    return first


def _first(row: int, first: dict[int, int]) -> int:
    while row in first:
        row = first[row]
    return row


def _hash(clue: str) -> int:
    digest = blake2b(clue.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1
