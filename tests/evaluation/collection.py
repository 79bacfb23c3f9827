"""Reads judged collections: a corpus, questions, and the episodes that answer them."""

import csv
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.corpus import Rejection, read_corpus

Grades = Mapping[str, int]

_KNOWN_ITEMS = 2000
_SEED = 20261123


@dataclass(frozen=True)
class Query:
    query_id: str
    text: str
    group: str = ""


@dataclass(frozen=True)
class Collection:
    name: str
    corpus: Path
    queries: list[Query]
    qrels: Mapping[str, Grades]  # by query id, then by episode id


def read_beir(directory: Path) -> Collection:
    """Read corpus.jsonl, queries.jsonl and qrels.tsv, or BEIR's own qrels/test.tsv."""
    with (directory / "queries.jsonl").open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.strip()]
    queries = [
        Query(str(record.get("id", record.get("_id"))), record["text"], record.get("group", ""))
        for record in records
    ]
    qrels = _read_qrels(directory)
    judged = [query for query in queries if any(qrels.get(query.query_id, {}).values())]
    return Collection(directory.name, directory / "corpus.jsonl", judged, qrels)


def _read_qrels(directory: Path) -> dict[str, dict[str, int]]:
    file = directory / "qrels.tsv"
    qrels: dict[str, dict[str, int]] = {}
    with (file if file.exists() else directory / "qrels" / "test.tsv").open() as lines:
        for query_id, episode_id, grade in list(csv.reader(lines, delimiter="\t"))[1:]:
            qrels.setdefault(query_id, {})[episode_id] = int(grade)
    return qrels


def known_items(corpus: Path, hidden: Path) -> Collection:
    """Known-item search: sampled titles ask for their episodes.

    The corpus that is searched is a copy without titles, written to `hidden`.
    """
    titles: list[Query] = []
    with hidden.open("w", encoding="utf-8") as file:
        for episode in read_corpus([corpus], _ignore):
            record = episode.to_json()
            title = record.pop("title", None)
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            if title and len(title.split()) > 1:
                titles.append(Query(episode.episode_id, title))
    sample = random.Random(_SEED).sample(titles, min(_KNOWN_ITEMS, len(titles)))
    qrels = {query.query_id: {query.query_id: 1} for query in sample}
    return Collection(corpus.stem, hidden, sample, qrels)


def _ignore(_: Rejection) -> None:
    """Rejected records are ignored here; the build that follows reports them."""
