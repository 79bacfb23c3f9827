"""Opens a snapshot: verifies its files and maps its indexes."""

import os
import weakref
from pathlib import Path

import numpy as np

from indexer.encoder import Encoder
from indexer.encoder.parity_check import open_encoder
from indexer.encoder.reranker import Reranker, RerankerRecord
from indexer.index.clause_index import ClauseCodes, ClauseIndex
from indexer.index.columns.filter_columns import Columns
from indexer.index.engine.engine import Engine
from indexer.index.indexes import Indexes
from indexer.index.said_index import SaidIndex
from indexer.index.said_search import SaidSearch
from indexer.index.suggestions.suggestion_index import SuggestionIndex
from indexer.index.suggestions.word_list import WordList
from indexer.index.vectors.dense_index import DenseIndex
from indexer.index.vectors.vector_index import VectorIndex
from indexer.index.words.forward_index import ForwardIndex
from indexer.index.words.lexical_index import LexicalIndex
from indexer.ranking.calibration import Calibration
from indexer.ranking.fusion import DEFAULT_WEIGHTS, FusionWeights
from indexer.ranking.ranker import Ranker
from indexer.ranking.reranking import PairScorer
from indexer.snapshot.engine_record import EngineRecord, open_in_engine
from indexer.snapshot.integrity import (
    Depth,
    read_manifest,
    refuse_earlier,
    refuse_unsegmented,
    verify,
)
from indexer.snapshot.layout import (
    CALIBRATION,
    ENCODER,
    LEXICAL,
    MANIFEST,
    MAP,
    PASSAGES,
    RERANKER,
    SERIES,
    column_files,
    episode_files,
    evidence_files,
    forward_files,
    said_files,
    said_search_files,
    suggestion_files,
    vector_files,
    vocabulary_files,
)
from indexer.snapshot.manifest import LexicalRecord, Manifest
from indexer.snapshot.retention import current_name, hold
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Segments
from indexer.text.series import Series


class Snapshot:
    """An open snapshot: read-only, safe to share between threads."""

    def __init__(
        self,
        directory: Path,
        *,
        threads: int = 1,
        before: "Snapshot | None" = None,
        verified: Depth = "sampled",
        engine: Engine | None = None,
    ) -> None:
        """Open the snapshot in `directory`; shares the encoder of `before` if it is the same.

        Raises SnapshotError if a file is missing, altered or of another format, or if the
        segmenter of its words is missing, and EngineError if its vectors are in an engine that is
        not `engine` or does not have them.
        """
        weakref.finalize(self, os.close, hold(directory / MANIFEST))
        self._directory = directory
        self.manifest = read_manifest(directory)
        refuse_earlier(directory, self.manifest)
        refuse_unsegmented(directory, self.manifest)
        verify(directory, self.manifest, verified)
        self.episodes = EpisodeStore(episode_files(directory))
        self.indexes = _open_indexes(directory, self.manifest, engine)
        self.columns = Columns(column_files(directory), self.indexes.lexical.saying)
        self.suggestions = SuggestionIndex(suggestion_files(directory))
        self.vocabulary = WordList(vocabulary_files(directory))
        self.series = Series(np.load(directory / SERIES))
        self.calibration = Calibration.model_validate_json((directory / CALIBRATION).read_bytes())
        self.reranker: PairScorer | None = _open_reranker(
            directory / RERANKER, self.manifest.reranker
        )
        self.encoder: Encoder = (
            before.encoder
            if before and before.manifest.encoder.is_same(self.manifest.encoder)
            else open_encoder(directory / ENCODER, self.manifest.encoder, threads)
        )

    @classmethod
    def current(cls, root: Path, *, threads: int = 1, engine: Engine | None = None) -> "Snapshot":
        """Open the snapshot in force. Raises NoSnapshot if nothing is published."""
        return cls(root / current_name(root), threads=threads, engine=engine)

    @property
    def id(self) -> str:
        return self.manifest.snapshot_id

    def ranker(self, weights: FusionWeights = DEFAULT_WEIGHTS) -> Ranker:
        return Ranker(self.indexes, self.episodes, self.reranker, weights)

    def map_json(self) -> bytes:
        """The JSON of the map, read on each call."""
        return (self._directory / MAP).read_bytes()


def open_indexes(
    directory: Path,
    lexical: LexicalRecord,
    dense: DenseIndex,
    dimension: int,
    codes: ClauseCodes | None = None,
) -> Indexes:
    """`codes` are the vectors of the clauses, if they are not in the snapshot."""
    said = _open_said(directory, dimension)
    return Indexes(
        dense=dense,
        passages=open_passages(directory),
        evidence=ClauseIndex(evidence_files(directory), codes),
        lexical=_open_lexical(directory / LEXICAL, lexical),
        words=ForwardIndex(forward_files(directory)),
        said=said,
        said_search=_open_said_search(directory, said, lexical),
    )


def _open_lexical(directory: Path, record: LexicalRecord) -> LexicalIndex:
    return LexicalIndex(
        directory,
        record.language,
        segmented=record.segmenter is not None,
        others=record.languages,
    )


def _open_said(directory: Path, dimension: int) -> SaidIndex | None:
    """None if no episode has a transcript."""
    files = said_files(directory)
    if not files.offsets.exists() or not files.texts.stat().st_size:
        return None
    return SaidIndex(files, dimension)


def _open_said_search(
    directory: Path, said: SaidIndex | None, record: LexicalRecord
) -> SaidSearch | None:
    """None in a snapshot of before, whose transcripts have moments but find no episode."""
    files = said_search_files(directory)
    if not said or not files.words.is_dir():
        return None
    nearest = VectorIndex.open_coarse(said.vectors, files.codes)
    return SaidSearch(said, nearest, _open_lexical(files.words, record))


def open_passages(directory: Path) -> Segments:
    return Segments.read(directory / PASSAGES)


def _open_reranker(directory: Path, record: RerankerRecord | None) -> PairScorer | None:
    return Reranker(directory, record) if record else None


def _open_indexes(directory: Path, manifest: Manifest, engine: Engine | None) -> Indexes:
    dimension = manifest.encoder.dimension
    if record := EngineRecord.of(manifest.index):
        vectors, codes = open_in_engine(directory, manifest, record, engine)
        return open_indexes(directory, manifest.lexical, vectors, dimension, codes)
    files = vector_files(directory)
    dense = VectorIndex.open(files, dimension, manifest.index)
    return open_indexes(directory, manifest.lexical, dense, dimension)
