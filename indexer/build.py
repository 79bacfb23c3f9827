"""The pipeline, top to bottom: read -> words -> vectors -> calibrate -> publish."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer import lexical_index
from indexer.boilerplate import Boilerplate
from indexer.calibration.fitting import calibrate, questions_of
from indexer.corpus import Fetch, Rejection, fetch_nothing, lasting_name, read_corpus
from indexer.duplicates import merge_duplicates
from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.kept import Kept
from indexer.encoder.proof import open_encoder
from indexer.encoder.reranker import RerankerRecord
from indexer.episode import Episode, fold
from indexer.errors import CorpusError, SnapshotError
from indexer.evidence import TITLE
from indexer.filters import attributes_of
from indexer.languages import Languages, warn_of_unknown
from indexer.manifest import Contents, CorpusRecord, LexicalRecord, Manifest, Skipped
from indexer.passages import lexical_text, passages_of, texts_of
from indexer.progress import progress
from indexer.segments import Segments
from indexer.sentences import Span, split_clauses
from indexer.snapshot import Staging, current_name, read_manifest, refuse_earlier, staging, verify

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
    reranker: Kept[RerankerRecord] | None = None,
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
        contents = Contents(
            corpus=record,
            encoder=artifact.record,
            reranker=reranker.record if reranker else None,
            lexical=LexicalRecord(kind=lexical_index.KIND, language=_language(record)),
        )
        in_force = _in_force(root)
        if in_force and in_force.fingerprint == contents.fingerprint:
            return Outcome(in_force, 0, time.monotonic() - started)
        warn_of_unknown(record.languages, record.episodes, artifact.record)
        encoder = open_encoder(artifact.directory, artifact.record, threads)
        _index_words(place, contents.lexical.language)
        _write_vectors(place, encoder)
        place.index_vectors(
            encoder.dimension,
            lambda: questions_of(place.episodes(), encoder),
            contents.wanted_recall,
        )
        indexes = place.indexes(contents.lexical.language)
        place.write_calibration(calibrate(indexes, encoder, place.episodes()))
        place.link(artifact, reranker)
        manifest = place.publish(contents)
    return Outcome(manifest, contents.corpus.episodes, time.monotonic() - started)


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

    languages = Languages()
    merged = 0
    with place.scratch() as scratch, place.write_episodes() as writer:
        for episode in merge_duplicates(read_corpus(corpus, skip, fetch), Path(scratch)):
            writer.add(languages.told(episode))
            merged += len(episode.also_in)
    if not len(writer):
        reasons = "; ".join(map(str, skipped[:3])) or "no file was given"
        raise CorpusError(f"The corpus has no episode: {reasons}.")
    return CorpusRecord(
        sources=tuple(map(lasting_name, corpus)),
        sha256=writer.sha256,
        episodes=len(writer),
        merged=merged,
        languages=dict(languages.all.most_common()),
        languages_detected=dict(languages.detected.most_common()),
        skipped=len(skipped),
        first_skipped=tuple(
            Skipped(place=str(rejection.place), reason=rejection.reason)
            for rejection in skipped[:_REJECTIONS_TOLD]
        ),
    )


def _language(corpus: CorpusRecord) -> str:
    """The one whose words are stemmed: what most episodes say they are in."""
    said = max(corpus.languages, key=lambda code: corpus.languages[code], default="")
    return lexical_index.LANGUAGES.get(said, lexical_index.DEFAULT_LANGUAGE)


def _in_force(root: Path) -> Manifest | None:
    """The manifest of what is published, if that is whole: a damaged one is built again."""
    try:
        directory = root / current_name(root)
        manifest = read_manifest(directory)
        refuse_earlier(directory, manifest)
        verify(directory, manifest)
    except SnapshotError:
        return None
    return manifest


def _index_words(place: Staging, language: str) -> None:
    episodes = place.episodes()
    columns = place.write_columns()
    with place.write_lexical(language) as add, progress("words", len(episodes)) as advance:
        for row in range(len(episodes)):
            episode = episodes.episode(row)
            attributes = attributes_of(episode)
            columns.add(attributes)
            add(row, lexical_text(episode), attributes)
            advance(1)
    columns.close()


def _write_vectors(place: Staging, encoder: Encoder) -> None:
    episodes = place.episodes()
    boilerplate = Boilerplate(episodes.episode(row) for row in range(len(episodes)))
    passages = place.write_vectors()
    evidence = place.write_evidence(encoder.dimension)
    starts = [0]
    with progress("embed", len(episodes)) as advance:
        for start in range(0, len(episodes), _WINDOW):
            rows = range(start, min(start + _WINDOW, len(episodes)))
            window = _Window([episodes.episode(row) for row in rows], boilerplate)
            vectors = encode_unique(encoder, window.texts)
            passages.add(vectors[: window.passages])
            evidence.add(window.sentences, vectors[window.passages :])
            first = starts[-1]
            starts += [first + end for end in window.passage_ends]
            advance(len(rows))
    evidence.close()
    place.write_passages(Segments(np.asarray(starts, np.int64)))


class _Window:
    """What there is to embed of some episodes: their passages, then the clauses of each.

    A title is a clause too, of no sentence.
    """

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
            title = [fold(episode.title)] if episode.title else []
            self.sentences.append(
                [*(TITLE for _ in title), *(span for span, spans in divided for _ in spans)]
            )
            clauses += title
            clauses += [text for _, spans in divided for text in texts_of(episode, spans)]
        self.passages = len(self.texts)
        self.texts += clauses


def encode_unique(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """A text that comes twice, as the only sentence of a summary does, is embedded once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    vectors = encoder.encode_documents(list(places))
    return vectors[[places[text] for text in texts]]
