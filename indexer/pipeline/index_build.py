"""Everything that is searched, of episodes that have been read.

texts -> vectors -> index -> map -> calibration. While the texts become vectors, another process
indexes their words.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.parity_check import open_encoder
from indexer.execution.parallel import alongside
from indexer.execution.progress import Stages
from indexer.index.indexes import Indexes
from indexer.map import Drawing, draw, drawn, go_on, points_of
from indexer.pipeline.embedding import embed, note_texts, place_vectors
from indexer.pipeline.lexical_build import index_words
from indexer.ranking.calibration.fitting import OwnQuestions, calibrate
from indexer.snapshot.manifest import Contents
from indexer.snapshot.previous_snapshot import Predecessor
from indexer.snapshot.staging import Staging
from indexer.storage.episode_store import EpisodeStore
from indexer.storage.segments import Rows


class Made(NamedTuple):
    texts: int  # that were needed
    embedded: int  # of them, since they had no vector yet


@dataclass(frozen=True)
class Making:
    place: Staging
    contents: Contents
    artifact: Artifact
    embedder: Encoder | None  # of documents, where it is not the artifact's own graph
    before: Predecessor | None
    threads: int
    stages: Stages

    def made(self) -> Made:
        with alongside(self._seconds_to_index_words, self.threads) as words:
            encoder = open_encoder(self.artifact.directory, self.artifact.record, self.threads)
            own = cache(lambda: OwnQuestions.of(self.place.episodes(), encoder))
            made = self._place_vectors(self.embedder or encoder)
            with self.stages("index"):
                wanted = self.contents.wanted_recall
                self.place.index_vectors(encoder.dimension, lambda: own().vectors, wanted)
            self.stages.seconds["words"] = words()
        indexes = self.place.indexes(self.contents.lexical.language)
        with self.stages("map"):
            self._draw(indexes)
        with self.stages("calibrate"):
            calibration = calibrate(indexes, encoder, self.place.episodes(), own)
            self.place.write_calibration(calibration)
        return made

    def _seconds_to_index_words(self) -> float:
        started = time.monotonic()
        index_words(self.place, self.contents.lexical.language)
        return time.monotonic() - started

    def _place_vectors(self, encoder: Encoder) -> Made:
        place, stages = self.place, self.stages
        with place.embeddings(encoder, self.contents.encoder.fingerprint) as cached:
            with stages("texts"):
                texts = note_texts(place, cached, self.before, self.threads)
                wasteful = cached.is_wasteful(len(texts))
                if wasteful and self.before:  # what may be forgotten, the keys of all texts tell
                    texts = note_texts(place, cached, None, self.threads)
            with stages("embed"):
                embedded = embed(cached, encoder)
            with stages("vectors"):
                place_vectors(place, texts, cached, encoder.dimension)
                if wasteful:
                    cached.sweep(texts.keys())
        return Made(len(texts), embedded)

    def _draw(self, indexes: Indexes) -> None:
        episodes = self.place.episodes()
        rows = drawn(episodes.id_hashes())
        vectors = indexes.dense.rows(indexes.passages.starts[rows])
        on_the_map = [episodes.episode(row) for row in rows.tolist()]
        drawing = self.before and _continued(self.before, episodes, rows, vectors)
        self.place.write_map((drawing or draw(on_the_map, vectors)).written(on_the_map))


def _continued(
    before: Predecessor, episodes: EpisodeStore, rows: Rows, vectors: Vectors
) -> Drawing | None:
    there = episodes.rows_in(before.episodes)[rows]
    points = points_of(there, drawn(before.episodes.id_hashes()))
    return go_on(Drawing.read(before.map()), points, vectors)
