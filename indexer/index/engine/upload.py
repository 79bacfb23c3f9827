"""Writes to a generation what it does not have, and deletes what it should not have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from indexer.errors import GenerationRefused
from indexer.index.clause_index import ClauseIndex
from indexer.index.columns.filters import Attributes, attributes_of
from indexer.index.engine.engine import Clauses, Generation, Ids, Passages
from indexer.index.engine.entity_ids import Keys, ids_of, key_of
from indexer.index.engine.expression import label_numbers
from indexer.index.engine.wire import clauses_a_pack, packed
from indexer.index.vectors.vector_file import VectorFile
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Rows, Segments

_PASSAGES_A_BATCH = 1_000
_PACKS_A_BATCH = 128


class Written(NamedTuple):
    """How many passages and packs of clauses were written, and how many deleted."""

    passages: int
    packs: int
    deleted: int


@dataclass(frozen=True)
class Source:
    """What a snapshot writes to an engine."""

    episodes: EpisodeStore
    vectors: VectorFile
    passages: Segments
    clauses: ClauseIndex

    def keys(self) -> Keys:
        """(rows,): a number of all that is written of each row."""
        hashes = self.episodes.id_hashes().astype("<u8")
        return np.array(
            [self._key(row, hashes[row].tobytes()) for row in range(len(hashes))], np.uint64
        )

    def attributes(self, row: int) -> Attributes:
        return attributes_of(self.episodes.episode(row))

    def packs(self, row: int) -> list[bytes]:
        """The packed clauses of a row."""
        positions, _ = self.clauses.segments.gather(np.array([row]))
        codes, scales = self.clauses.coded(positions)
        size = clauses_a_pack(self.vectors.dimension)
        starts = range(0, len(positions), size)
        return [packed(codes[at : at + size], scales[at : at + size]) for at in starts]

    def _key(self, row: int, episode: bytes) -> int:
        attributes = self.attributes(row)
        positions, _ = self.passages.gather(np.array([row]))
        labels = np.sort(np.array(label_numbers(attributes), np.int64)).tobytes()
        others = repr((attributes.published, attributes.duration_s)).encode()
        vectors = self.vectors.halves(positions).tobytes()
        return key_of([episode, vectors, *self.packs(row), labels, others])


def upload(generation: Generation, source: Source, keys: Keys) -> Written:
    """Make the generation hold exactly the source.

    Raises GenerationRefused if the engine then counts something else.
    """
    passages = _Parts.of(keys, np.diff(source.passages.starts))
    a_pack = clauses_a_pack(source.vectors.dimension)
    packs = _Parts.of(keys, -(-np.diff(source.clauses.segments.starts) // a_pack))
    new_passages, old_passages = passages.compared(generation.passage_ids())
    new_packs, old_packs = packs.compared(generation.clause_ids())
    generation.delete_passages(old_passages)
    generation.delete_clauses(old_packs)
    for at in _batches(new_passages, _PASSAGES_A_BATCH):
        attributes = [source.attributes(row) for row in passages.rows[at].tolist()]
        generation.upsert_passages(Passages(passages.ids[at], source.vectors.rows(at), attributes))
    for at in _batches(new_packs, _PACKS_A_BATCH):
        texts = [
            source.packs(row)[n] for row, n in zip(packs.rows[at], packs.ordinals[at], strict=True)
        ]
        generation.upsert_clauses(Clauses(packs.ids[at], texts))
    generation.settle()
    _refuse_other_counts(generation, (len(passages.ids), len(packs.ids)))
    return Written(len(new_passages), len(new_packs), len(old_passages) + len(old_packs))


class _Parts(NamedTuple):
    """The passages or packs of all rows."""

    ids: Ids
    rows: Rows
    ordinals: Rows  # in their row

    @classmethod
    def of(cls, keys: Keys, counts: Rows) -> "_Parts":
        segments = Segments.of_counts(counts)
        rows = np.repeat(np.arange(len(counts)), counts)
        ordinals = np.arange(len(rows)) - segments.starts[rows]
        return cls(ids_of(keys[rows], ordinals), rows, ordinals)

    def compared(self, there: Iterator[Ids]) -> tuple[Rows, Ids]:
        """The positions that are not `there`, and the ids that are there and not here."""
        found = np.concatenate([np.empty(0, np.int64), *there])
        return np.flatnonzero(~np.isin(self.ids, found)), np.setdiff1d(found, self.ids)


def _batches(positions: Rows, size: int) -> Iterator[Rows]:
    return (positions[at : at + size] for at in range(0, len(positions), size))


def _refuse_other_counts(generation: Generation, expected: tuple[int, int]) -> None:
    found = generation.count()
    if found != expected:
        raise GenerationRefused(
            f"{generation.name}: has {found[0]:,} passages and {found[1]:,} packs of clauses where "
            f"{expected[0]:,} and {expected[1]:,} were written, so it is not put in force; "
            "build again."
        )
