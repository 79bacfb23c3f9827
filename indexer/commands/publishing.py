"""Builds a snapshot as the options say, puts it in force, and prunes the earlier ones."""

import argparse
from contextlib import suppress
from pathlib import Path

from indexer.adaptation.adaptation import Adaptation
from indexer.adaptation.adapters import Adapters
from indexer.build import BuildOptions, Outcome, build
from indexer.commands.options import MINUTES_TO_ADAPT, questions_to_compare
from indexer.commands.outcomes import Rejections
from indexer.commands.values import LOCAL, RAY
from indexer.corpus import FeedHistory, Fetch, field_names
from indexer.corpus.companions import Companions
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.artifact_cache import ModelRecord
from indexer.encoder.cluster import Cluster
from indexer.encoder.cluster.ray_actors import RayCluster
from indexer.encoder.device import CUDA, embedder_on
from indexer.encoder.model import Model, resolve_model
from indexer.encoder.pair import EncoderPair
from indexer.encoder.record import EncoderRecord
from indexer.encoder.reranker import prepare_reranker
from indexer.errors import AdaptationRefused, ClusterError, SnapshotError, TooMuchChurn
from indexer.index.engine.address import FAISS
from indexer.index.engine.opening import open_engine
from indexer.index.vectors.record import WANTED_RECALL
from indexer.reindexing import remember
from indexer.snapshot import ADAPTERS, TRANSCRIPTS, names, prune_between_builds, read_manifest
from indexer.snapshot.comparison import Gate


def publish(options: argparse.Namespace, history: FeedHistory, fetch: Fetch) -> Outcome:
    """Build, put in force and prune."""
    named = field_names(options.map or "")  # before a model is looked for
    cluster = _cluster(options)
    engine = open_engine(options.index or FAISS)
    adaptation = _adaptation(options)
    pair = _encoders(options, adaptation)
    reranker = options.reranker and prepare_reranker(
        resolve_model(options.reranker, options.reranker_revision), options.out / "encoders"
    )
    history.listed_only = options.keep_episodes == "listed"
    build_options = BuildOptions(
        reranker=reranker,
        document_encoder=None if pair.is_one else pair.documents,
        embedder=None if cluster else embedder_on(options.device, pair.document_model),
        cluster=cluster,
        wanted_recall=options.recall or WANTED_RECALL,
        threads=options.threads,
        on_rejected=Rejections(strict=options.strict),
        fetch=fetch,
        reread=options.reread or options.strict or options.adapt,
        gate=_gate(options),
        history=history,
        field_names=named,
        companions=_companions(options),
        max_lost=options.max_lost,
        adapt=adaptation,
        engine=engine,
    )
    try:
        outcome = build(options.corpus, options.out, pair.questions, build_options)
        models: list[ModelRecord] = [*_models(pair, outcome)]
        remember(history, options, [*models, reranker.record] if reranker else models)
    except TooMuchChurn:
        prune_between_builds(options.out, options.keep, engine)
        raise
    prune_between_builds(options.out, options.keep, engine)
    if adaptation:
        adaptation.prune(_adapters_used(options.out))
    return outcome


def _adaptation(options: argparse.Namespace) -> Adaptation | None:
    """What adapts the encoder, or follows the corpus with that adapted before; None for neither."""
    if not (options.adapt or options.adapter):
        return None
    if options.query_model:
        raise AdaptationRefused(
            "--adapt trains one encoder for documents and questions; leave --query-model out."
        )
    return Adaptation(
        base=_model(options, options.model, options.revision),
        adapters=Adapters(options.out / ADAPTERS),
        encoders=options.out / "encoders",
        precision=options.precision,
        device=options.device,
        threads=options.threads,
        minutes=options.adapt_minutes or MINUTES_TO_ADAPT,
        asked=options.adapt,
        adapter=options.adapter,
    )


def _adapters_used(root: Path) -> set[str]:
    """The adapters of the snapshots that are kept."""
    used = set()
    for name in names(root):
        with suppress(SnapshotError):
            if adaptation := read_manifest(root / name).encoder.adaptation:
                used.add(adaptation.adapter)
    return used


def _models(pair: EncoderPair, outcome: Outcome) -> list[EncoderRecord]:
    """The encoders of the build; one that it adapted is found where its base is."""
    base, used = pair.questions.record, outcome.manifest.encoder
    adapted = [used.called(base.model, base.revision)] if used.adaptation else []
    return [pair.documents.record, base, *adapted]


def _encoders(options: argparse.Namespace, adaptation: Adaptation | None) -> EncoderPair:
    """The encoder of the documents, and that of the questions, which is often the same."""
    if adaptation:
        documents = adaptation.in_use
    else:
        documents = _model(options, options.model, options.revision)
    artifact = _exported(options, documents)
    if not options.query_model:
        return EncoderPair(documents, artifact, artifact)
    questions = _model(options, options.query_model, options.query_revision)
    pair = EncoderPair(documents, artifact, _exported(options, questions))
    pair.refuse_unrelated(options.threads)
    return pair


def _model(options: argparse.Namespace, name: str, revision: str | None) -> Model:
    model = resolve_model(name, revision)
    return model.truncated(options.dimensions) if options.dimensions else model


def _exported(options: argparse.Namespace, model: Model) -> Artifact:
    return prepare(model, options.out / "encoders", options.precision, options.threads)


def _companions(options: argparse.Namespace) -> Companions | None:
    if not options.transcripts:
        return None
    return Companions(options.out / TRANSCRIPTS, options.allow_private)


def _cluster(options: argparse.Namespace) -> Cluster | None:
    if options.embed_with == LOCAL:
        return None
    if options.device == CUDA:
        raise ClusterError("--device cuda is of this machine; leave out --embed-with, or --device.")
    return RayCluster(None if options.embed_with == RAY else options.embed_with)


def _gate(options: argparse.Namespace) -> Gate | None:
    if options.max_churn is None:
        return None
    return Gate(options.max_churn, questions_to_compare(options))
