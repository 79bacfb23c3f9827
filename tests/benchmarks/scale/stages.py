"""Measures one size of the index: built, then opened and asked, each in a separate process."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time
from typing import ParamSpec, TypeVar

import numpy as np

from indexer.encoder import Vectors
from indexer.index.vectors.recall import recall, tuned
from indexer.index.vectors.record import IndexRecord
from indexer.index.vectors.vector_file import VectorFile, VectorWriter
from indexer.index.vectors.vector_index import VectorFiles, VectorIndex
from indexer.storage.segments import Positions
from tests.benchmarks.scale.synthetic_vectors import DIMENSION, SyntheticVectors

_QUESTIONS = 400  # to tune with, and as many others to measure with
_BATCH = 32
_AMONG = 0.01  # share of the episodes that a selection has
_SEED = 5

P = ParamSpec("P")
R = TypeVar("R")
Clock = Callable[[], float]


@dataclass(frozen=True)
class Built:
    record: IndexRecord
    seconds: dict[str, float]  # by stage
    disk_bytes: int
    peak_mib: float


@dataclass(frozen=True)
class Asked:
    """Measurements in a process with `threads` threads; times are milliseconds per question."""

    threads: int
    open_seconds: float
    resident_bytes: int  # added by opening and asking, without the page cache
    recall: float
    p50: float
    p99: float
    processor: float  # p50 of CPU time, which other processes do not change
    batched: float
    among: float  # p50 of a search in a selection of one episode in a hundred


def alone(threads: int, run: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function in a new process whose libraries use this many threads."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(run, *args, **kwargs).result()


def build(place: Path, count: int, wanted: float) -> Built:
    seconds: dict[str, float] = {}
    files, synthetic = _files(place), SyntheticVectors()
    with _timed(seconds, "vectors made"):
        writer = VectorWriter(files.vectors)
        for window in synthetic.episodes(count):
            writer.add(window)
    vectors = VectorFile(files.vectors, DIMENSION)
    sources = np.random.default_rng(_SEED).integers(count, size=2 * _QUESTIONS)
    questions = synthetic.questions(vectors.rows(sources))
    with _timed(seconds, "index"):
        index, reached = VectorIndex.of(vectors), 1.0
        if index.effort:
            index.write_codes(files.codes)
    with _timed(seconds, "recall"):
        if index.effort:
            index, reached = tuned(index, questions[:_QUESTIONS], wanted)
    truth, _ = index.nearest(questions[_QUESTIONS:], 10)
    np.savez(place / "asked.npz", questions=questions[_QUESTIONS:], truth=truth)
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    return Built(index.record(reached), seconds, _disk_bytes(files), peak)


def ask(place: Path, record: IndexRecord, threads: int) -> Asked:
    asked = np.load(place / "asked.npz")
    questions, truth = asked["questions"], asked["truth"]
    before, started = _resident_bytes(), perf_counter()
    index = VectorIndex.open(_files(place), DIMENSION, record)
    opened = perf_counter() - started
    found = recall(index, questions, truth)  # which also warms the page cache
    times = _times(index, questions, None)
    busy = _times(index, questions, None, process_time)
    among = np.flatnonzero(np.random.default_rng(_SEED).random(len(index)) < _AMONG)
    return Asked(
        threads=threads,
        open_seconds=opened,
        resident_bytes=_resident_bytes() - before,
        recall=found,
        p50=float(np.median(times)),
        p99=float(np.percentile(times, 99)),
        processor=float(np.median(busy)),
        batched=_batched(index, questions),
        among=float(np.median(_times(index, questions[:50], among))),
    )


def _times(
    index: VectorIndex, questions: Vectors, among: Positions | None, clock: Clock = perf_counter
) -> list[float]:
    return [_milliseconds(index, question[None], among, clock) for question in questions]


def _batched(index: VectorIndex, questions: Vectors) -> float:
    starts = range(0, len(questions) - _BATCH + 1, _BATCH)
    batches = [questions[start : start + _BATCH] for start in starts]
    times = [_milliseconds(index, batch, None, perf_counter) for batch in batches]
    return float(np.median(times)) / _BATCH


def _milliseconds(
    index: VectorIndex, questions: Vectors, among: Positions | None, clock: Clock
) -> float:
    started = clock()
    index.search(questions, 10, among)
    return (clock() - started) * 1000


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = perf_counter()
    yield
    seconds[stage] = perf_counter() - started


def _resident_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def _files(place: Path) -> VectorFiles:
    return VectorFiles(place / "vectors", place / "codes")


def _disk_bytes(files: VectorFiles) -> int:
    return sum(file.stat().st_size for file in (files.vectors, files.codes) if file.exists())
