"""The pipeline, top to bottom: read -> words -> vectors -> calibrate -> publish."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer import lexical_index, vector_index
from indexer.boilerplate import Boilerplate
from indexer.calibration.fitting import calibrate
from indexer.corpus import Fetch, Rejection, fetch_nothing, lasting_name, read_corpus
from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.proof import open_encoder
from indexer.episode import Episode
from indexer.errors import CorpusError, SnapshotError
from indexer.manifest import (
    CorpusRecord,
    IndexRecord,
    LexicalRecord,
    Manifest,
    Skipped,
    fingerprint_of,
)
from indexer.passages import lexical_text, passages_of, texts_of
from indexer.progress import progress
from indexer.segments import Segments
from indexer.sentences import Span, split_clauses
from indexer.snapshot import Staging, current_name, read_manifest, staging, verify
from indexer.vector_index import VectorIndex

_WINDOW = 1024  # episodes encoded at a time
_REJECTIONS_TOLD = 100


@dataclass(frozen=True)
class Outcome:
    manifest: Manifest
    embedded: int  # 0 where nothing had changed
    seconds: float


def build(
    corpus: Sequence[str | Path],
    root: Path,
    artifact: Artifact,
    *,
    threads: int = 1,
    on_rejected: Callable[[Rejection], None] = lambda _: None,
    fetch: Fetch = fetch_nothing,
) -> Outcome:
    """Publish a snapshot of `corpus` in `root`, unless the one in force is just that.

    Raises CorpusError, BuildInProgress, and whatever `on_rejected` raises; the snapshot in force
    stays as it is unless a new one is published whole.
    """
    started = time.monotonic()
    with staging(root) as place:
        record = _read(corpus, place, on_rejected, fetch)
        lexical = LexicalRecord(kind=lexical_index.KIND, language=lexical_index.DEFAULT_LANGUAGE)
        fingerprint = fingerprint_of(record, artifact.record, vector_index.KIND, lexical)
        in_force = _in_force(root)
        if in_force and in_force.fingerprint == fingerprint:
            return Outcome(in_force, 0, time.monotonic() - started)
        _index_words(place, lexical.language)
        encoder = open_encoder(artifact.directory, artifact.record, threads)
        index = _index_vectors(place, encoder)
        place.write_calibration(
            calibrate(place.indexes(lexical.language), encoder, place.episodes())
        )
        manifest = place.publish(artifact, record, index, lexical)
    return Outcome(manifest, record.episodes, time.monotonic() - started)


def _read(
    corpus: Sequence[str | Path],
    place: Staging,
    on_rejected: Callable[[Rejection], None],
    fetch: Fetch,
) -> CorpusRecord:
    skipped: list[Rejection] = []

    def skip(rejection: Rejection) -> None:
        on_rejected(rejection)
        if not rejection.kept:
            skipped.append(rejection)

    with place.write_episodes() as writer:
        for episode in read_corpus(corpus, skip, fetch):
            writer.add(episode)
    if not len(writer):
        reasons = "; ".join(map(str, skipped[:3])) or "no file was given"
        raise CorpusError(f"The corpus has no episode: {reasons}.")
    return CorpusRecord(
        sources=tuple(map(lasting_name, corpus)),
        sha256=writer.sha256,
        episodes=len(writer),
        skipped=len(skipped),
        first_skipped=tuple(
            Skipped(place=str(rejection.place), reason=rejection.reason)
            for rejection in skipped[:_REJECTIONS_TOLD]
        ),
    )


def _in_force(root: Path) -> Manifest | None:
    """The manifest of what is published, if that is whole: a damaged one is built again."""
    try:
        directory = root / current_name(root)
        manifest = read_manifest(directory)
        verify(directory, manifest)
    except SnapshotError:
        return None
    return manifest


def _index_words(place: Staging, language: str) -> None:
    episodes = place.episodes()
    with place.write_lexical(language) as add, progress("words", len(episodes)) as advance:
        for row in range(len(episodes)):
            add(row, lexical_text(episodes.episode(row)))
            advance(1)


def _index_vectors(place: Staging, encoder: Encoder) -> IndexRecord:
    episodes = place.episodes()
    boilerplate = Boilerplate(episodes.episode(row) for row in range(len(episodes)))
    index = VectorIndex.empty(encoder.dimension)
    evidence = place.write_evidence(encoder.dimension)
    starts = [0]
    with progress("embed", len(episodes)) as advance:
        for start in range(0, len(episodes), _WINDOW):
            rows = range(start, min(start + _WINDOW, len(episodes)))
            window = _Window([episodes.episode(row) for row in rows], boilerplate)
            vectors = encode_unique(encoder, window.texts)
            index.add(vectors[: window.passages])
            evidence.add(window.sentences, vectors[window.passages :])
            first = starts[-1]
            starts += [first + end for end in window.passage_ends]
            advance(len(rows))
    evidence.close()
    place.write_dense(index, Segments(np.asarray(starts, np.int64)))
    return IndexRecord(
        kind=vector_index.KIND, metric="inner product", parameters={}, recall_at_10=1.0
    )


class _Window:
    """What there is to embed of some episodes: their passages, then the clauses of each."""

    def __init__(self, episodes: list[Episode], boilerplate: Boilerplate) -> None:
        self.texts: list[str] = []
        self.passage_ends: list[int] = []
        self.sentences: list[list[Span]] = []  # of each clause of each episode
        clauses: list[str] = []
        for episode in episodes:
            sentences = boilerplate.own_sentences(episode)
            divided = [(span, split_clauses(episode.summary, span)) for span in sentences]
            self.texts += passages_of(episode, sentences)
            self.passage_ends.append(len(self.texts))
            self.sentences.append([span for span, spans in divided for _ in spans])
            clauses += [text for _, spans in divided for text in texts_of(episode, spans)]
        self.passages = len(self.texts)
        self.texts += clauses


def encode_unique(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """A text that comes twice, as the only sentence of a summary does, is embedded once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    vectors = encoder.encode_documents(list(places))
    return vectors[[places[text] for text in texts]]
