"""The systems that are compared: dense and lexical search alone, and with each further step."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.ranking.fusion import FusionWeights
from indexer.ranking.ranker import Mode
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection
from service.evaluation.metrics import Estimate, estimate, mrr_at_10, ndcg_at_10, recall_at
from service.search.query import Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever

DEPTH = 100


@dataclass(frozen=True)
class System:
    name: str
    mode: Mode
    weights: FusionWeights


SYSTEMS = (
    System("dense", "dense", FusionWeights(evidence=0)),
    System("lexical", "lexical", FusionWeights()),
    System("hybrid", "hybrid", FusionWeights(evidence=0, feedback=0, neighbours=0)),
    System("hybrid+evidence", "hybrid", FusionWeights(feedback=0, neighbours=0)),
    System("as served", "hybrid", FusionWeights()),
)

BASELINE = "hybrid"

Values = dict[str, list[float]]  # metric -> value of each question
Report = dict[str, dict[str, Estimate]]  # system -> metric -> estimate


def rankings(snapshot: Snapshot, system: System, questions: Sequence[str]) -> list[list[str]]:
    """Episode ids, best first, for each question, asked one by one as by a single user."""
    retriever = Retriever(snapshot, QuestionCache(len(questions)), system.weights)
    return [
        [
            json.loads(hit.episode)["id"]
            for hit in retriever.search([Question(text, DEPTH, mode=system.mode)])[0].hits
        ]
        for text in questions
    ]


def evaluate(snapshot: Snapshot, collection: Collection) -> Report:
    found = {system.name: measure(snapshot, system, collection) for system in SYSTEMS}
    return {name: _estimates(values, found[BASELINE]) for name, values in found.items()}


def measure(snapshot: Snapshot, system: System, collection: Collection) -> Values:
    """The metrics of each question."""
    found = rankings(snapshot, system, [query.text for query in collection.queries])
    graded = [
        (ranking, collection.qrels[query.query_id])
        for ranking, query in zip(found, collection.queries, strict=True)
    ]
    return {
        "nDCG@10": [ndcg_at_10(*pair) for pair in graded],
        "MRR@10": [mrr_at_10(*pair) for pair in graded],
        "recall@10": [recall_at(10, *pair) for pair in graded],
        "recall@100": [recall_at(100, *pair) for pair in graded],
    }


def _estimates(values: Values, baseline: Values) -> dict[str, Estimate]:
    """Estimates of the values, and of their gains over the baseline.

    The gain of each question has a narrower interval than the difference of two means.
    """
    pairs = zip(values["nDCG@10"], baseline["nDCG@10"], strict=True)
    gains = {f"nDCG over {BASELINE}": [value - plain for value, plain in pairs]}
    return {metric: estimate(each) for metric, each in (values | gains).items()}
