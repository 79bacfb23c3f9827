"""Small corpora: samples of a collection, with the questions that they answer."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from indexer.corpus import read_corpus
from service.evaluation.collection import Collection

_SEED = 1


def samples(collection: Collection, size: int, count: int, folder: Path) -> Iterator[Collection]:
    """`count` samples of `size` episodes; each is written to `folder`, which a later one replaces.

    A sample begins with the answers of some questions, and the other half is drawn at random, so
    that it answers some questions whatever the collection.
    """
    episodes = {each.episode_id: each for each in read_corpus([collection.corpus], lambda _: None)}
    rng = random.Random(f"{_SEED} {size}")
    for number in range(count):
        chosen = _chosen(collection, list(episodes), size, rng)
        corpus = folder / f"sample-{size}-{number}.jsonl"
        lines = (json.dumps(episodes[each].to_json(), ensure_ascii=False) for each in chosen)
        corpus.write_text("\n".join(lines), encoding="utf-8")
        yield _reduced(collection, corpus, set(chosen))


def _chosen(collection: Collection, ids: list[str], size: int, rng: random.Random) -> list[str]:
    chosen: dict[str, None] = {}
    for query in rng.sample(collection.queries, len(collection.queries)):
        if len(chosen) >= size / 2:
            break
        answers = [each for each, grade in collection.qrels[query.query_id].items() if grade > 0]
        chosen |= dict.fromkeys(set(answers[: max(1, size // 8)]).intersection(ids))
    chosen |= dict.fromkeys(rng.sample(ids, min(len(ids), size)))
    return list(chosen)[:size]


def _reduced(collection: Collection, corpus: Path, there: set[str]) -> Collection:
    """The collection with the questions that episodes which are `there` answer."""
    qrels = {
        query.query_id: {
            each: grade for each, grade in collection.qrels[query.query_id].items() if each in there
        }
        for query in collection.queries
    }
    queries = [query for query in collection.queries if any(qrels[query.query_id].values())]
    return replace(collection, corpus=corpus, queries=queries, qrels=qrels)
