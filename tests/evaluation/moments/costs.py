"""Measures what an hour of speech costs: bytes, seconds, memory and the time of a search.

The real transcripts are measured as they are built. For a thousand episodes they are repeated with
other words and with vectors moved at random; those for more episodes are a thousand's, multiplied.
"""

import copy
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from indexer.encoder import Vectors
from indexer.index.said_index import Said, SaidIndex, SaidWriter
from indexer.index.said_search import SaidSearch
from indexer.index.vectors.half_bytes import HalfByteVectors, HalfByteWriter
from indexer.index.vectors.vector_index import VectorIndex
from indexer.index.words.lexical_index import LexicalIndex, lexical_writer
from indexer.ranking.heard import WORDS, hear
from indexer.snapshot import Snapshot
from indexer.snapshot.layout import said_files, said_search_files
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever

_PARTS = {
    "vectors": ("said_codes", "said_scales"),
    "codes to search": ("said.faiss",),
    "words to search": ("said_words",),
    "texts": ("said.bin",),
    "times and places": ("said_times", "said_starts", "said_offsets"),
}
_HELD = ("said.faiss", "said_starts", "said_offsets")
_MOVED = 0.02  # standard deviation of each number of a vector; the cosine is about .93
_HITS = 10
_CHANGED = 7  # every such word has another ending in each repetition


@dataclass(frozen=True)
class Cost:
    hours: float
    bytes_by_part: dict[str, int]
    seconds: float  # of the indexes alone
    memory: int  # bytes of what is read whole, besides the pages of files
    search_ms: float  # the median


def hours_of(snapshot: Snapshot) -> float:
    return sum(talk[-1].end_s for talk in _talks(snapshot)) / 3600


def repeated(
    snapshot: Snapshot, questions: Vectors, texts: Sequence[str], times: int, at: Path
) -> Cost:
    """The cost of the transcripts of a snapshot, `times` times, in the empty directory `at`."""
    started = time.monotonic()
    _write(snapshot, times, at)
    seconds = time.monotonic() - started
    sizes = {part: _bytes(at, names) for part, names in _PARTS.items()}
    search = _opened(at, questions.shape[1])
    spent = [_seconds_to_search(search, *asked) for asked in zip(texts, questions, strict=True)]
    memory = _bytes(at, _HELD)
    hours = times * hours_of(snapshot)
    return Cost(hours, sizes, seconds, memory, 1000 * float(np.median(spent)))


def lines(cost: Cost) -> Iterator[str]:
    whole = sum(cost.bytes_by_part.values())
    yield f"  {whole / cost.hours / 1000:.1f} kB an hour on disk, of which"
    for part, size in cost.bytes_by_part.items():
        yield f"    {part:18} {size / cost.hours / 1000:.1f} kB"
    yield f"  {cost.seconds / cost.hours:.2f} s an hour to index, besides reading and embedding"
    yield f"  {cost.memory / cost.hours / 1000:.1f} kB an hour in memory, besides mapped files"
    yield f"  {cost.search_ms:.1f} ms of a processor a search, in all {cost.hours:,.0f} hours"


def _talks(snapshot: Snapshot) -> list[list[Said]]:
    said = snapshot.indexes.said
    assert said
    every = (said.passages(row) for row in range(len(said.segments)))
    return [talk for talk in every if talk]


def _write(snapshot: Snapshot, times: int, at: Path) -> None:
    said = snapshot.indexes.said
    assert said
    talks, rng = _talks(snapshot), np.random.default_rng(7)
    vectors = said.vectors.rows(slice(0, None))
    files, searched = said_files(at), said_search_files(at)
    halves = HalfByteWriter(files.codes, files.scales, vectors.shape[1])
    words = lexical_writer(searched.words, snapshot.manifest.lexical.language, coarse=True)
    places = count()
    with closing(SaidWriter(files)) as writer, closing(halves), words as add:
        for repetition in range(times):
            for talk in talks:
                changed = [each._replace(text=_changed(each.text, repetition)) for each in talk]
                writer.add(changed)
                for each in changed:
                    add(next(places), each.text)
            halves.add(_moved(vectors, rng) if repetition else vectors)
    coded = HalfByteVectors(files.codes, files.scales, vectors.shape[1])
    VectorIndex.write_coarse(coded, searched.codes)


def _changed(text: str, repetition: int) -> str:
    """As many different words as other episodes would have."""
    if not repetition:
        return text
    words = re.split(r"(\s+)", text)
    words[:: 2 * _CHANGED] = [f"{word}x{repetition}" for word in words[:: 2 * _CHANGED]]
    return "".join(words)


def _moved(vectors: Vectors, rng: np.random.Generator) -> Vectors:
    moved = vectors + rng.normal(0, _MOVED, vectors.shape).astype(np.float32)
    unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return unit


def _opened(at: Path, dimension: int) -> SaidSearch:
    said, files = SaidIndex(said_files(at), dimension), said_search_files(at)
    near = VectorIndex.open_coarse(said.vectors, files.codes)
    return SaidSearch(said, near, LexicalIndex(files.words))


def _seconds_to_search(search: SaidSearch, text: str, vector: Vectors) -> float:
    terms = search.words.analyzed(text)
    started = time.thread_time()
    hear(search, terms, vector, WORDS)
    return time.thread_time() - started


def _bytes(at: Path, names: tuple[str, ...]) -> int:
    files = (file for file in at.rglob("*") if file.is_file())
    return sum(
        file.stat().st_size
        for file in files
        if any(part.startswith(names) for part in file.relative_to(at).parts)
    )


def answer_ms(talked: Snapshot, texts: Sequence[str]) -> tuple[float, float]:
    """Median milliseconds of the processor for an answer, without and with the transcripts.

    Each question is asked of both in turn, in one thread, after all were asked once.
    """
    silent = copy.copy(talked)
    silent.indexes = replace(talked.indexes, said=None, said_search=None)
    both = [Retriever(snapshot, QuestionCache(0)) for snapshot in (silent, talked)]
    with threadpool_limits(1):
        for _ in range(2):
            spent = [[_spent(retriever, text) for retriever in both] for text in texts]
    without, with_them = (1000 * median(each) for each in zip(*spent, strict=True))
    return without, with_them


def _spent(retriever: Retriever, text: str) -> float:
    started = time.process_time()
    retriever.search([Question(text, _HITS, understand=True)])
    return time.process_time() - started
