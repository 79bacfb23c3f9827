"""Measures the cost of filters and of constraints, and recall: `make bench FILTERS=1`.

Tags are given to 0.1%, 1%, 10% or 90% of the episodes of a corpus, and the same questions are asked
with each tag and without, in turn, in this process and in one thread. The hits are compared with
those of an exhaustive search over the episodes with the tag. For comparison, it also measures plain
dense search: encode, search a flat index, read the records.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import numpy as np
import orjson
from threadpoolctl import threadpool_limits

from indexer.episode import fold
from indexer.errors import EpisodeSearchError
from indexer.index.columns.filters import Filters, Selection
from indexer.index.words.lexical_index import Ranking
from indexer.ranking.fusion import CANDIDATES, FusionWeights, fuse
from indexer.snapshot import Snapshot
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.benchmarks import machine
from tests.benchmarks.errors import BenchmarkFailed
from tests.benchmarks.material import make_of, records_of
from tests.benchmarks.texts import questions

SHARES = (0.001, 0.01, 0.1, 0.9)
_HITS = 10
_WARM_UP = 20
_SEED = 11
_SAME = 1e-5  # scores that differ by less are equal; sums in another order round differently


def main() -> int:
    options = _parser().parse_args()
    try:
        records = records_of(options.corpus, options.episodes)
        place, encoders = options.snapshots / "benchmarks", options.snapshots / "encoders"
        material = make_of(tagged(records), place.resolve(), encoders.resolve())
    except (BenchmarkFailed, EpisodeSearchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    asked = list(islice(questions(material.summaries), options.questions))
    with threadpool_limits(1):
        figures = measure(Snapshot.current(material.snapshots), asked)
    facts = {"date": machine.today(), "machine": machine.machine(), "commit": machine.commit()}
    print(table(figures))
    if options.json:
        options.json.write_text(json.dumps(facts | figures, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.filtering")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--episodes", type=int, default=20_000, help="at most (default 20000)")
    parser.add_argument("--questions", type=int, default=300, help="(default 300)")
    parser.add_argument("--corpus", type=Path, help="episodes; without it they are made up")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"), metavar="DIR")
    return parser


def tagged(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records with the tag of each share, given at random."""
    rng = random.Random(_SEED)
    tags: list[list[str]] = [[] for _ in records]
    for share in SHARES:
        for place in rng.sample(range(len(records)), round(share * len(records))):
            tags[place].append(tag_of(share))
    return [
        record | {"tags": [*record.get("tags", ()), *own]}
        for record, own in zip(records, tags, strict=True)
    ]


def tag_of(share: float) -> str:
    return f"benchmark {share:.1%}"


def measure(snapshot: Snapshot, asked: Sequence[str]) -> dict[str, Any]:
    retriever = Retriever(snapshot, QuestionCache(0))
    filters = {share: Filters(tag=(tag_of(share),)) for share in SHARES}
    systems: dict[str, Callable[[str], object]] = {
        "dense, as others do it": _plain_dense(snapshot),
        "as served": lambda text: retriever.search([Question(text, _HITS, understand=True)]),
        "all as words": lambda text: retriever.search([Question(text, _HITS)]),
    }
    for share in SHARES:
        systems[tag_of(share)] = _filtered(retriever, filters[share])
    spent = _in_turn(systems, asked)
    served = spent.pop("as served")
    dense = spent.pop("dense, as others do it")
    words = spent.pop("all as words")
    return {
        "episodes": len(snapshot.episodes),
        "questions": len(asked),
        "p50_ms": {"dense, as others do it": dense, "as served": served, "all as words": words},
        "served_over_dense": served / dense,
        "understood_over_words": served / words,
        "filters": [
            {
                "share": share,
                "p50_ms": spent[tag_of(share)],
                "over_unfiltered": spent[tag_of(share)] / words,
                "recall_at_10": _recalls(retriever, filters[share], asked),
            }
            for share in SHARES
        ],
    }


def _filtered(retriever: Retriever, filters: Filters) -> Callable[[str], object]:
    return lambda text: retriever.search([Question(text, _HITS, filters=filters)])


def _plain_dense(snapshot: Snapshot) -> Callable[[str], object]:
    """Plain dense search with this service's encoder, so that only the search differs."""
    dense, starts = snapshot.indexes.dense, snapshot.indexes.passages.starts
    index = faiss.IndexFlatIP(snapshot.encoder.dimension)
    index.add(dense.rows(starts[:-1]))

    def search(text: str) -> object:
        _, rows = index.search(snapshot.encoder.encode_queries([text]), _HITS)
        return [orjson.loads(snapshot.episodes.record(row)) for row in rows[0].tolist()]

    return search


def _in_turn(systems: dict[str, Callable[[str], object]], asked: Sequence[str]) -> dict[str, float]:
    """Median milliseconds of each system, asked in turn so that other load affects all alike.

    In another order each time, since the first finds the caches cold.
    """
    spent: dict[str, list[float]] = {name: [] for name in systems}
    order, rng = list(systems.items()), random.Random(_SEED)
    for text in asked:
        rng.shuffle(order)
        for name, search in order:
            started = time.perf_counter()
            search(text)
            spent[name].append(1000 * (time.perf_counter() - started))
    return {name: median(values[_WARM_UP:] or values) for name, values in spent.items()}


def _recalls(retriever: Retriever, filters: Filters, asked: Sequence[str]) -> dict[str, float]:
    """The recall of dense search, of lexical search, and of the answer."""
    found = [_of_one(retriever, filters, fold(text)) for text in asked]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def _of_one(retriever: Retriever, filters: Filters, text: str) -> dict[str, float]:
    snapshot, indexes = retriever.snapshot, retriever.snapshot.indexes
    selection = snapshot.columns.select(filters)
    assert selection is not None
    (vector,) = snapshot.encoder.encode_queries([text])
    (dense,) = indexes.nearest(vector[None], CANDIDATES, selection)
    words = indexes.lexical.search(indexes.lexical.analyzed(text), CANDIDATES, selection)
    all_dense = _every_one(retriever, selection, vector)
    all_words = _every_word(retriever, selection, text)
    best = fuse(indexes, vector, all_dense, all_words, FusionWeights())
    (answer,) = retriever.search([Question(text, _HITS, filters=filters)])
    return {
        "dense": _recall(dense.scores, all_dense.scores),
        "lexical": _recall(words.scores, all_words.scores),
        "served": _recall([hit.score for hit in answer.hits], best.scores),
    }


def _every_one(retriever: Retriever, selection: Selection, vector: Any) -> Ranking:
    indexes = retriever.snapshot.indexes
    positions, counts = indexes.passages.gather(selection.rows)
    firsts = np.cumsum(counts) - counts
    cosines = np.maximum.reduceat(indexes.dense.rows(positions) @ vector, firsts)
    best = np.argsort(-cosines, kind="stable")[:CANDIDATES]
    return Ranking(selection.rows[best], cosines[best])


def _every_word(retriever: Retriever, selection: Selection, text: str) -> Ranking:
    """The lexical ranking of all episodes, restricted to the selection."""
    lexical = retriever.snapshot.indexes.lexical
    ranking = lexical.search(lexical.analyzed(text), len(retriever.snapshot.episodes))
    passing = ranking.at(np.isin(ranking.rows, selection.rows)).at(slice(CANDIDATES))
    full = len(passing.rows) == CANDIDATES
    return passing._replace(upper_bound=float(passing.scores[-1]) if full else 0.0)


def _recall(found: Sequence[float] | Any, best: Any) -> float:
    """The share of the best ten that is found; compared by score, as equal scores have no order."""
    wanted = np.sort(best)[::-1][:_HITS]
    if not len(wanted):
        return 1.0
    got = np.sort(np.asarray(found))[::-1][:_HITS]
    return float(np.count_nonzero(got >= wanted[-1] - _SAME) / len(wanted))


def table(figures: dict[str, Any]) -> str:
    times = figures["p50_ms"]
    rows = [
        f"| {one['share']:.1%} | {one['p50_ms']:.2f} ms | {one['over_unfiltered']:.2f} | "
        + " | ".join(f"{one['recall_at_10'][side]:.3f}" for side in ("dense", "lexical", "served"))
        + " |"
        for one in figures["filters"]
    ]
    return "\n".join(
        (
            f"{figures['episodes']:,} episodes, {figures['questions']} questions, one thread",
            "",
            "| filter matches | p50 | over unfiltered | recall@10, dense | lexical | as served |",
            "| ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
            f"p50 unfiltered, as served: {times['as served']:.2f} ms; "
            f"dense, as others do it: {times['dense, as others do it']:.2f} ms; "
            f"the one over the other: {figures['served_over_dense']:.2f} (wanted: at most 1.2)",
            f"p50 without understanding: {times['all as words']:.2f} ms; as served "
            f"over that: {figures['understood_over_words']:.3f} (wanted: at most 1.05)",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
