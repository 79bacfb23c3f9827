"""Measures the cost of a rebuild: python -m tests.benchmarks.rebuild --episodes N

Builds a corpus in full, then with nothing changed, then with one episode in a hundred changed, and
prints the seconds of each stage, the ratios with their targets, the seconds to open the snapshot,
and the peak memory. The episodes are synthetic: they have 124 tokens on average, 20,000 real ones
have 130, and they rarely share sentences. With `--given`, the vectors of documents are synthetic
too and cost nothing, so that everything but the encoder is measured.
"""

import argparse
import json
import resource
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from indexer.build import BuildOptions, Outcome, build
from indexer.corpus import read_corpus
from indexer.encoder import Vectors
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from indexer.encoder.onnx_encoder import OnnxEncoder
from indexer.snapshot import Snapshot
from tests.benchmarks.material import PRECISION
from tests.benchmarks.scale.corpora import Corpora

_CHANGED = 100  # one episode in this many changes
_MOST_OF_A_FULL_BUILD = 0.05
_MOST_SECONDS_UNCHANGED = 3.0


class Timed(NamedTuple):
    outcome: Outcome
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rebuild")
    parser.add_argument("--episodes", type=int, default=20_000, help="(default 20,000)")
    parser.add_argument("--corpus", type=Path, help="episodes; without it they are made up")
    parser.add_argument("--given", action="store_true", help="vectors cost nothing")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    options = parser.parse_args()
    if options.given:
        patch.object(OnnxEncoder, "encode_documents", given).start()
    place = options.snapshots / "benchmarks" / "rebuild"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    _measure(options, place)


def _measure(options: argparse.Namespace, place: Path) -> None:
    corpus, root = place / "corpus.jsonl", place / "snapshots"
    records = list(islice(_records(options), options.episodes))
    _write(corpus, records)
    full = _timed(corpus, root, options.snapshots / "encoders")
    _tell("full", full)
    unchanged = _timed(corpus, root, options.snapshots / "encoders")
    _tell("unchanged", unchanged)
    _write(corpus, _with_changes(records))
    changed = _timed(corpus, root, options.snapshots / "encoders")
    _tell("1% changed", changed)
    ratio = changed.seconds / full.seconds
    print(f"1% changed / full   {ratio:.3f} (wanted: at most {_MOST_OF_A_FULL_BUILD})")
    print(f"unchanged           {unchanged.seconds:.2f} s (wanted: {_MOST_SECONDS_UNCHANGED:g})")
    print(f"opened in           {_opening(root):.2f} s")
    print(f"embeddings kept     {_bytes(root / 'embeddings') >> 20:,} MiB")
    print(f"snapshot            {_bytes(root / changed.outcome.manifest.snapshot_id) >> 20:,} MiB")
    print(f"most memory         {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10:,} MiB")


def _records(options: argparse.Namespace) -> Iterable[Mapping[str, object]]:
    if options.corpus is None:
        return Corpora().episodes(options.episodes)
    return (episode.to_json() for episode in read_corpus([options.corpus], lambda _: None))


def _write(file: Path, records: Iterable[Mapping[str, object]]) -> None:
    file.write_text("".join(json.dumps(record) + "\n" for record in records))


def _with_changes(records: Sequence[Mapping[str, object]]) -> Iterable[Mapping[str, object]]:
    """The records, every hundredth with the words of another in a new order."""
    for number, record in enumerate(records):
        if number % _CHANGED:
            yield record
        else:
            words = str(records[number - _CHANGED]["summary"]).split()
            yield {**record, "summary": " ".join(reversed(words))}


def _timed(corpus: Path, root: Path, encoders: Path) -> Timed:
    started = time.monotonic()
    threads = available_cpus()
    artifact = prepare(resolve_model(), encoders, PRECISION, threads)
    outcome = build([corpus], root, artifact, BuildOptions(threads=threads))
    return Timed(outcome, time.monotonic() - started)


def _tell(name: str, timed: Timed) -> None:
    stages = ", ".join(f"{stage} {s:.1f}" for stage, s in timed.outcome.seconds.items())
    texts = f"{timed.outcome.embedded:,} of {timed.outcome.texts:,} texts embedded"
    print(f"{name:19} {timed.seconds:.1f} s; {texts}; {stages or 'nothing to do'}", flush=True)


def _opening(root: Path) -> float:
    started = time.monotonic()
    Snapshot.current(root)
    return time.monotonic() - started


def _bytes(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.rglob("*") if file.is_file())


def given(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
    rng = np.random.default_rng(len(texts))
    vectors = rng.standard_normal((len(texts), encoder.dimension), np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
