"""Collects the texts of the episodes, embeds the new ones and writes all vectors."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from indexer.encoder.cluster import EncodeAll
from indexer.episode import Episode, fold
from indexer.execution.parallel import map_in_processes
from indexer.execution.progress import Advance, progress
from indexer.index.clause_index import TITLE
from indexer.index.vectors.embedding_cache import EmbeddingCache
from indexer.pipeline.text_keys import Keys, TextKeys
from indexer.snapshot.previous_snapshot import PreviousSnapshot, Reuse, ReusedTexts
from indexer.snapshot.staging import Staging
from indexer.storage.episode_store import MISSING, EpisodeStore
from indexer.storage.segments import Rows
from indexer.text.boilerplate import Boilerplate, SentenceCounts
from indexer.text.passages import passages_of, texts_of
from indexer.text.sentences import Span, split_clauses

_WINDOW = 1024  # episodes whose texts are in memory at a time

T = TypeVar("T")


@dataclass(frozen=True)
class Texts:
    """The texts of a corpus that need vectors."""

    passages: TextKeys
    clauses: TextKeys
    said: TextKeys | None = None  # of transcripts, whose vectors are written apart

    def __len__(self) -> int:
        """Vectors that are in use."""
        return len(self.passages) + len(self.clauses) + len(self.said or ())

    def keys(self) -> Iterator[Keys]:
        said = self.said.keys() if self.said else ()
        return chain(self.passages.keys(), self.clauses.keys(), said)


def collect_texts(
    staging: Staging,
    cache: EmbeddingCache,
    reuse: Reuse | None,
    processes: int,
    said: TextKeys | None = None,
) -> Texts:
    """Write the passages and clauses of each row; note in the cache those without a vector."""
    episodes = staging.episodes()
    there = _rows_reused(episodes, reuse)
    made = _made(episodes, [run for run in _runs(there) if there[run[0]] == MISSING], processes)
    with closing(_TextWriter(staging, cache)) as notes:
        for run in _runs(there):
            if reuse and there[run[0]] != MISSING:
                notes.take(reuse.before, there[run])
            else:
                notes.make(next(made))
    return replace(notes.texts, said=said)


def embed(cache: EmbeddingCache, encoding: Callable[[], AbstractContextManager[EncodeAll]]) -> int:
    """Embed the texts that have no vector yet; returns their number.

    `encoding` is entered only if there is such a text, since it may start a cluster.
    """
    wanted = cache.wanted()
    if not wanted.texts:
        return 0
    # Progress counts characters, because the time of a text is proportional to its length.
    with progress("embed", wanted.characters, "characters") as advance, encoding() as encode_all:
        cache.embed(encode_all, advance)
    return wanted.texts


def write_vectors(staging: Staging, texts: Texts, cache: EmbeddingCache, dimension: int) -> None:
    """Write the vectors of all texts, from the cache or from the previous snapshot."""
    with progress("vectors", len(texts), "texts") as advance:
        passages = staging.write_vectors()
        for part in texts.passages.parts():
            if isinstance(part, ReusedTexts):
                passages.add(part.before.vectors.rows(part.positions))
            else:
                passages.add(cache.vectors(part))
            advance(len(part))
        with closing(staging.write_codes(dimension)) as codes:
            for part in texts.clauses.parts():
                if isinstance(part, ReusedTexts):
                    codes.add_coded(*part.before.evidence.coded(part.positions))
                else:
                    codes.add(cache.vectors(part))
                advance(len(part))


def _rows_reused(episodes: EpisodeStore, reuse: Reuse | None) -> Rows:
    if not reuse:
        return np.full(len(episodes), MISSING)
    return reuse.before.rows_reused(episodes, reuse.same)


def _runs(there: Rows) -> Iterator[range]:
    """Consecutive rows, a window at most, that are all reused or all new."""
    turns = np.flatnonzero(np.diff(there == MISSING)) + 1
    windows = np.arange(0, len(there), _WINDOW)
    for start, stop in pairwise(np.union1d(turns, [*windows, len(there)]).tolist()):
        yield range(start, stop)


def _made(episodes: EpisodeStore, runs: list[range], processes: int) -> Iterator["_WindowTexts"]:
    def count_uses(run: range) -> SentenceCounts:
        return SentenceCounts.of(map(episodes.episode, run))

    def make(run: range) -> _WindowTexts:
        return _WindowTexts(map(episodes.episode, run), boilerplate)

    with progress("texts", 2 * sum(map(len, runs))) as advance:
        boilerplate = Boilerplate(
            _advancing(map_in_processes(count_uses, runs, processes), runs, advance)
        )
        yield from _advancing(map_in_processes(make, runs, processes), runs, advance)


def _advancing(done: Iterator[T], runs: list[range], advance: Advance) -> Iterator[T]:
    for result, run in zip(done, runs, strict=True):
        yield result
        advance(len(run))


class _WindowTexts:
    """The passages and clauses of some episodes. A title is a clause too, of no sentence,
    and so is that of a chapter that stands in no summary."""

    def __init__(self, episodes: Iterable[Episode], boilerplate: Boilerplate) -> None:
        self.passages: list[str] = []
        self.passage_counts: list[int] = []  # of each episode
        self.clauses: list[str] = []
        self.clause_counts: list[int] = []
        self.sentences: list[Span] = []  # of each clause
        for episode in episodes:
            sentences = boilerplate.own_sentences(episode)
            self._add_passages(passages_of(episode, sentences))
            self._add_clauses(episode, sentences)

    def _add_passages(self, passages: list[str]) -> None:
        self.passages += passages
        self.passage_counts.append(len(passages))

    def _add_clauses(self, episode: Episode, sentences: list[Span]) -> None:
        title = [fold(episode.title)] if episode.title else []
        title += [fold(chapter.title) for chapter in episode.chapters if chapter.start is None]
        divided = [(span, split_clauses(episode.summary, span)) for span in sentences]
        texts = [text for _, spans in divided for text in texts_of(episode, spans)]
        self.clauses += [*title, *texts]
        self.clause_counts.append(len(title) + len(texts))
        self.sentences += [TITLE for _ in title]
        self.sentences += [span for span, spans in divided for _ in spans]


class _TextWriter:
    """Writes the texts of row after row and records where their vectors will come from."""

    def __init__(self, staging: Staging, cache: EmbeddingCache) -> None:
        scratch = staging.scratch
        self.texts = Texts(TextKeys(scratch / "passages"), TextKeys(scratch / "clauses"))
        self._cache = cache
        self._clauses = staging.write_clauses()
        self._starts = staging.write_passages()
        self._starts.append([0])

    def take(self, before: PreviousSnapshot, rows: Rows) -> None:
        passages, clauses = before.passages_of(rows), before.clauses_of(rows)
        self._add(passages.counts, clauses.counts, before.evidence.spans(clauses.positions))
        self.texts.passages.append_reused(passages)
        self.texts.clauses.append_reused(clauses)

    def make(self, window: _WindowTexts) -> None:
        self._add(window.passage_counts, window.clause_counts, window.sentences)
        self.texts.passages.append(self._cache.want(window.passages))
        self.texts.clauses.append(self._cache.want(window.clauses))

    def _add(self, passages: ArrayLike, clauses: ArrayLike, sentences: ArrayLike) -> None:
        self._starts.append(len(self.texts.passages) + np.cumsum(passages, dtype=np.int64))
        self._clauses.add(clauses, sentences)

    def close(self) -> None:
        self._starts.close()
        self._clauses.close()
