"""Measures encoders without HTTP, each in a separate process, so that no threads of others remain.

python -m tests.benchmarks.encoding WHAT --encoders DIR [--seconds S] < TEXTS (a JSON list)

WHAT is one of
  questions   the limit of any server: full batches, one caller for each processor, in a loop
  documents   the encoder as a build uses it, all texts at once
  reference   the same texts by SentenceTransformer.encode with its defaults
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from indexer.encoder import Encoder
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from indexer.encoder.parity_check import open_encoder
from tests.benchmarks.material import PRECISION

_BATCH = 32
_WARM_UP_TEXTS = 32


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.encoding")
    parser.add_argument("what", choices=("questions", "documents", "reference"))
    parser.add_argument("--encoders", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=1.0, help="questions only")
    options = parser.parse_args()
    texts = json.load(sys.stdin)
    if options.what == "questions":
        rate = _in_batches(_opened(options.encoders, threads=1), texts, options.seconds)
    elif options.what == "documents":
        encoder = _opened(options.encoders, threads=available_cpus())
        rate = _all_at_once(lambda some: encoder.encode_documents(list(dict.fromkeys(some))), texts)
    else:
        rate = _all_at_once(_reference(), texts)
    print(json.dumps(rate))


def _opened(cache: Path, threads: int) -> Encoder:
    artifact = prepare(resolve_model(), cache, PRECISION, threads)
    return open_encoder(artifact.directory, artifact.record, threads)


def _reference() -> Callable[[Sequence[str]], Any]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(resolve_model().path))
    return lambda texts: model.encode(list(texts))


def _all_at_once(encode: Callable[[Sequence[str]], Any], texts: Sequence[str]) -> float:
    """Texts per second, encoded in one call."""
    encode(texts[:_WARM_UP_TEXTS])
    started = time.perf_counter()
    encode(texts)
    return len(texts) / (time.perf_counter() - started)


def _in_batches(encoder: Encoder, texts: Sequence[str], seconds: float) -> float:
    """Texts per second, encoded in batches; each text at most once."""
    encoder.encode_queries(texts[:_WARM_UP_TEXTS])
    batches: SimpleQueue[Sequence[str]] = SimpleQueue()
    for start in range(0, len(texts), _BATCH):
        batches.put(texts[start : start + _BATCH])
    started = time.perf_counter()

    def call() -> int:
        done = 0
        while time.perf_counter() < started + seconds:
            try:
                batch = batches.get_nowait()
            except Empty:
                break
            encoder.encode_queries(batch)
            done += len(batch)
        return done

    callers = available_cpus()
    with ThreadPoolExecutor(callers) as pool:
        done = sum(pool.map(lambda _: call(), range(callers)))
    return done / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
