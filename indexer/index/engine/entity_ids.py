"""Gives every passage an id that follows from its content.

So equal passages of two generations have one id, whatever rows they stand in, and an id never means
two contents: what a generation holds is compared by ids alone, and whoever reads a generation that
is being rewritten sees it by an id that is missing or unknown.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.errors import GenerationRefused
from indexer.index.engine.engine import Ids
from indexer.storage.memory_map import mapped
from indexer.storage.segments import Positions, Rows, Segments

Keys = NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64 (Steele et al. 2014), as the others
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_KEY_BYTES = 8


@dataclass(frozen=True)
class EntityFiles:
    keys: Path  # (rows,) uint64
    ids: Path  # (passages,) int64, ascending
    positions: Path  # (passages,) int64: the position of each of these ids


def key_of(parts: list[bytes]) -> int:
    """A number of the content of a row."""
    return int.from_bytes(hashlib.blake2b(b"".join(parts), digest_size=_KEY_BYTES).digest())


def ids_of(keys: Keys, ordinals: Positions) -> Ids:
    """The id of the part with this ordinal of a row with this key."""
    with np.errstate(over="ignore"):
        mixed = keys + (ordinals.astype(np.uint64) + np.uint64(1)) * _ODD
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        mixed ^= mixed >> np.uint64(31)
    ids: Ids = mixed.view(np.int64)
    return ids


def write_entities(files: EntityFiles, keys: Keys, passages: Segments) -> None:
    """Raises GenerationRefused if two passages have one id."""
    rows = np.repeat(np.arange(len(passages)), np.diff(passages.starts))
    ids = ids_of(keys[rows], np.arange(len(rows)) - passages.starts[rows])
    order = np.argsort(ids, kind="stable")
    if (np.diff(ids[order]) == 0).any():
        raise GenerationRefused(
            "Two texts have the same 64-bit id, which happens to one corpus of a billion in forty; "
            "change or leave out an episode."
        )
    np.save(files.keys, keys)
    np.save(files.ids, ids[order])
    np.save(files.positions, order)


class Entities:
    """The ids of a snapshot's rows, memory-mapped."""

    def __init__(self, files: EntityFiles) -> None:
        self._keys = mapped(files.keys)
        self._ids = mapped(files.ids)
        self._positions = mapped(files.positions)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> Ids:
        """(passages,) of all passages, ascending."""
        return self._ids

    def of(self, rows: Rows, ordinals: Positions) -> Ids:
        """The id of the part of each row with this ordinal."""
        return ids_of(self._keys[rows], ordinals)

    def positions_of(self, ids: Ids) -> tuple[Positions, NDArray[np.bool_]]:
        """The position of each passage, and whether this snapshot has it."""
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return self._positions[places].astype(np.int64), self._ids[places] == ids
