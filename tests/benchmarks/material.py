"""Prepares the episodes that every system serves, and the index of each system."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from indexer.build import BuildOptions, build
from indexer.corpus import read_corpus
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.texts import episodes

PRECISION = "int8"  # the indexer's default


@dataclass(frozen=True)
class Material:
    corpus: Path  # JSON lines, ASCII
    summaries: list[str]
    snapshots: Path
    encoders: Path
    model: Path
    indexes: Path  # directory for the indexes of the other systems


def make(place: Path, encoders: Path, given: Path | None, count: int) -> Material:
    """Prepare `count` episodes of `given`, or synthetic ones. Raises EpisodeSearchError."""
    return make_of(records_of(given, count), place, encoders)


def records_of(given: Path | None, count: int) -> list[dict[str, Any]]:
    records = list(islice(_given(given) if given else episodes(count), count))
    if not records:
        raise BenchmarkFailed(f"{given} has no episodes.")
    return records


def make_of(records: Sequence[dict[str, Any]], place: Path, encoders: Path) -> Material:
    """Prepare these records, or reuse what an earlier run has prepared from the same ones.

    Raises EpisodeSearchError.
    """
    lines = "".join(json.dumps(record) + "\n" for record in records)
    model = resolve_model()
    indexes = place / f"{sha256(lines.encode()).hexdigest()[:16]}-{model.fingerprint}"
    indexes.mkdir(parents=True, exist_ok=True)
    corpus = indexes / "corpus.jsonl"
    corpus.write_text(lines)
    threads = available_cpus()
    artifact = prepare(model, encoders, PRECISION, threads)
    build([corpus], indexes / "snapshots", artifact, BuildOptions(threads=threads))
    return Material(
        corpus=corpus,
        summaries=[str(record["summary"]) for record in records],
        snapshots=indexes / "snapshots",
        encoders=encoders,
        model=model.path,
        indexes=indexes,
    )


def _given(corpus: Path) -> Iterator[dict[str, Any]]:
    return (episode.to_json() for episode in read_corpus([corpus], lambda _: None))
