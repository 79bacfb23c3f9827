"""The pipeline, top to bottom: read -> encode -> index -> publish."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.corpus import Rejection, read_corpus
from indexer.encoder import Encoder
from indexer.encoder.artifact import Artifact
from indexer.encoder.proof import open_encoder
from indexer.episode import embedding_text
from indexer.episode_store import EpisodeStore
from indexer.errors import CorpusError, SnapshotError
from indexer.manifest import CorpusRecord, IndexRecord, Manifest, Skipped, fingerprint_of
from indexer.progress import progress
from indexer.snapshot import Staging, current_name, read_manifest, staging
from indexer.vector_index import KIND, VectorIndex

_WINDOW = 1024  # episodes encoded at a time
_REJECTIONS_TOLD = 100


@dataclass(frozen=True)
class Outcome:
    manifest: Manifest
    embedded: int  # 0 where nothing had changed
    seconds: float


def build(
    corpus: Sequence[Path],
    root: Path,
    artifact: Artifact,
    *,
    threads: int = 1,
    on_rejected: Callable[[Rejection], None] = lambda _: None,
) -> Outcome:
    """Publish a snapshot of `corpus` in `root`, unless the one in force is just that.

    Raises CorpusError, BuildInProgress, and whatever `on_rejected` raises; the snapshot in force
    stays as it is unless a new one is published whole.
    """
    started = time.monotonic()
    with staging(root) as place:
        record = _read(corpus, place, on_rejected)
        in_force = _in_force(root)
        if in_force and in_force.fingerprint == _fingerprint(record, artifact):
            return Outcome(in_force, 0, time.monotonic() - started)
        encoder = open_encoder(artifact.directory, artifact.record, threads)
        place.write_dense(_index(place.episodes(), encoder))
        index = IndexRecord(kind=KIND, metric="inner product", parameters={}, recall_at_10=1.0)
        manifest = place.publish(artifact, record, index)
    return Outcome(manifest, record.episodes, time.monotonic() - started)


def _read(
    corpus: Sequence[Path], place: Staging, on_rejected: Callable[[Rejection], None]
) -> CorpusRecord:
    skipped: list[Rejection] = []

    def skip(rejection: Rejection) -> None:
        on_rejected(rejection)
        if not rejection.kept:
            skipped.append(rejection)

    with place.write_episodes() as writer:
        for episode in read_corpus(corpus, skip):
            writer.add(episode)
    if not len(writer):
        reasons = "; ".join(map(str, skipped[:3])) or "no file was given"
        raise CorpusError(f"The corpus has no episode: {reasons}.")
    return CorpusRecord(
        sha256=writer.sha256,
        episodes=len(writer),
        skipped=len(skipped),
        first_skipped=tuple(
            Skipped(place=str(rejection.place), reason=rejection.reason)
            for rejection in skipped[:_REJECTIONS_TOLD]
        ),
    )


def _in_force(root: Path) -> Manifest | None:
    try:
        return read_manifest(root / current_name(root))
    except SnapshotError:
        return None


def _fingerprint(corpus: CorpusRecord, artifact: Artifact) -> str:
    return fingerprint_of(corpus.sha256, artifact.record, KIND)


def _index(episodes: EpisodeStore, encoder: Encoder) -> VectorIndex:
    index = VectorIndex.empty(encoder.dimension)
    with progress("embed", len(episodes)) as advance:
        for start in range(0, len(episodes), _WINDOW):
            rows = range(start, min(start + _WINDOW, len(episodes)))
            texts = [embedding_text(episodes.episode(row)) for row in rows]
            index.add(encoder.encode_documents(texts))
            advance(len(rows))
    return index
