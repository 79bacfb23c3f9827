"""Runs the pipeline: read, index, publish, compare, switch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

from indexer.corpus import FeedHistory, Fetch, Gathered, Rejection, fetch_nothing, gather
from indexer.corpus.languages import warn_of_unknown
from indexer.encoder import Encoder
from indexer.encoder.artifact import Artifact
from indexer.encoder.artifact_cache import CachedArtifact
from indexer.encoder.reranker import RerankerRecord
from indexer.errors import SnapshotError, TooManyLost
from indexer.execution.progress import Stages
from indexer.index.vectors.record import WANTED_RECALL
from indexer.index.words import lexical_index
from indexer.pipeline.index_build import IndexBuild
from indexer.pipeline.ingest import Sources, read
from indexer.snapshot import building, current_name, read_manifest, refuse_earlier, switch, verify
from indexer.snapshot.comparison import Gate
from indexer.snapshot.manifest import Contents, CorpusRecord, LexicalRecord, Manifest
from indexer.snapshot.previous_snapshot import PreviousSnapshot
from indexer.snapshot.staging import PROGRAM, Staging, open_staging
from indexer.storage.episode_store import Changes


@dataclass(frozen=True)
class Outcome:
    manifest: Manifest
    changes: Changes  # against what was in force before
    earlier: Manifest | None  # what that was
    texts: int = 0  # that were needed; none where nothing had changed
    embedded: int = 0  # of them, since they had no vector yet
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage


def build(
    corpus: Sequence[str | Path],
    root: Path,
    artifact: Artifact,
    *,
    reranker: CachedArtifact[RerankerRecord] | None = None,
    wanted_recall: float = WANTED_RECALL,
    embedder: Encoder | None = None,
    threads: int = 1,
    on_rejected: Callable[[Rejection], None] = lambda _: None,
    fetch: Fetch = fetch_nothing,
    reread: bool = False,
    gate: Gate | None = None,
    history: FeedHistory | None = None,
    max_lost: float = 1.0,
) -> Outcome:
    """Publish a snapshot of `corpus` in `root`, unless the one in force is just that.

    Where its files say what they said, they are not read unless `reread`. Documents are embedded by
    `embedder` or, without one, by the artifact's own graph. `history` keeps what feeds listed.
    Raises CorpusError, BuildInProgress, TooManyLost where more than the share `max_lost` of the
    episodes in force is gone though the same sources are read, TooMuchChurn where `gate` does not
    let it pass, and whatever `on_rejected` raises; the snapshot in force stays as it is unless a
    new one is published whole.
    """
    stages = Stages()
    embedded_in = embedder.precision if embedder else None
    contents_of = partial(_contents, artifact, embedded_in, reranker, wanted_recall)
    with building(root), gather(corpus, fetch, history) as gathered:
        sources = Sources.of(corpus, gathered)
        in_force = _in_force(root)
        if in_force and not reread and _says(in_force, sources, contents_of):
            _tell_notes(gathered, on_rejected)
            return _nothing_changed(in_force)
        with open_staging(root) as staging:
            before = _predecessor(staging, in_force)
            with stages("read"):
                known = before.readings if before else None
                record = read(gathered, sources, staging, known, on_rejected, threads)
            contents = contents_of(record)
            if in_force and in_force.fingerprint == contents.fingerprint:
                return _nothing_changed(in_force)
            card = artifact.record
            warn_of_unknown(record.languages, record.episodes, card.model, card.languages)
            if in_force and not _embeds_alike(in_force, contents):
                before = None
            made = IndexBuild(staging, contents, artifact, embedder, before, threads, stages).run()
            staging.link(artifact, reranker)
            changes = staging.changes_since(in_force)
            if in_force and in_force.corpus.sources == record.sources:
                _refuse_loss(changes, in_force.corpus.episodes, max_lost)
            with stages("publish"):
                manifest = staging.publish(contents)
            if gate and in_force:
                with stages("compare"):
                    gate.let_pass(root / in_force.snapshot_id, root / manifest.snapshot_id)
            switch(root, manifest.snapshot_id)
    return Outcome(manifest, changes, in_force, made.texts, made.embedded, stages.seconds)


def _tell_notes(gathered: Sequence[Gathered], on_rejected: Callable[[Rejection], None]) -> None:
    for each in gathered:
        if isinstance(each, Rejection) and each.kept:
            on_rejected(each)


def _refuse_loss(changes: Changes, episodes: int, max_lost: float) -> None:
    if changes.removed > max_lost * episodes:
        raise TooManyLost(
            f"{changes.removed:,} of {episodes:,} episodes would vanish, more than the "
            f"{max_lost:.0%} allowed, and the snapshot in force stays; "
            "mend the sources, or allow it with --max-lost 1."
        )


def _contents(
    artifact: Artifact,
    embedded_in: str | None,
    reranker: CachedArtifact[RerankerRecord] | None,
    wanted_recall: float,
    record: CorpusRecord,
) -> Contents:
    return Contents(
        corpus=record,
        encoder=artifact.record,
        embedded_in=embedded_in,
        reranker=reranker.record if reranker else None,
        lexical=LexicalRecord(kind=lexical_index.KIND, language=_language(record)),
        wanted_recall=wanted_recall,
    )


def _says(
    manifest: Manifest, sources: Sources, contents_of: Callable[[CorpusRecord], Contents]
) -> bool:
    """Whether a snapshot is what these sources would be made into, by this version."""
    if manifest.corpus.sources_sha256 != sources.sha256 or not _is_of_this_version(manifest):
        return False
    return contents_of(manifest.corpus).fingerprint == manifest.fingerprint


def _predecessor(staging: Staging, in_force: Manifest | None) -> PreviousSnapshot | None:
    """Another version may read a record, and divide a text, in another way."""
    return staging.predecessor(in_force) if in_force and _is_of_this_version(in_force) else None


def _embeds_alike(one: Contents, other: Contents) -> bool:
    return (one.encoder, one.embedded_in) == (other.encoder, other.embedded_in)


def _is_of_this_version(manifest: Manifest) -> bool:
    return manifest.versions.get(PROGRAM) == version(PROGRAM)


def _nothing_changed(manifest: Manifest) -> Outcome:
    unchanged = Changes(0, 0, 0, unchanged=manifest.corpus.episodes)
    return Outcome(manifest, unchanged, earlier=manifest)


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
        verify(directory, manifest, "sampled")
    except SnapshotError:
        return None
    return manifest
