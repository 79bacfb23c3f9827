"""Runs the pipeline: reads the corpus, builds the indexes, publishes and switches the snapshot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from indexer.adaptation.adaptation import Adapted
from indexer.corpus import (
    FeedHistory,
    Fetch,
    FieldNames,
    Gathered,
    Rejection,
    fetch_nothing,
    gather,
)
from indexer.corpus.companions import Companions
from indexer.corpus.languages import warn_of_unknown
from indexer.encoder import Encoder
from indexer.encoder.artifact import Artifact
from indexer.encoder.artifact_cache import CachedArtifact
from indexer.encoder.cluster import Cluster
from indexer.encoder.reranker import RerankerRecord
from indexer.errors import SnapshotError, TooManyLost
from indexer.execution.progress import Stages
from indexer.index.engine.engine import Engine
from indexer.index.vectors.record import WANTED_RECALL
from indexer.index.words import lexical_index
from indexer.pipeline.index_build import EmbeddingCounts, IndexBuild
from indexer.pipeline.ingest import Sources, ingest
from indexer.snapshot import (
    building,
    current_name,
    follow,
    publish,
    read_manifest,
    refuse_earlier,
    verify,
)
from indexer.snapshot.comparison import Gate
from indexer.snapshot.manifest import (
    Contents,
    CorpusRecord,
    LexicalRecord,
    Manifest,
    SegmenterRecord,
)
from indexer.snapshot.previous_snapshot import PreviousSnapshot, Reuse
from indexer.snapshot.staging import PROGRAM, Staging, open_staging
from indexer.storage.episode_store import Changes, EpisodeStore, Matches
from indexer.text import segmentation

_THE_SAME = "sources that say the same"  # as a snapshot, in the history

_SHARE_OF_A_LANGUAGE = 0.02  # of the episodes, for it to have stems of its own

Adapt = Callable[[EpisodeStore], Adapted | None]


@dataclass(frozen=True)
class BuildOptions:
    """How a corpus is read, embedded and published."""

    reranker: CachedArtifact[RerankerRecord] | None = None
    wanted_recall: float = WANTED_RECALL
    document_encoder: Artifact | None = None  # if not the one of questions
    embedder: Encoder | None = None  # of documents; None: the graph of their encoder
    cluster: Cluster | None = None  # embeds documents, if not this process
    threads: int = 1
    on_rejected: Callable[[Rejection], None] = lambda _: None
    fetch: Fetch = fetch_nothing
    history: FeedHistory | None = None  # keeps episodes that feeds no longer list
    field_names: FieldNames = ()  # the user's names for the fields of files
    companions: Companions | None = None  # gets transcripts and chapters, if they are wanted
    reread: bool = False  # also read files that have not changed
    gate: Gate | None = None  # compares the answers before the switch
    adapt: Adapt | None = None  # chooses the encoder by the episodes; None: that of the artifact
    max_lost: float = 1.0  # share of the episodes in force that may disappear
    engine: Engine | None = None  # has the vectors; None: the snapshot itself


@dataclass(frozen=True)
class Outcome:
    manifest: Manifest
    changes: Changes  # since the snapshot in force before
    earlier: Manifest | None  # of the snapshot in force before
    texts: int = 0  # texts of the corpus; 0 if nothing has changed
    embedded: int = 0  # texts that had no vector yet
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage

    @property
    def published(self) -> bool:
        """Whether a new snapshot was put in force."""
        return self.manifest is not self.earlier


def build(
    corpus: Sequence[str | Path],
    root: Path,
    artifact: Artifact,
    options: BuildOptions | None = None,
) -> Outcome:
    """Publish a snapshot of `corpus` in `root`, unless the one in force is equal.

    The snapshot in force stays in force until the new one is complete. Raises CorpusError,
    BuildInProgress, TooManyLost if more than `max_lost` of the episodes disappear though the
    sources are the same, TooMuchChurn if `gate` refuses, EngineError if `engine` cannot take the
    vectors or does not find them, and whatever `on_rejected` raises.
    """
    options = options or BuildOptions()
    gathering = gather(corpus, options.fetch, options.history, options.field_names)
    with building(root), gathering as gathered:
        parts = options.companions.of(gathered) if options.companions else gathered
        sources = Sources.of(corpus, parts)
        if options.engine:
            follow(root, options.engine)
        return _Build(root, parts, sources, artifact, options, _in_force(root)).outcome()


@dataclass(frozen=True)
class _Build:
    root: Path
    gathered: Sequence[Gathered]
    sources: Sources
    artifact: Artifact
    options: BuildOptions
    in_force: Manifest | None
    stages: Stages = field(default_factory=Stages)

    def outcome(self) -> Outcome:
        if self.in_force and not self.options.reread and self._is_current(self.in_force):
            self._tell_notes()
            return _nothing_changed(self.in_force)
        with open_staging(self.root) as staging:
            return self._built(staging)

    def _built(self, staging: Staging) -> Outcome:
        previous = self._previous(staging)
        record = self._read(staging, previous)
        return self._adapted(staging)._indexed_anew(staging, previous, record)

    def _adapted(self, staging: Staging) -> "_Build":
        """The same build with the encoder that is chosen for its episodes."""
        if not self.options.adapt:
            return self
        with self.stages("adapt"):
            chosen = self.options.adapt(staging.episodes())
        if not chosen:
            return self
        options = replace(self.options, embedder=None if self.options.cluster else chosen.embedder)
        return replace(self, artifact=chosen.artifact, options=options)

    def _indexed_anew(
        self, staging: Staging, previous: PreviousSnapshot | None, record: CorpusRecord
    ) -> Outcome:
        contents = self._contents(record)
        if self.in_force and self.in_force.fingerprint == contents.fingerprint:
            self._remember_the_same(self.in_force)
            return _nothing_changed(self.in_force)
        card = self.artifact.record
        warn_of_unknown(record.languages, record.episodes, card.model, card.languages)
        matches = staging.matches_in(self.in_force)
        self._refuse_loss(matches.changes, record)
        reuse = self._reuse(previous, matches, contents)
        texts, embedded = self._indexed(staging, contents, reuse)
        manifest = self._published(staging, contents)
        seconds = self.stages.seconds
        return Outcome(manifest, matches.changes, self.in_force, texts, embedded, seconds)

    def _reuse(
        self, previous: PreviousSnapshot | None, matches: Matches, contents: Contents
    ) -> Reuse | None:
        """None where the vectors of the previous snapshot are of another kind."""
        if not previous or not self.in_force or not previous.has_vectors:
            return None
        if not _divides_and_embeds_alike(self.in_force, contents):
            return None
        return Reuse(previous, matches.rows)

    def _read(self, staging: Staging, previous: PreviousSnapshot | None) -> CorpusRecord:
        known = previous.parse_cache if previous else None
        on_rejected, threads = self.options.on_rejected, self.options.threads
        with self.stages("read"):
            return ingest(self.gathered, self.sources, staging, known, on_rejected, threads)

    def _indexed(
        self, staging: Staging, contents: Contents, reuse: Reuse | None
    ) -> EmbeddingCounts:
        options = self.options
        index_build = IndexBuild(
            staging=staging,
            contents=contents,
            artifact=self.artifact,
            document_encoder=options.document_encoder,
            reranker=options.reranker,
            embedder=options.embedder,
            reuse=reuse,
            cluster=options.cluster,
            threads=options.threads,
            stages=self.stages,
            engine=options.engine,
        )
        counts = index_build.run()
        staging.link(self.artifact, options.reranker)
        return counts

    def _published(self, staging: Staging, contents: Contents) -> Manifest:
        with self.stages("publish"):
            transcripts = {episode.transcript_id or "" for episode in staging.episodes()}
            manifest = staging.publish(contents)
        engine = self.options.engine
        if self.options.gate and self.in_force:
            with self.stages("compare"):
                old, new = self.in_force.snapshot_id, manifest.snapshot_id
                self.options.gate.let_pass(self.root / old, self.root / new, engine)
        publish(self.root, manifest.snapshot_id, engine)
        if self.options.companions:
            self.options.companions.sweep(transcripts)
        return manifest

    def _contents(self, record: CorpusRecord) -> Contents:
        reranker, embedder = self.options.reranker, self.options.embedder
        document_encoder = self.options.document_encoder
        return Contents(
            corpus=record,
            encoder=self.artifact.record,
            document_encoder=document_encoder.record if document_encoder else None,
            embedded_in=embedder.precision if embedder else None,
            reranker=reranker.record if reranker else None,
            lexical=LexicalRecord(
                kind=lexical_index.KIND,
                language=_language(record),
                languages=_other_languages(record),
                segmenter=_segmenter(record),
            ),
            wanted_recall=self.options.wanted_recall,
            engine=self.options.engine.address if self.options.engine else None,
        )

    def _is_current(self, manifest: Manifest) -> bool:
        """Whether a build by this version from these sources would give the same snapshot."""
        if not self._says_the_same(manifest):
            return False
        same_version = _is_of_this_version(manifest)
        return same_version and self._contents(manifest.corpus).fingerprint == manifest.fingerprint

    def _says_the_same(self, manifest: Manifest) -> bool:
        if manifest.corpus.sources_sha256 == self.sources.sha256:
            return True
        history = self.options.history
        return history is not None and history.setting(_THE_SAME) == self._same_as(manifest)

    def _remember_the_same(self, manifest: Manifest) -> None:
        """The sources changed in what no episode shows; they are not read again for that."""
        if self.options.history:
            self.options.history.remember(_THE_SAME, self._same_as(manifest))

    def _same_as(self, manifest: Manifest) -> list[str]:
        return [manifest.snapshot_id, self.sources.sha256]

    def _previous(self, staging: Staging) -> PreviousSnapshot | None:
        """What to reuse; None if another version built it, which may parse or split differently."""
        if self.in_force and _is_of_this_version(self.in_force):
            return staging.previous_snapshot(self.in_force)
        return None

    def _tell_notes(self) -> None:
        for each in self.gathered:
            if isinstance(each, Rejection) and each.kept:
                self.options.on_rejected(each)

    def _refuse_loss(self, changes: Changes, record: CorpusRecord) -> None:
        """Raises TooManyLost. If the sources have changed, any loss is intended."""
        if not self.in_force or self.in_force.corpus.sources != record.sources:
            return
        episodes, most = self.in_force.corpus.episodes, self.options.max_lost
        if changes.removed > most * episodes:
            raise TooManyLost(
                f"{changes.removed:,} of {episodes:,} episodes would disappear, more than the "
                f"{most:.0%} allowed, so the snapshot in force stays; "
                "repair the sources, or allow it with --max-lost 1."
            )


def _divides_and_embeds_alike(one: Contents, other: Contents) -> bool:
    return (
        one.lexical.segmenter == other.lexical.segmenter
        and one.embedded_by.is_same(other.embedded_by)
        and one.embedded_in == other.embedded_in
    )


def _is_of_this_version(manifest: Manifest) -> bool:
    counted = manifest.corpus.unspaced is not None  # not before texts were segmented
    return counted and manifest.versions.get(PROGRAM) == version(PROGRAM)


def _nothing_changed(manifest: Manifest) -> Outcome:
    unchanged = Changes(0, 0, 0, unchanged=manifest.corpus.episodes)
    return Outcome(manifest, unchanged, earlier=manifest)


def _language(corpus: CorpusRecord) -> str:
    """The language of the stemmer: that of most episodes, or English."""
    said = max(corpus.languages, key=lambda code: corpus.languages[code], default="")
    return lexical_index.LANGUAGES.get(said, lexical_index.DEFAULT_LANGUAGE)


def _other_languages(corpus: CorpusRecord) -> tuple[str, ...]:
    """The further languages of at least one in fifty episodes that have a stemmer."""
    enough = max(1, corpus.episodes * _SHARE_OF_A_LANGUAGE)
    spoken = [code for code, episodes in corpus.languages.items() if episodes >= enough]
    names = {lexical_index.LANGUAGES[code] for code in spoken if code in lexical_index.LANGUAGES}
    return tuple(sorted(names - {_language(corpus)}))


def _segmenter(corpus: CorpusRecord) -> SegmenterRecord | None:
    if not corpus.unspaced:
        return None
    return SegmenterRecord(name=segmentation.NAME, version=segmentation.version())


def _in_force(root: Path) -> Manifest | None:
    """The manifest of the snapshot in force; None if it is damaged, so that it is built again."""
    try:
        directory = root / current_name(root)
        manifest = read_manifest(directory)
        refuse_earlier(directory, manifest)
        verify(directory, manifest, "sampled")
    except SnapshotError:
        return None
    return manifest
