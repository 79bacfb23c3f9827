"""Stores, beside the snapshots, what a reindex needs and no snapshot has."""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from indexer.corpus import STANDARD_INPUT, FeedHistory, lasting_name, public_name
from indexer.encoder.artifact_cache import ModelRecord
from indexer.encoder.model import holds_model
from indexer.errors import CorpusError, ModelNotFound
from indexer.index.engine.address import FAISS
from indexer.snapshot.manifest import Manifest

_MODELS = "models"
_INDEX = "index"


class ModelSource(NamedTuple):
    """Where a model can be found."""

    name: str
    revision: str | None
    from_root: str | None = None  # of a folder, its path from the snapshots' folder


def remember(
    history: FeedHistory, options: argparse.Namespace, models: Iterable[ModelRecord]
) -> None:
    """Addresses with their secrets, options, and where each model was last found."""
    history.remember("corpus", [lasting_name(name) for name in options.corpus])
    history.remember("allow_private", options.allow_private)
    history.remember("keep_episodes", options.keep_episodes)
    history.remember("map", options.map)
    history.remember("transcripts", options.transcripts)
    history.remember("adapt_minutes", options.adapt_minutes)
    history.remember(_INDEX, options.index or FAISS)
    found = {record.fingerprint: _source_of(record, options.out) for record in models}
    history.remember(_MODELS, (history.setting(_MODELS) or {}) | found)


def restore(options: argparse.Namespace, in_force: Manifest, history: FeedHistory) -> None:
    """Set the corpus, models, precision and recall of the snapshot in force.

    Raises CorpusError if the corpus cannot be read again, and ModelNotFound if the directory of a
    model no longer exists.
    """
    known = history.setting("corpus") or []
    models = history.setting(_MODELS) or {}
    options.allow_private |= bool(history.setting("allow_private"))
    options.keep_episodes = options.keep_episodes or history.setting("keep_episodes")
    if options.transcripts is None:
        options.transcripts = history.setting("transcripts")
    options.index = options.index or remembered_index(history)
    options.map = history.setting("map") if options.map is None else options.map
    remembered = {public_name(name): name for name in known}
    options.corpus = [remembered.get(name, name) for name in in_force.corpus.sources]
    if [public_name(name) for name in known] == list(in_force.corpus.sources):
        options.corpus = known  # two private addresses may be shown alike
    if STANDARD_INPUT in options.corpus:
        raise CorpusError("The corpus was read from standard input; run build with it again.")
    model = _find_again(in_force.embedded_by, models, options.out)
    reranker = in_force.reranker and _find_again(in_force.reranker, models, options.out)
    options.model, options.revision = model.name, model.revision
    options.query_model = options.query_revision = None
    if in_force.document_encoder:
        questions = _find_again(in_force.encoder, models, options.out)
        options.query_model, options.query_revision = questions.name, questions.revision
    options.reranker = reranker.name if reranker else None
    options.reranker_revision = reranker.revision if reranker else None
    options.dimensions = in_force.encoder.dimensions
    options.precision = "int8" if in_force.encoder.precision == "int8" else "fp32"
    options.adapter = in_force.encoder.adaptation and in_force.encoder.adaptation.adapter
    options.adapt_minutes = options.adapt_minutes or history.setting("adapt_minutes")
    options.recall = options.recall or in_force.wanted_recall


def remembered_index(history: FeedHistory) -> str:
    """The address of the index, with its secret."""
    return str(history.setting(_INDEX) or FAISS)


def _source_of(record: ModelRecord, root: Path) -> ModelSource:
    is_folder = Path(record.model).is_absolute()
    from_root = os.path.relpath(record.model, root.resolve()) if is_folder else None
    return ModelSource(record.model, record.revision, from_root)


def _find_again(
    record: ModelRecord, models: dict[str, list[str | None]], root: Path
) -> ModelSource:
    """The path of the model: where it was found last, or moved together with the snapshots."""
    known = models.get(record.fingerprint)
    source = ModelSource._make(known) if known else _source_of(record, root)
    if not Path(source.name).is_absolute():
        return source
    places = [Path(source.name), *([root.resolve() / source.from_root] if source.from_root else [])]
    found = next(filter(holds_model, places), None)
    if not found:
        raise ModelNotFound(
            f"{source.name}: the model of the snapshot in force is no longer there; put it back, "
            "or build with --model and --reranker again."
        )
    return ModelSource(str(found.resolve()), source.revision)
