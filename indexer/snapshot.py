"""One immutable directory that carries everything an answer needs.

The only module that knows the file names inside a snapshot. A snapshot is written in a sibling
directory, its manifest last, then renamed into place; CURRENT, replaced in one step, names the
one in force. Whoever has a snapshot open holds a shared lock on its manifest, which the kernel
drops with the process, so pruning never takes a directory from under a running service.
"""

import fcntl
import json
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from indexer.array_file import ArrayWriter
from indexer.calibration import Calibration
from indexer.checksums import FileRecord, matches, record_of
from indexer.columns import NO_PODCAST, ColumnFiles, Columns, ColumnWriter, FacetCount
from indexer.embedding_cache import EmbeddingCache, embedding_cache
from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.kept import Kept
from indexer.encoder.proof import open_encoder
from indexer.encoder.reranker import Reranker, RerankerRecord
from indexer.episode_store import Changes, EpisodeFiles, EpisodeStore, EpisodeWriter
from indexer.errors import (
    BuildInProgress,
    NoSnapshot,
    SnapshotDamaged,
    SnapshotError,
    SnapshotTooNew,
    SnapshotTooOld,
)
from indexer.evidence import TITLE, ClauseWriter, CodeWriter, Evidence, EvidenceFiles
from indexer.filters import Selection
from indexer.indexes import Indexes
from indexer.labels import LabelFiles
from indexer.lexical_index import AddText, LexicalIndex, Ranking, lexical_writer
from indexer.manifest import FORMAT_VERSION, Contents, Manifest, is_whole, sealed
from indexer.predecessor import Predecessor
from indexer.recall import index_vectors
from indexer.segments import Positions, Rows, Segments
from indexer.sentences import Span
from indexer.series import Series
from indexer.vector_file import VectorFile, VectorWriter
from indexer.vector_index import VectorFiles, VectorIndex

__all__ = [
    "NO_PODCAST",
    "TITLE",
    "Columns",
    "FacetCount",
    "Indexes",
    "Positions",
    "Ranking",
    "Rows",
    "Selection",
    "Snapshot",
    "Span",
]

_CURRENT = "CURRENT"
_MANIFEST = "manifest.json"
_PASSAGES = "passage_starts.npy"
_LEXICAL = "lexical"
_CALIBRATION = "calibration.json"
_SERIES = "series.npy"
_MAP = "map.json"
_ENCODER = "encoder"
_RERANKER = "reranker"
_EMBEDDINGS = "embeddings"
_STAGING = ".staging-"
_STAMP = "%Y%m%dT%H%M%SZ"
_HASHED_WHOLE = 256 << 20  # bytes of a snapshot; what takes a fifth of a second or less
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{16}(-\d+)?")
PROGRAM = "episode-search"
_LIBRARIES = (
    PROGRAM,
    "faiss-cpu",
    "numpy",
    "onnxruntime",
    "sentence-transformers",
    "tantivy",
    "tokenizers",
    "torch",
)

Depth = Literal["sampled", "full"]


class Snapshot:
    """An open snapshot: read-only, safe to share between threads."""

    def __init__(
        self,
        directory: Path,
        *,
        threads: int = 1,
        before: "Snapshot | None" = None,
        verified: Depth = "sampled",
    ) -> None:
        """Where `before` has the same encoder, that one is shared and not loaded again.

        Raises SnapshotError where a file is missing, altered or of another format.
        """
        weakref.finalize(self, os.close, _hold(directory / _MANIFEST))
        self._directory = directory
        self.manifest = read_manifest(directory)
        refuse_earlier(directory, self.manifest)
        verify(directory, self.manifest, verified)
        self.episodes = EpisodeStore(_episode_files(directory))
        self.columns = Columns(_column_files(directory))
        self.indexes = _open_indexes(
            directory, self.manifest.lexical.language, _open_dense(directory, self.manifest)
        )
        self.series = Series(np.load(directory / _SERIES))
        self.calibration = Calibration.model_validate_json((directory / _CALIBRATION).read_bytes())
        self.reranker = _open_reranker(directory / _RERANKER, self.manifest.reranker)
        self.encoder: Encoder = (
            before.encoder
            if before and before.manifest.encoder == self.manifest.encoder
            else open_encoder(directory / _ENCODER, self.manifest.encoder, threads)
        )

    @classmethod
    def current(cls, root: Path, *, threads: int = 1) -> "Snapshot":
        """Raises NoSnapshot where nothing is published."""
        return cls(root / current_name(root), threads=threads)

    @property
    def id(self) -> str:
        return self.manifest.snapshot_id

    def map(self) -> bytes:
        """As `indexer.map` wrote it; read when it is asked for, which is seldom."""
        return (self._directory / _MAP).read_bytes()


def current_name(root: Path) -> str:
    """The published snapshot's name. Raises NoSnapshot."""
    try:
        name = (root / _CURRENT).read_text(errors="replace").strip()
    except FileNotFoundError:
        raise NoSnapshot(f"Nothing is published in {root} yet; run make index.") from None
    if not _NAME.fullmatch(name):
        raise SnapshotDamaged(f"{root / _CURRENT}: does not name a snapshot; run make index.")
    return name


def read_manifest(directory: Path) -> Manifest:
    """Raises SnapshotDamaged, or SnapshotTooNew by the version alone."""
    file = directory / _MANIFEST
    try:
        content = file.read_bytes()
        fields = json.loads(content)
        found = int(fields["format_version"])
        if found > FORMAT_VERSION:
            raise SnapshotTooNew(
                f"{directory}: is of format {found}, and this version reads up to "
                f"{FORMAT_VERSION}; upgrade, or build it again."
            )
        manifest = Manifest.model_validate(fields)
    except FileNotFoundError:
        raise SnapshotDamaged(f"{file}: is missing; build the snapshot again.") from None
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise SnapshotDamaged(f"{file}: cannot be read; build the snapshot again.") from error
    if found == FORMAT_VERSION and not is_whole(content):
        raise SnapshotDamaged(f"{file}: is damaged; build the snapshot again.")
    return manifest


def refuse_earlier(directory: Path, manifest: Manifest) -> None:
    """Raises SnapshotTooOld. What one was made of can still be read, to make it again."""
    if manifest.format_version < FORMAT_VERSION:
        raise SnapshotTooOld(
            f"{directory}: is of format {manifest.format_version}, and this version answers from "
            f"format {FORMAT_VERSION}; run make reindex."
        )


def verify(directory: Path, manifest: Manifest, depth: Depth = "full") -> None:
    """Raises SnapshotDamaged, naming the first file that is not what the manifest says.

    Sampled, a snapshot of more than 256 MB opens in a second however large it is, and damage
    between the samples of its large files waits for `python -m indexer verify`.
    """
    size = sum(record.bytes for record in manifest.files.values())
    sampled = depth == "sampled" and size > _HASHED_WHOLE
    for name, record in manifest.files.items():
        file = directory / name
        try:
            whole = matches(file, record, sampled=sampled)
        except OSError:
            raise SnapshotDamaged(f"{file}: is missing; build the snapshot again.") from None
        if not whole:
            raise SnapshotDamaged(f"{file}: is damaged; build the snapshot again.")


class Staging:
    """A snapshot in the making: what is written here is nothing until it is published."""

    def __init__(self, root: Path, directory: Path, scratch: Path) -> None:
        self._root = root
        self._directory = directory
        self.scratch = scratch  # for what a build needs on its way, and no snapshot has

    def write_episodes(self) -> EpisodeWriter:
        return EpisodeWriter(_episode_files(self._directory))

    def episodes(self) -> EpisodeStore:
        return EpisodeStore(_episode_files(self._directory))

    def write_columns(self) -> ColumnWriter:
        return ColumnWriter(_column_files(self._directory))

    def write_vectors(self) -> VectorWriter:
        return VectorWriter(_vector_files(self._directory).vectors)

    def index_vectors(
        self, dimension: int, questions: Callable[[], Vectors], wanted_recall: float
    ) -> None:
        """Those written. `questions` are asked for where there is a recall to be measured."""
        files = _vector_files(self._directory)
        self._dense, self._record = index_vectors(files, dimension, questions, wanted_recall)

    def write_passages(self) -> ArrayWriter:
        return ArrayWriter(self._directory / _PASSAGES, np.int64)

    def write_clauses(self) -> ClauseWriter:
        return ClauseWriter(_evidence_files(self._directory))

    def write_codes(self, dimension: int) -> CodeWriter:
        return CodeWriter(_evidence_files(self._directory), dimension)

    def embeddings(
        self, encoder: Encoder, fingerprint: str
    ) -> AbstractContextManager[EmbeddingCache]:
        """What is kept of earlier builds by this encoder."""
        file = self._root / _EMBEDDINGS / f"{fingerprint}-{encoder.precision}.sqlite"
        return embedding_cache(file, self.scratch)

    def changes_since(self, earlier: Manifest | None) -> Changes:
        """By id, against the episodes of another snapshot; all are new where there is none."""
        episodes = self.episodes()
        if earlier is None:
            return Changes(len(episodes), 0, 0, 0)
        return episodes.changes_since(
            EpisodeStore(_episode_files(self._root / earlier.snapshot_id))
        )

    def predecessor(self, earlier: Manifest) -> Predecessor | None:
        """That snapshot, if it is whole: what is damaged must not be handed on."""
        directory = self._root / earlier.snapshot_id
        try:
            verify(directory, earlier)
        except SnapshotDamaged:
            return None
        return Predecessor(
            episodes=EpisodeStore(_episode_files(directory)),
            columns=Columns(_column_files(directory)),
            passages=_passages(directory),
            vectors=VectorFile(_vector_files(directory).vectors, earlier.encoder.dimension),
            evidence=Evidence(_evidence_files(directory)),
            map_file=directory / _MAP,
        )

    def write_lexical(self, language: str) -> AbstractContextManager[AddText]:
        return lexical_writer(self._directory / _LEXICAL, language)

    def write_map(self, written: bytes) -> None:
        (self._directory / _MAP).write_bytes(written)

    def write_series(self, series: Series) -> None:
        np.save(self._directory / _SERIES, series.numbers)

    def indexes(self, language: str) -> Indexes:
        """What has been written so far, opened: all but the calibration."""
        return _open_indexes(self._directory, language, self._dense)

    def write_calibration(self, calibration: Calibration) -> None:
        text = calibration.model_dump_json(indent=1)
        (self._directory / _CALIBRATION).write_text(text)

    def link(self, artifact: Artifact, reranker: Kept[RerankerRecord] | None) -> None:
        artifact.link_into(self._directory / _ENCODER)
        if reranker:
            reranker.link_into(self._directory / _RERANKER)

    def publish(self, contents: Contents) -> Manifest:
        """From here on it is a snapshot, and whole; it is in force once it is switched to."""
        manifest = self._manifest(contents)
        for name in manifest.files:
            _settle(self._directory / name)
        _write_synced(self._directory / _MANIFEST, sealed(manifest))
        for directory in {(self._directory / name).parent for name in manifest.files}:
            _sync(directory)
        self._directory.chmod(0o755)
        self._directory.rename(self._root / manifest.snapshot_id)
        _sync(self._root)
        return manifest

    def _manifest(self, contents: Contents) -> Manifest:
        built_at = _after_all(self._root, datetime.now(UTC).replace(microsecond=0))
        return Manifest(
            **dict(contents),
            index=self._record,
            format_version=FORMAT_VERSION,
            snapshot_id=f"{built_at:{_STAMP}}-{contents.fingerprint}",
            built_at=built_at,
            previous=_published(self._root),
            files=_file_records(self._directory),
            versions=_versions(),
        )


@contextmanager
def staging(root: Path) -> Iterator[Staging]:
    """A place to build in, gone afterwards unless published; `building(root)` is held meanwhile."""
    directory, scratch = _temporary(root), _temporary(root)
    try:
        yield Staging(root, directory, scratch)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def building(root: Path) -> Iterator[None]:
    """One build at a time; what a killed one left is removed. Raises BuildInProgress."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildInProgress(f"{root}: another build is at work; wait for it.") from None
        for left_behind in root.glob(f"{_STAGING}*"):
            shutil.rmtree(left_behind)
        yield


def _temporary(root: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=_STAGING, dir=root))


def switch(root: Path, name: str) -> None:
    """Put the snapshot `name` in force, in one step that a kill cannot halve."""
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=root) as directory:
        written = Path(directory) / _CURRENT
        _write_synced(written, f"{name}\n".encode())
        written.replace(root / _CURRENT)
    _sync(root)


def rollback(root: Path, name: str | None = None) -> str:
    """Put the snapshot before the one in force, or `name`, in force; gives its name.

    Raises NoSnapshot where that is not kept, and SnapshotDamaged where it is not whole.
    """
    with building(root):
        wanted = name or read_manifest(root / current_name(root)).previous
        if wanted not in (kept := names(root)):
            raise NoSnapshot(
                f"{root}: {wanted or 'an earlier snapshot'} is not kept; take one of "
                f"{', '.join(kept)}."
            )
        manifest = read_manifest(root / wanted)
        refuse_earlier(root / wanted, manifest)
        verify(root / wanted, manifest)
        switch(root, wanted)
    return wanted


def names(root: Path) -> list[str]:
    """The snapshots that are kept, oldest first."""
    return sorted(path.name for path in root.iterdir() if _NAME.fullmatch(path.name))


def prune(root: Path, keep: int) -> list[str]:
    """Remove all but the newest `keep` snapshots; never one in force, never one in use.

    With the last snapshot of an encoder go the embeddings that were kept for it.
    """
    kept, in_force = names(root), current_name(root)
    old = [name for name in kept[: max(0, len(kept) - keep)] if name != in_force]
    removed = [name for name in old if _remove_unused(root / name)]
    _forget_encoders(root)
    return removed


def _forget_encoders(root: Path) -> None:
    kept = {manifest.encoder.fingerprint for manifest in _readable_manifests(root)}
    for file in (root / _EMBEDDINGS).glob("*.sqlite"):
        if file.stem.partition("-")[0] not in kept:
            file.unlink()


def _readable_manifests(root: Path) -> Iterator[Manifest]:
    for name in names(root):
        with suppress(SnapshotError):
            yield read_manifest(root / name)


def _remove_unused(directory: Path) -> bool:
    try:
        with (directory / _MANIFEST).open("rb") as manifest:
            fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Without its manifest it is no snapshot any more, should a kill come in between.
            (directory / _MANIFEST).unlink()
    except BlockingIOError:
        return False
    except FileNotFoundError:
        pass
    shutil.rmtree(directory)
    return True


def _hold(manifest: Path) -> int:
    """A descriptor whose shared lock lasts until it is closed."""
    try:
        descriptor = os.open(manifest, os.O_RDONLY)
    except FileNotFoundError:
        raise SnapshotDamaged(f"{manifest}: is missing; build the snapshot again.") from None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _open_reranker(directory: Path, record: RerankerRecord | None) -> Reranker | None:
    return Reranker(directory, record) if record else None


def _open_dense(directory: Path, manifest: Manifest) -> VectorIndex:
    files = _vector_files(directory)
    return VectorIndex.open(files, manifest.encoder.dimension, manifest.index)


def _open_indexes(directory: Path, language: str, dense: VectorIndex) -> Indexes:
    return Indexes(
        dense=dense,
        passages=_passages(directory),
        evidence=Evidence(_evidence_files(directory)),
        lexical=LexicalIndex(directory / _LEXICAL, language),
    )


def _passages(directory: Path) -> Segments:
    return Segments(np.load(directory / _PASSAGES))


def _episode_files(directory: Path) -> EpisodeFiles:
    return EpisodeFiles(
        records=directory / "episodes.jsonl",
        offsets=directory / "episode_offsets.npy",
        ids=directory / "episode_ids.npy",
    )


def _column_files(directory: Path) -> ColumnFiles:
    return ColumnFiles(
        labels=LabelFiles(
            names=directory / "labels.txt",
            name_starts=directory / "label_starts.npy",
            codes=directory / "labels_by_row.npy",
            code_starts=directory / "labels_by_row_starts.npy",
            rows=directory / "rows_by_label.npy",
            row_starts=directory / "rows_by_label_starts.npy",
        ),
        published=directory / "published.npy",
        durations=directory / "durations.npy",
        newest_first=directory / "newest_first.npy",
        date_ranks=directory / "date_ranks.npy",
    )


def _vector_files(directory: Path) -> VectorFiles:
    return VectorFiles(vectors=directory / "vectors.f16", codes=directory / "codes.faiss")


def _evidence_files(directory: Path) -> EvidenceFiles:
    return EvidenceFiles(
        codes=directory / "evidence_codes.npy",
        scales=directory / "evidence_scales.npy",
        spans=directory / "evidence_sentences.npy",
        starts=directory / "evidence_starts.npy",
    )


def _file_records(directory: Path) -> dict[str, FileRecord]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {file.relative_to(directory).as_posix(): record_of(file) for file in files}


def _published(root: Path) -> str | None:
    try:
        return current_name(root)
    except SnapshotError:
        return None


def _after_all(root: Path, now: datetime) -> datetime:
    """A second later than the newest snapshot where they are of one second: names are in order."""
    newest = max((name.partition("-")[0] for name in names(root)), default="")
    if newest < f"{now:{_STAMP}}":
        return now
    return datetime.strptime(newest, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)


def _versions() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:  # the building side may do without
            continue
    return found


def _write_synced(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    _sync(file)


def _settle(file: Path) -> None:
    """Readable by whoever serves it, and on the disk."""
    file.chmod(0o644)
    _sync(file)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
