"""Builds the indexes of a snapshot from its episodes: vectors, words, map and calibration.

Another process indexes the words at the same time.
"""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.artifact_cache import CachedArtifact
from indexer.encoder.cluster import Cluster, EncodeAll, here
from indexer.encoder.model import DEFAULT_NAME
from indexer.encoder.parity_check import open_encoder
from indexer.encoder.reranker import Reranker, RerankerRecord
from indexer.execution.parallel import run_in_process
from indexer.execution.progress import Stages
from indexer.index.engine.engine import Engine
from indexer.index.indexes import Indexes
from indexer.map import MapLayout, extend, lay_out, mapped_rows, points_of
from indexer.pipeline.embedding import collect_texts, embed, write_vectors
from indexer.pipeline.lexical_build import build_lexical_index
from indexer.pipeline.transcripts import collect_said, write_said_vectors
from indexer.ranking.calibration.fitting import OwnQueries, calibrate
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.ranking.ranker import Ranker
from indexer.snapshot.manifest import Contents
from indexer.snapshot.previous_snapshot import Reuse
from indexer.snapshot.staging import Staging
from indexer.storage.segments import Rows


class EmbeddingCounts(NamedTuple):
    texts: int  # texts of the corpus
    embedded: int  # those that had no vector yet


@dataclass(frozen=True)
class IndexBuild:
    staging: Staging
    contents: Contents
    artifact: Artifact  # of the questions
    document_encoder: Artifact | None  # if the documents have another one
    reranker: CachedArtifact[RerankerRecord] | None
    embedder: Encoder | None  # encodes documents, if not the graph of their encoder
    reuse: Reuse | None
    cluster: Cluster | None  # encodes documents, if not this process
    threads: int
    stages: Stages
    engine: Engine | None = None  # takes the vectors

    def run(self) -> EmbeddingCounts:
        with run_in_process(self._seconds_to_index_words, self.threads) as words:
            encoder = open_encoder(self.artifact.directory, self.artifact.record, self.threads)
            own = cache(lambda: OwnQueries.of(self.staging.episodes(), encoder))
            made = self._place_vectors(self._embedder(encoder))
            with self.stages("index"):
                wanted = self.contents.wanted_recall
                self.staging.index_vectors(encoder.dimension, lambda: own().vectors, wanted)
            self.stages.seconds["words"] = words()
        indexes = self.staging.indexes(self.contents.lexical)
        with self.stages("map"):
            self._draw(indexes)
        with self.stages("calibrate"):
            ranker = Ranker(indexes, self.staging.episodes(), self._reranker())
            asker = QueryRunner(ranker, encoder, self.threads)
            calibration = calibrate(asker, own, prior_holds=self._prior_holds())
            self.staging.write_calibration(calibration)
        if self.engine:
            with self.stages("engine"):
                self.staging.hand_over(self.engine, self.contents, lambda: own().vectors)
        return made

    def _prior_holds(self) -> bool:
        """Whether the corpus is embedded and read like those that the prior was learnt from.

        It holds for the adapted model, too: `make evaluate ADAPT=1` prints how well.
        """
        encoder, corpus = self.contents.encoder, self.contents.corpus
        english = corpus.languages.get("en", 0) > corpus.episodes / 2
        whole = encoder.model == DEFAULT_NAME and not encoder.dimensions
        return whole and english and not (self.reranker or self.document_encoder)

    def _embedder(self, encoder: Encoder) -> Encoder:
        if self.embedder or not self.document_encoder:
            return self.embedder or encoder
        documents = self.document_encoder
        return open_encoder(documents.directory, documents.record, self.threads)

    def _reranker(self) -> Reranker | None:
        found = self.reranker
        return Reranker(found.directory, found.record) if found else None

    def _seconds_to_index_words(self) -> float:
        started = time.monotonic()
        build_lexical_index(self.staging, self.contents.lexical)
        return time.monotonic() - started

    def _place_vectors(self, encoder: Encoder) -> EmbeddingCounts:
        staging, stages = self.staging, self.stages
        with staging.embeddings(encoder, self.contents.embedded_by.fingerprint) as cached:
            with stages("texts"):
                said = collect_said(staging, cached, self.contents.lexical.language)
                texts = collect_texts(staging, cached, self.reuse, self.threads, said)
                wasteful = cached.is_wasteful(len(texts))
                if wasteful and self.reuse:  # cleaning the cache needs the keys of all texts
                    texts = collect_texts(staging, cached, None, self.threads, said)
            with stages("embed"):
                embedded = embed(cached, partial(self._encoding, encoder))
            with stages("vectors"):
                write_vectors(staging, texts, cached, encoder.dimension)
                if said:
                    write_said_vectors(staging, said, cached, encoder.dimension)
                if wasteful:
                    cached.sweep(texts.keys())
        return EmbeddingCounts(len(texts), embedded)

    def _encoding(self, encoder: Encoder) -> AbstractContextManager[EncodeAll]:
        if self.cluster is None:
            return nullcontext(here(encoder))
        return self.cluster(self.document_encoder or self.artifact, encoder.precision)

    def _draw(self, indexes: Indexes) -> None:
        episodes = self.staging.episodes()
        rows = mapped_rows(episodes.id_hashes())
        vectors = indexes.dense.rows(indexes.passages.starts[rows])
        on_the_map = [episodes.episode(row) for row in rows.tolist()]
        drawing = self.reuse and _extended_layout(self.reuse, rows, vectors)
        self.staging.write_map((drawing or lay_out(on_the_map, vectors)).written(on_the_map))


def _extended_layout(reuse: Reuse, rows: Rows, vectors: Vectors) -> MapLayout | None:
    before = reuse.before
    points = points_of(reuse.same[rows], mapped_rows(before.episodes.id_hashes()))
    return extend(MapLayout.read(before.map()), points, vectors)
