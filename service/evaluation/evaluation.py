"""Indexes a collection, asks its questions, and measures how well each system ranks."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.artifact_cache import CachedArtifact
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import DEFAULT_NAME, resolve_model
from indexer.encoder.reranker import RerankerRecord
from indexer.errors import NoSnapshot
from indexer.snapshot import Snapshot, current_name, read_manifest
from indexer.snapshot.layout import ENCODER, RERANKER
from indexer.snapshot.manifest import Manifest
from service.evaluation.collection import (
    Collection,
    known_items,
    known_items_of_file,
    read_beir,
)
from service.evaluation.confidence import Confidence, measure_confidence
from service.evaluation.systems import Report, evaluate

CachedReranker = CachedArtifact[RerankerRecord]


@dataclass(frozen=True)
class Models:
    """What a collection is embedded and reranked with."""

    encoder: Artifact  # of the questions
    document_encoder: Artifact | None = None  # if the documents have another one
    reranker: CachedReranker | None = None


@dataclass(frozen=True)
class Evaluation:
    """The figures of one collection."""

    name: str
    episodes: int
    questions: int
    precision: str
    report: Report
    confidence: Confidence

    def to_json(self) -> dict[str, Any]:
        """The estimates by system and metric, and those of the confidence."""
        systems = {
            system: {metric: asdict(value) for metric, value in row.items()}
            for system, row in self.report.items()
        }
        return {**systems, "confidence": asdict(self.confidence)}


def collections(
    snapshots: Path, folder: Path, files: Sequence[Path], judged: Sequence[Path]
) -> Iterator[Collection]:
    """Of each file its titles, of each BEIR folder its questions; of the snapshot in force if
    there is neither.

    Raises NoSnapshot if that is asked for and nothing is published.
    """
    yield from map(read_beir, judged)
    yield from (known_items_of_file(file, folder) for file in files)
    if not (files or judged):
        in_force = Snapshot.current(snapshots)
        yield known_items("in-force", in_force.episodes, folder / "in-force.jsonl")


def models_in_force(snapshots: Path) -> Models:
    """The models that the snapshot in force holds; without one, the default model."""
    try:
        directory = snapshots / current_name(snapshots)
    except NoSnapshot:
        return named_models(snapshots, DEFAULT_NAME, "int8")
    manifest = read_manifest(directory)
    reranker = manifest.reranker and CachedArtifact(directory / RERANKER, manifest.reranker)
    encoder = CachedArtifact(directory / ENCODER, manifest.encoder)
    return Models(encoder, _document_encoder(snapshots, manifest), reranker or None)


def _document_encoder(snapshots: Path, manifest: Manifest) -> Artifact | None:
    """No snapshot holds it, since only a build needs it."""
    if not (record := manifest.document_encoder):
        return None
    return named_models(snapshots, record.model, "int8", record.revision).encoder


def named_models(snapshots: Path, name: str, precision: str, revision: str | None = None) -> Models:
    """The model of this name or path; it is exported if it was not yet."""
    encoders = snapshots / "encoders"
    return Models(prepare(resolve_model(name, revision), encoders, precision, available_cpus()))


def evaluate_collection(collection: Collection, folder: Path, models: Models) -> Evaluation:
    """Publish the collection in a folder of `folder`, and measure it."""
    artifact = models.encoder
    place = folder / f"{collection.name}-{artifact.record.precision}"
    options = BuildOptions(
        threads=available_cpus(),
        document_encoder=models.document_encoder,
        reranker=models.reranker,
    )
    build([collection.corpus], place, artifact, options)
    snapshot = Snapshot.current(place, threads=available_cpus())
    return Evaluation(
        name=collection.name,
        episodes=len(snapshot.episodes),
        questions=len(collection.queries),
        precision=snapshot.encoder.precision,
        report=evaluate(snapshot, collection),
        confidence=measure_confidence(snapshot, collection),
    )
