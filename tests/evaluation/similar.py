"""Measures whether episodes of a group find each other: python -m tests.evaluation.similar

Each episode asks for similar ones, in a corpus without the field that groups them.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import DEFAULT_NAME, resolve_model
from indexer.errors import EpisodeSearchError
from indexer.ranking.more_like_this import SimilarityWeights
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection
from service.evaluation.metrics import Estimate, estimate, mrr_at_10, ndcg_at_10, recall_at
from service.evaluation.systems import Report, Values
from service.evaluation.table import print_table
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from service.search.similar import Similar, SimilarQuery
from tests.evaluation.groups import FIELDS, group_collection

SYSTEMS = {
    "dense": SimilarityWeights(lexical=0, evidence=0),
    "BM25": SimilarityWeights(lexical=1),
    "hybrid": SimilarityWeights(evidence=0),
    "as served": SimilarityWeights(),
}


def main() -> int:
    options = _parser().parse_args()
    root: Path = options.snapshots / "evaluation"
    root.mkdir(parents=True, exist_ok=True)
    try:
        encoders = options.snapshots / "encoders"
        artifact = prepare(resolve_model(options.model), encoders, "int8", available_cpus())
        for corpus in options.corpus:
            for field in options.hide:
                name = f"{corpus.stem}-no-{field}"
                collection = group_collection(corpus, root / f"{name}.jsonl", field)
                build(
                    [collection.corpus],
                    root / name,
                    artifact,
                    BuildOptions(threads=available_cpus()),
                )
                _tell(Snapshot.current(root / name), collection, field)
    except (EpisodeSearchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.similar", description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--hide", nargs="+", choices=FIELDS, default=["title"])
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    parser.add_argument("--model", default=DEFAULT_NAME)
    return parser


def _tell(snapshot: Snapshot, collection: Collection, field: str) -> None:
    kind = "parts of one story, titles" if field == "title" else f"the same {field}, {field}"
    print(
        f"\n{collection.name}: {len(snapshot.episodes):,} episodes, {len(collection.queries):,} "
        f"with {kind} hidden; in brackets the middle 95% of 1,000 resamples"
    )
    if collection.queries:
        print_table(evaluate_similar(snapshot, collection))


def evaluate_similar(snapshot: Snapshot, collection: Collection) -> Report:
    return {name: _estimates(measure(snapshot, collection, name)) for name in SYSTEMS}


def _estimates(values: Values) -> dict[str, Estimate]:
    return {metric: estimate(each) for metric, each in values.items()}


def measure(snapshot: Snapshot, collection: Collection, system: str) -> Values:
    """The metrics of each episode that asks for similar ones."""
    encode = Retriever(snapshot, QuestionCache(0)).similar.encode
    similar = Similar(snapshot, encode, SYSTEMS[system])
    graded = [
        (_ids(similar, query.query_id), collection.qrels[query.query_id])
        for query in collection.queries
    ]
    return {
        "recall@10": [recall_at(10, *pair) for pair in graded],
        "nDCG@10": [ndcg_at_10(*pair) for pair in graded],
        "MRR@10": [mrr_at_10(*pair) for pair in graded],
    }


def _ids(similar: Similar, episode_id: str) -> Sequence[str]:
    return [json.loads(hit.episode)["id"] for hit in similar.hits(SimilarQuery((episode_id,)))]


if __name__ == "__main__":
    sys.exit(main())
