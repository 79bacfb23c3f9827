"""Writes a snapshot to a temporary directory, the manifest last, and publishes it by a rename."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from indexer.corpus.companions import stored_transcript
from indexer.corpus.deduplication import Merged
from indexer.corpus.parse_cache import ParseCache, ParseCacheWriter
from indexer.corpus.transcripts import Transcript
from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.artifact_cache import CachedArtifact
from indexer.encoder.reranker import RerankerRecord
from indexer.errors import SnapshotDamaged, SnapshotError
from indexer.index.clause_index import ClauseWriter, CodeWriter
from indexer.index.columns.filter_columns import Columns, ColumnWriter
from indexer.index.engine.engine import Engine
from indexer.index.indexes import Indexes
from indexer.index.said_index import SaidWriter
from indexer.index.suggestions.suggestion_index import SuggestionWriter
from indexer.index.suggestions.word_list import write_words
from indexer.index.vectors.embedding_cache import EmbeddingCache, embedding_cache
from indexer.index.vectors.half_bytes import HalfByteVectors, HalfByteWriter
from indexer.index.vectors.recall import index_vectors
from indexer.index.vectors.vector_file import VectorWriter
from indexer.index.vectors.vector_index import VectorIndex
from indexer.index.words.forward_index import ForwardWriter
from indexer.index.words.lexical_index import AddText, lexical_writer, stemmer
from indexer.ranking.calibration import Calibration
from indexer.snapshot.engine_record import HandOver
from indexer.snapshot.integrity import verify
from indexer.snapshot.layout import (
    CALIBRATION,
    EMBEDDINGS,
    ENCODER,
    LEXICAL,
    MANIFEST,
    MAP,
    PASSAGES,
    READINGS,
    RERANKER,
    SERIES,
    STAGING,
    STAMP,
    TRANSCRIPTS,
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
from indexer.snapshot.manifest import FORMAT_VERSION, Contents, LexicalRecord, Manifest, sealed
from indexer.snapshot.previous_snapshot import PreviousSnapshot
from indexer.snapshot.retention import current_name, names
from indexer.snapshot.snapshot import open_indexes, open_passages
from indexer.storage.array_file import ArrayWriter
from indexer.storage.checksums import FileRecord, file_record
from indexer.storage.durable_write import flush_file, sync_directory, write_synced
from indexer.storage.episode_store import EpisodeStore, EpisodeWriter, Matches
from indexer.text.series import Series

PROGRAM = "episode-search"
_LIBRARIES = (
    PROGRAM,
    "faiss-cpu",
    "icu4py",
    "numpy",
    "onnxruntime",
    "sentence-transformers",
    "tantivy",
    "tokenizers",
    "torch",
)


class Staging:
    """A snapshot being written; nothing is visible until it is published."""

    def __init__(self, root: Path, directory: Path, scratch: Path) -> None:
        self._root = root
        self._directory = directory
        self.scratch = scratch  # for temporary files of the build

    def write_episodes(self) -> EpisodeWriter:
        return EpisodeWriter(episode_files(self._directory))

    def episodes(self) -> EpisodeStore:
        return EpisodeStore(episode_files(self._directory))

    def write_parse_cache(self, records: ParseCacheWriter, merged: Merged) -> None:
        records.write(self._directory / READINGS, merged)

    def write_columns(self) -> ColumnWriter:
        return ColumnWriter(column_files(self._directory))

    def write_vectors(self) -> VectorWriter:
        return VectorWriter(vector_files(self._directory).vectors)

    def index_vectors(
        self, dimension: int, questions: Callable[[], Vectors], wanted_recall: float
    ) -> None:
        """Index the written vectors; calls `questions` only if recall must be measured."""
        files = vector_files(self._directory)
        self._dense, self._record = index_vectors(files, dimension, questions, wanted_recall)

    def write_passages(self) -> ArrayWriter:
        return ArrayWriter(self._directory / PASSAGES, np.int64)

    def write_clauses(self) -> ClauseWriter:
        return ClauseWriter(evidence_files(self._directory))

    def write_codes(self, dimension: int) -> CodeWriter:
        return CodeWriter(evidence_files(self._directory), dimension)

    def transcript(self, name: str | None) -> Transcript | None:
        """The stored transcript of this name; None if there is none."""
        try:
            return stored_transcript(self._root / TRANSCRIPTS, name) if name else None
        except (OSError, ValueError):
            return None

    def write_said(self) -> SaidWriter:
        return SaidWriter(said_files(self._directory))

    def write_said_words(self, language: str) -> AbstractContextManager[AddText]:
        return lexical_writer(said_search_files(self._directory).words, language, coarse=True)

    def write_said_vectors(self, dimension: int) -> HalfByteWriter:
        files = said_files(self._directory)
        return HalfByteWriter(files.codes, files.scales, dimension)

    def index_said(self, dimension: int) -> None:
        """Index the written vectors."""
        files = said_files(self._directory)
        vectors = HalfByteVectors(files.codes, files.scales, dimension)
        VectorIndex.write_coarse(vectors, said_search_files(self._directory).codes)

    def embeddings(
        self, encoder: Encoder, fingerprint: str
    ) -> AbstractContextManager[EmbeddingCache]:
        """The embedding cache of this encoder."""
        file = self._root / EMBEDDINGS / f"{fingerprint}-{encoder.precision}.sqlite"
        return embedding_cache(file, self.scratch)

    def matches_in(self, earlier: Manifest | None) -> Matches:
        """Which episodes of another snapshot are here; without one, all episodes are new."""
        files = earlier and episode_files(self._root / earlier.snapshot_id)
        return self.episodes().matches_in(EpisodeStore(files) if files else None)

    def previous_snapshot(self, earlier: Manifest) -> PreviousSnapshot | None:
        """The previous snapshot, to reuse from; None if it is damaged."""
        directory = self._root / earlier.snapshot_id
        try:
            verify(directory, earlier)
        except SnapshotDamaged:
            return None
        episodes = EpisodeStore(episode_files(directory))
        return PreviousSnapshot(
            episodes=episodes,
            columns=Columns(column_files(directory)),
            passages=open_passages(directory),
            vector_file=vector_files(directory).vectors,
            dimension=earlier.encoder.dimension,
            evidence_files=evidence_files(directory),
            map_file=directory / MAP,
            parse_cache=ParseCache(directory / READINGS, episodes),
        )

    def write_lexical(self, language: str) -> AbstractContextManager[AddText]:
        return lexical_writer(self._directory / LEXICAL, language)

    def write_words(self, language: str) -> ForwardWriter:
        return ForwardWriter(forward_files(self._directory), stemmer(language))

    def write_suggestions(self) -> SuggestionWriter:
        return SuggestionWriter(suggestion_files(self._directory))

    def write_vocabulary(self, counts: dict[str, int]) -> None:
        write_words(vocabulary_files(self._directory), counts)

    def columns(self) -> Columns:
        """The written columns."""
        return Columns(column_files(self._directory))

    def write_map(self, written: bytes) -> None:
        (self._directory / MAP).write_bytes(written)

    def write_series(self, series: Series) -> None:
        np.save(self._directory / SERIES, series.numbers)

    def indexes(self, lexical: LexicalRecord) -> Indexes:
        """The written indexes, opened to fit the calibration."""
        return open_indexes(self._directory, lexical, self._dense, self._dense.vectors.dimension)

    def hand_over(
        self, engine: Engine, contents: Contents, questions: Callable[[], Vectors]
    ) -> None:
        """Move the vectors to a generation of the engine; raises as HandOver.record does."""
        moving = HandOver(self._root, self._directory, contents, engine)
        self._record = moving.record(self._dense, questions)

    def write_calibration(self, calibration: Calibration) -> None:
        text = calibration.model_dump_json(indent=1)
        (self._directory / CALIBRATION).write_text(text)

    def link(self, artifact: Artifact, reranker: CachedArtifact[RerankerRecord] | None) -> None:
        artifact.link_into(self._directory / ENCODER)
        if reranker:
            reranker.link_into(self._directory / RERANKER)

    def publish(self, contents: Contents) -> Manifest:
        """Write the manifest and rename the directory; `switch` then puts the snapshot in force."""
        manifest = self._manifest(contents)
        for name in manifest.files:
            flush_file(self._directory / name)
        write_synced(self._directory / MANIFEST, sealed(manifest))
        for directory in {(self._directory / name).parent for name in manifest.files}:
            sync_directory(directory)
        self._directory.chmod(0o755)
        self._directory.rename(self._root / manifest.snapshot_id)
        sync_directory(self._root)
        return manifest

    def _manifest(self, contents: Contents) -> Manifest:
        built_at = _after_all(self._root, datetime.now(UTC).replace(microsecond=0))
        return Manifest(
            **dict(contents),
            index=self._record,
            format_version=FORMAT_VERSION,
            snapshot_id=f"{built_at:{STAMP}}-{contents.fingerprint}",
            built_at=built_at,
            previous=_published(self._root),
            files=_file_records(self._directory),
            versions=_versions(),
        )


@contextmanager
def open_staging(root: Path) -> Iterator[Staging]:
    """A staging directory, removed unless it is published; call it within `building(root)`."""
    directory, scratch = _temporary(root), _temporary(root)
    try:
        yield Staging(root, directory, scratch)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)


def _temporary(root: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=STAGING, dir=root))


def _file_records(directory: Path) -> dict[str, FileRecord]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {file.relative_to(directory).as_posix(): file_record(file) for file in files}


def _published(root: Path) -> str | None:
    try:
        return current_name(root)
    except SnapshotError:
        return None


def _after_all(root: Path, now: datetime) -> datetime:
    """`now`, or a second after the newest snapshot, so that names sort by age."""
    newest = max((name.partition("-")[0] for name in names(root)), default="")
    if newest < f"{now:{STAMP}}":
        return now
    return datetime.strptime(newest, STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)


def _versions() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:  # some libraries are optional
            continue
    return found
