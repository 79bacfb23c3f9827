"""Compares answers over Milvus with those over FAISS: `python -m tests.benchmarks.engines --help`.

Both snapshots are of one corpus, embedded once. Without `--index`, a fresh Milvus 2.3.5 is started.
With `--given`, vectors cost nothing and have the cosines of real ones: only engines are compared.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args
from unittest.mock import patch

import numpy as np

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import prepare
from indexer.encoder.model import resolve_model
from indexer.index.engine.engine import Engine
from indexer.index.engine.opening import open_engine
from indexer.ranking.ranker import Mode
from indexer.snapshot import Snapshot
from indexer.snapshot.comparison import read_questions, sampled_questions
from service.search.query import Answer, Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.benchmarks.scale.given import GivenEncoder
from tests.conftest import REPOSITORY
from tests.indexer.index.engine.milvus_server import WHEEL, standalone

_CACHE = REPOSITORY / ".pytest_cache" / "d" / WHEEL.replace("==", "-")
_DEPTH = 10


@dataclass(frozen=True)
class Asked:
    answers: list[list[str]] = field(default_factory=list)  # ids of the first ten hits of each
    milliseconds: list[float] = field(default_factory=list)

    def ask(self, retriever: Retriever, text: str, mode: Mode) -> None:
        began = time.perf_counter()
        (answer,) = retriever.search([Question(text, _DEPTH, mode=mode)])
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        self.answers.append(_ids(answer))


def main() -> None:
    options = _options()
    with TemporaryDirectory() as folder, _engine(options.index, Path(folder)) as engine:
        snapshots = _snapshots(options, Path(folder), engine)
        retrievers = [Retriever(each, QuestionCache(0)) for each in snapshots]
        episodes = snapshots[0].episodes
        questions = (
            read_questions(options.questions) if options.questions else sampled_questions(episodes)
        )
        print(f"{len(episodes):,} episodes, {len(questions)} questions")
        print(f"index {snapshots[1].manifest.index}")
        for mode in get_args(Mode):
            print(_row(mode, *_asked(retrievers, questions, mode)))


def _asked(retrievers: Sequence[Retriever], questions: Sequence[str], mode: Mode) -> list[Asked]:
    """Each question is asked of one after the other, so that both have the same load."""
    asked = [Asked() for _ in retrievers]
    for text in questions:
        for one, retriever in zip(asked, retrievers, strict=True):
            one.ask(retriever, text, mode)
    return asked


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare answers over Milvus and over FAISS.")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument(
        "--questions", type=Path, help="lines, or BEIR's queries (default: 200 titles)"
    )
    parser.add_argument("--given", action="store_true", help="vectors cost nothing")
    parser.add_argument("--embeddings", type=Path, help="a folder of embeddings to begin with")
    parser.add_argument("--index", help="address of the index (default: a fresh server)")
    return parser.parse_args()


@contextmanager
def _engine(address: str | None, folder: Path) -> Iterator[Engine]:
    if address:
        yield _opened(address)
        return
    _CACHE.mkdir(parents=True, exist_ok=True)
    with standalone(_CACHE, folder) as port:
        yield _opened(f"milvus://127.0.0.1:{port}/benchmark")


def _opened(address: str) -> Engine:
    engine = open_engine(address)
    assert engine
    return engine


def _snapshots(options: argparse.Namespace, folder: Path, engine: Engine) -> list[Snapshot]:
    """Over FAISS and over the engine."""
    artifact = prepare(resolve_model(), folder / "encoders", precision="int8", threads=2)
    roots = [folder / "faiss", folder / "milvus"]
    embeddings = options.embeddings or folder / "embeddings"
    embeddings.mkdir(exist_ok=True)
    for root in roots:
        root.mkdir()
        (root / "embeddings").symlink_to(embeddings)
    opened = []
    for root, used in zip(roots, (None, engine), strict=True):
        with _encoding(options.given):
            outcome = build([options.corpus], root, artifact, BuildOptions(threads=2, engine=used))
        print(f"{root.name} built, seconds {json.dumps(outcome.seconds)}", file=sys.stderr)
        snapshot = Snapshot.current(root, engine=used)
        if options.given:
            snapshot.encoder = GivenEncoder()
        opened.append(snapshot)
    return opened


def _encoding(given: bool) -> AbstractContextManager[object]:
    """Builds that use the model, or vectors that are given."""
    encoder = "indexer.pipeline.index_build.open_encoder"
    return patch(encoder, lambda *_: GivenEncoder()) if given else nullcontext()


def _ids(answer: Answer) -> list[str]:
    return [str(json.loads(hit.episode)["id"]) for hit in answer.hits]


def _row(mode: Mode, faiss: Asked, milvus: Asked) -> str:
    pairs = list(zip(faiss.answers, milvus.answers, strict=True))
    first = np.mean([one[:1] == other[:1] for one, other in pairs])
    shared = np.mean([len({*one} & {*other}) / max(1, len(one)) for one, other in pairs])
    took = [f"{np.median(each.milliseconds):.1f} ms" for each in (faiss, milvus)]
    return f"{mode:8} same first {first:.3f}, same ten {shared:.3f}, median {' and '.join(took)}"


if __name__ == "__main__":
    main()
