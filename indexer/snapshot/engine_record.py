"""Binds a snapshot to the generation of an engine that has its vectors.

Its files then have everything but the vectors: the texts, words, filter columns, calibration and
encoder, and the ids of the vectors.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from indexer.encoder import Vectors
from indexer.errors import EngineMismatch, SnapshotError
from indexer.index.clause_index import ClauseIndex
from indexer.index.engine import canary
from indexer.index.engine.engine import Engine, Generation, Kind
from indexer.index.engine.engine_index import EngineCodes, EngineVectors
from indexer.index.engine.entity_ids import Entities, write_entities
from indexer.index.engine.upload import Source, upload
from indexer.index.vectors.record import IndexRecord
from indexer.index.vectors.vector_index import VectorIndex
from indexer.snapshot.integrity import read_manifest
from indexer.snapshot.layout import (
    NAME,
    PASSAGES,
    entity_files,
    episode_files,
    evidence_files,
    vector_files,
)
from indexer.snapshot.manifest import Contents, Manifest
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Segments

KIND = "milvus"
_METRIC = "inner product"


@dataclass(frozen=True)
class EngineRecord:
    """The parameters of the index in the manifest."""

    generation: str
    exact: bool
    effort: int

    @classmethod
    def of(cls, record: IndexRecord) -> Self | None:
        """None if the vectors are in the snapshot."""
        if record.kind != KIND:
            return None
        known = record.parameters
        return cls(str(known["generation"]), bool(known["exact"]), int(known["effort"]))


def kind_of(contents: Contents, *, exact: bool) -> Kind:
    encoder = contents.embedded_by
    said = f"{encoder.fingerprint} {encoder.precision} {contents.embedded_in}"
    digest = hashlib.sha256(said.encode()).hexdigest()
    return Kind(digest[:12], encoder.dimension, exact)


@dataclass(frozen=True)
class HandOver:
    """Moves the vectors of a staged snapshot to an engine."""

    root: Path
    directory: Path
    contents: Contents
    engine: Engine

    def record(self, dense: VectorIndex, questions: Callable[[], Vectors]) -> IndexRecord:
        """Write a generation, verify it, and remove the files that it replaces.

        Raises GenerationRefused, EngineUnavailable, or EngineMismatch if the alias points to a
        generation of none of the snapshots in this folder.
        """
        bound = bound_generations(self.root)
        _published(self.root, self.engine, bound)
        exact = len(dense) <= self.engine.most_exact
        spare = [name for name in self.engine.generations() if name not in bound]
        generation = self.engine.begin(kind_of(self.contents, exact=exact), spare)
        self._write(generation, dense)
        found = self._tuned(generation, dense, questions())
        self._remove_vectors()
        parameters: dict[str, int | float | str] = {
            "generation": generation.name,
            "exact": int(exact),
            "effort": found.effort,
        }
        return IndexRecord(
            kind=KIND, metric=_METRIC, parameters=parameters, recall_at_10=found.recall
        )

    def _write(self, generation: Generation, dense: VectorIndex) -> None:
        passages = Segments.read(self.directory / PASSAGES)
        source = Source(
            EpisodeStore(episode_files(self.directory)),
            dense.vectors,
            passages,
            ClauseIndex(evidence_files(self.directory)),
        )
        keys = source.keys()
        write_entities(entity_files(self.directory), keys, passages)
        upload(generation, source, keys)

    def _tuned(self, generation: Generation, dense: VectorIndex, asked: Vectors) -> canary.Tuned:
        questions = canary.sample_of(asked)
        nearest, scores = dense.nearest(questions, min(canary.DEPTH, len(dense)))
        passages, entities = (
            Segments.read(self.directory / PASSAGES),
            Entities(entity_files(self.directory)),
        )
        rows = passages.rows_of(nearest)
        truth = canary.Nearest(entities.of(rows, nearest - passages.starts[rows]), scores)
        return canary.tuned(generation, questions, truth, self.contents.wanted_recall)

    def _remove_vectors(self) -> None:
        dense, clauses = vector_files(self.directory), evidence_files(self.directory)
        for file in (dense.vectors, dense.codes, clauses.codes, clauses.scales):
            file.unlink(missing_ok=True)


def open_in_engine(
    directory: Path, manifest: Manifest, record: EngineRecord, engine: Engine | None
) -> tuple[EngineVectors, EngineCodes]:
    """Raises EngineMismatch if it is another engine, or none."""
    if engine is None or engine.address != manifest.engine:
        raise EngineMismatch(
            f"{directory}: its vectors are in {manifest.engine}; give this as INDEX or --index."
        )
    generation = engine.open(record.generation, kind_of(manifest, exact=record.exact))
    passages, entities = Segments.read(directory / PASSAGES), Entities(entity_files(directory))
    dense = EngineVectors(generation, entities, passages, record.effort)
    clauses = Segments.read(evidence_files(directory).starts)
    codes = EngineCodes(generation, entities, clauses, manifest.encoder.dimension)
    return dense, codes


def bound_generations(root: Path) -> dict[str, str]:
    """The generations that kept snapshots are bound to, with the newest snapshot of each."""
    kept = sorted(path.name for path in root.iterdir() if NAME.fullmatch(path.name))
    bound = {}
    for name in kept:
        with suppress(SnapshotError):
            if generation := _generation_of(root / name):
                bound[generation] = name
    return bound


def name_in_force(root: Path, engine: Engine) -> str | None:
    """The snapshot whose generation the engine has published; None if it has published none.

    Raises EngineMismatch if no snapshot in `root` is bound to it.
    """
    bound = bound_generations(root)
    published = _published(root, engine, bound)
    return None if published is None else bound[published]


def _published(root: Path, engine: Engine, bound: dict[str, str]) -> str | None:
    """The generation in force. Raises EngineMismatch if it is none of those that are `bound`."""
    published = engine.published()
    if published is not None and published not in bound:
        raise EngineMismatch(
            f"{engine.address}: its generation in force, {published}, belongs to no snapshot in "
            f"{root}; use the folder that it was built in, or another name for the index."
        )
    return published


def retire(root: Path, engine: Engine, in_use: set[str]) -> None:
    """Unload the generations whose snapshots are not `in_use`, and drop those without a snapshot.

    The newest of these is kept as a spare, which the next build brings up to date.
    """
    bound, kept = bound_generations(root), engine.generations()
    _published(root, engine, bound)
    unbound = [name for name in kept if name not in bound]
    for name in unbound[:-1]:
        engine.drop(name)
    idle = [name for name in kept if name in bound and bound[name] not in in_use]
    for name in [*unbound[-1:], *idle]:
        engine.unload(name)


@lru_cache(64)
def _generation_of(directory: Path) -> str | None:
    record = EngineRecord.of(read_manifest(directory).index)
    return record.generation if record else None
