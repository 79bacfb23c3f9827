"""An optional cross-encoder: scores a question and a summary together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.encoder import Vectors
from indexer.encoder.artifact_cache import CachedArtifact, ModelRecord, cached_artifact, checksums
from indexer.encoder.graph import TOKENIZER, Graph
from indexer.encoder.model import Model
from indexer.encoder.torch_models import ReferenceReranker
from indexer.errors import ExportRefused

_GRAPH = "model.onnx"
_MOST_DIFFERENCE = 1e-3  # between a probe's probability and that from sentence-transformers
_PROBES = (
    ("who kept the site running?", "An engineer tells how he kept a large site running."),
    ("gardening in clay", "A conversation about databases, queues and streams."),
    ("kafka", "Kafka and Flink carry a stream of a million events a second. " * 20),
)


class RerankerRecord(ModelRecord):
    max_tokens: int
    probes: tuple[tuple[str, str, float], ...]  # question, text, probability


class Reranker:
    """A cross-encoder; safe to share between threads."""

    def __init__(self, directory: Path, record: RerankerRecord) -> None:
        """Raises ExportRefused if its probes get other probabilities on this processor."""
        self._graph = Graph(directory / _GRAPH, record.max_tokens)
        given = np.concatenate([self.relevance(q, [text]) for q, text, _ in record.probes])
        wanted = np.array([probability for _, _, probability in record.probes])
        if np.abs(given - wanted).max() > _MOST_DIFFERENCE:
            raise ExportRefused(
                f"{directory}: its graph does not score as {record.model} does; build it again."
            )

    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        """(texts,) float32: the probability that each text answers the question."""
        encodings = self._graph.tokenize([(question, text) for text in texts])
        return self._graph.run(encodings)[:, 0]


def prepare_reranker(model: Model, cache: Path) -> CachedArtifact[RerankerRecord]:
    """The reranker of `model` from `cache`; exported and verified now if it is not there.

    Raises ExportRefused if its probes get other probabilities than from sentence-transformers.
    """

    def make(directory: Path) -> RerankerRecord:
        reference = ReferenceReranker(model.path)
        reference.save_tokenizer(directory / TOKENIZER)
        reference.export(directory / _GRAPH)
        probabilities = reference.relevance(_PROBES)
        record = RerankerRecord(
            model=model.name,
            revision=model.revision,
            fingerprint=model.fingerprint,
            files=checksums(directory),
            max_tokens=reference.max_tokens,
            probes=tuple((*pair, p) for pair, p in zip(_PROBES, probabilities, strict=True)),
        )
        Reranker(directory, record)
        return record

    return cached_artifact(cache, model, "reranker", RerankerRecord, make)
