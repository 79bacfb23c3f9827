"""A corpus of random vectors with attributes, and what an index of it must find."""

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.encoder import Vectors
from indexer.episode import Episode, Podcast
from indexer.index.clause_index import ClauseIndex, ClauseWriter, CodeWriter, StoredCodes
from indexer.index.columns.filter_columns import Columns, ColumnWriter
from indexer.index.columns.filters import attributes_of
from indexer.index.engine.upload import Source
from indexer.index.vectors.vector_file import VectorFile, VectorWriter
from indexer.snapshot.layout import column_files, episode_files, evidence_files, vector_files
from indexer.storage.episode_store import EpisodeStore, EpisodeWriter
from indexer.storage.segments import Positions, Rows, Segments
from indexer.text.sentences import Span

DIMENSION = 32
HOSTILE = (
    'quote" or id > 0 or "',
    "it's] or true or array_length(labels",
    "back\\slash\\",
    "{name} 100% \x00",
    "日本語 ‮ 🙂",
)
_CLAUSES = 3


@dataclass(frozen=True)
class Corpus:
    episodes: list[Episode]
    vectors: Vectors  # (passages, dimension)
    counts: Positions  # (episodes,) of passages

    @classmethod
    def random(cls, count: int, seed: int = 0) -> "Corpus":
        """Every tenth episode has two passages; every seventh has no date and no duration."""
        rng = np.random.default_rng(seed)
        counts = np.where(np.arange(count) % 10 == 0, 2, 1)
        return cls([_episode(n) for n in range(count)], unit(rng, int(counts.sum())), counts)

    def without(self, rows: Rows) -> "Corpus":
        kept = np.setdiff1d(np.arange(len(self.episodes)), rows)
        positions, _ = Segments.of_counts(self.counts).gather(kept)
        episodes = [self.episodes[row] for row in kept.tolist()]
        return Corpus(episodes, self.vectors[positions], self.counts[kept])

    def tagged(self, rows: Rows, tag: str) -> "Corpus":
        episodes = list(self.episodes)
        for row in rows.tolist():
            episodes[row] = replace(episodes[row], tags=(tag,))
        return replace(self, episodes=episodes)

    def written(self, folder: Path) -> "WrittenCorpus":
        folder.mkdir()
        with closing(EpisodeWriter(episode_files(folder))) as episodes:
            for episode in self.episodes:
                episodes.add(episode)
        VectorWriter(vector_files(folder).vectors).add(self.vectors)
        columns = ColumnWriter(column_files(folder))
        for episode in self.episodes:
            columns.add(attributes_of(episode))
        columns.close()
        clauses, codes = (
            ClauseWriter(evidence_files(folder)),
            CodeWriter(evidence_files(folder), DIMENSION),
        )
        with closing(clauses), closing(codes):
            starts = Segments.of_counts(self.counts).starts
            for row, episode in enumerate(self.episodes):
                count = int(episode.episode_id[1:]) % (_CLAUSES + 1)
                clauses.add([count], [Span(0, 1)] * count)
                turned = [np.roll(self.vectors[starts[row]], each) for each in range(count)]
                codes.add(np.array(turned, np.float32).reshape(count, DIMENSION))
        return WrittenCorpus(self, folder)


@dataclass(frozen=True)
class WrittenCorpus:
    corpus: Corpus
    folder: Path

    @property
    def passages(self) -> Segments:
        return Segments.of_counts(self.corpus.counts)

    @property
    def columns(self) -> Columns:
        return Columns(column_files(self.folder))

    @property
    def codes(self) -> StoredCodes:
        return StoredCodes(evidence_files(self.folder))

    @property
    def source(self) -> Source:
        return Source(
            EpisodeStore(episode_files(self.folder)),
            VectorFile(vector_files(self.folder).vectors, DIMENSION),
            self.passages,
            ClauseIndex(evidence_files(self.folder)),
        )

    def nearest(self, questions: Vectors, k: int, among: Positions | None = None) -> Positions:
        """(n, k) positions by exact comparison."""
        scores = questions @ self.source.vectors.rows(slice(None)).T
        if among is not None:
            outside = np.setdiff1d(np.arange(scores.shape[1]), among)
            scores[:, outside] = -np.inf
        order: Positions = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return order


def unit(rng: np.random.Generator, count: int) -> Vectors:
    vectors = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def _episode(number: int) -> Episode:
    known = number % 7 > 0
    return Episode(
        episode_id=f"e{number}",
        summary=f"Episode {number}.",
        podcast=Podcast(title=f"Podcast {number % 5}"),
        guests=(HOSTILE[number % len(HOSTILE)],) if number % 3 == 0 else (),
        published_at=f"20{number % 20:02}-03-01T00:00:00+00:00" if known else None,
        duration_s=60.1 * (number % 50) if known else None,
    )
