"""Reads judged collections: a corpus, questions, and the episodes that answer them."""

import csv
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.corpus import Rejection, read_corpus
from indexer.episode import Episode
from indexer.errors import CorpusError

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
    """Read corpus.jsonl, queries.jsonl and qrels.tsv, or BEIR's own qrels/test.tsv.

    Raises CorpusError where a line cannot be read, or if no question has a judged answer.
    """
    queries = list(_read_queries(directory / "queries.jsonl"))
    qrels = _read_qrels(directory)
    judged = [query for query in queries if any(qrels.get(query.query_id, {}).values())]
    if not judged:
        raise CorpusError(
            f"{directory}: no question of queries.jsonl has an answer in qrels.tsv; use the same "
            "query ids in both."
        )
    return Collection(directory.name, directory / "corpus.jsonl", judged, qrels)


def _read_queries(file: Path) -> Iterator[Query]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            query_id = record["id"] if "id" in record else record["_id"]
            yield Query(str(query_id), record["text"], record.get("group", ""))
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusError(
                f"{file}:{number}: is no question; write a JSON object with id and text."
            ) from error


def _read_qrels(directory: Path) -> dict[str, dict[str, int]]:
    file = directory / "qrels.tsv"
    file = file if file.exists() else directory / "qrels" / "test.tsv"
    qrels: dict[str, dict[str, int]] = {}
    with file.open(encoding="utf-8") as lines:
        for number, row in list(enumerate(csv.reader(lines, delimiter="\t"), 1))[1:]:
            try:
                query_id, episode_id, grade = row
                qrels.setdefault(query_id, {})[episode_id] = int(grade)
            except ValueError as error:
                raise CorpusError(
                    f"{file}:{number}: is no judgement; write a query id, an episode id and a "
                    "grade, divided by tabs."
                ) from error
    return qrels


def known_items(name: str, episodes: Iterable[Episode], hidden: Path) -> Collection:
    """Known-item search: sampled titles ask for their episodes.

    The corpus that is searched is a copy without titles, written to `hidden`. Raises CorpusError
    if no episode has a title of two words or more.
    """
    titles: list[Query] = []
    with hidden.open("w", encoding="utf-8") as file:
        for episode in episodes:
            record = episode.to_json()
            title = record.pop("title", None)
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            if title and len(title.split()) > 1:
                titles.append(Query(episode.episode_id, title))
    if not titles:
        raise CorpusError(
            f"{name}: no episode has a title of two words or more, and titles are the questions; "
            "add titles, or give questions of your own with --data."
        )
    rng = random.Random(_SEED)  # noqa: S311 - the same titles each time, not a secret
    sample = rng.sample(titles, min(_KNOWN_ITEMS, len(titles)))
    qrels = {query.query_id: {query.query_id: 1} for query in sample}
    return Collection(name, hidden, sample, qrels)


def known_items_of_file(corpus: Path, folder: Path) -> Collection:
    """The same of a file or folder of episodes; its copy is written to `folder`."""
    episodes = read_corpus([corpus], _ignore)
    return known_items(corpus.stem, episodes, folder / f"{corpus.stem}.jsonl")


def _ignore(_: Rejection) -> None:
    """Rejected records are ignored here; the build that follows reports them."""
