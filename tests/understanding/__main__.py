"""Prints how many judged questions are understood, and which are not, but for those held out.

With `--corpus FILE…` also how many titles of a corpus would be constrained, and how many of these
would not find their own episode any more.
"""

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

from indexer.build import build
from indexer.index.columns.filters import Filters
from indexer.snapshot import Snapshot
from service.search.query import Question
from service.search.understanding.operators import operators_of
from service.search.understanding.reading import Reader
from tests.fakes import fake_artifact
from tests.understanding.corpus import NOW, episodes
from tests.understanding.judged import is_right, judged, meaning, shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="*", default=[])
    with tempfile.TemporaryDirectory() as scratch:
        _print_judged(Path(scratch))
        for corpus in parser.parse_args().corpus:
            _print_titles(corpus, Path(scratch) / corpus.stem)


def _print_judged(scratch: Path) -> None:
    corpus = scratch / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(episode) + "\n" for episode in episodes()))
    reader = Reader(_built(corpus, scratch / "judged"), lambda: NOW)
    for name, held_out in (("looked at", False), ("held out", True)):
        part = [each for each in judged() if each.held_out == held_out]
        right, wrong = shares(reader, part)
        print(f"{name}: {right:.1%} right, {wrong:.1%} wrongly constrained, of {len(part)}")
        if not held_out:
            for each in part:
                if not is_right(reader, each):
                    print(f"  {each.question!r}: {meaning(reader, each.question)}")


def _print_titles(corpus: Path, scratch: Path) -> None:
    """Each title is asked where no episode has its title, as the evaluation of titles does."""
    scratch.mkdir()
    records = [json.loads(line) for line in corpus.read_text().splitlines()]
    titles = {record["id"]: record.pop("title", None) or "" for record in records}
    hidden = scratch / "corpus.jsonl"
    hidden.write_text("".join(json.dumps(record) + "\n" for record in records))
    snapshot = _built(hidden, scratch)
    reader = Reader(snapshot)
    readings = [
        (row, reader.read(Question(titles[_id(snapshot, row)], 10, understand=True)))
        for row in range(len(snapshot.columns))
    ]
    lost = [
        reading.asked.text
        for row, reading in readings
        if not _passes(snapshot, row, reading.question.filters)
    ]
    told = Counter(each.applied for _, reading in readings for each in reading.understood)
    operators = [title for title in titles.values() if operators_of(title).text != title]
    print(
        f"{corpus.name}: constraints in {len(readings)} titles: {dict(told)}; "
        f"{len(operators)} titles have operators; {len(lost)} lose their episode: {lost[:20]}"
    )


def _passes(snapshot: Snapshot, row: int, filters: Filters) -> bool:
    rows = snapshot.columns.rows(filters)
    return rows is None or row in rows


def _id(snapshot: Snapshot, row: int) -> str:
    identity: str = json.loads(snapshot.episodes.record(row))["id"]
    return identity


def _built(corpus: Path, scratch: Path) -> Snapshot:
    build([corpus], scratch / "snapshots", fake_artifact(scratch / "encoder"))
    return Snapshot.current(scratch / "snapshots")


if __name__ == "__main__":
    main()
