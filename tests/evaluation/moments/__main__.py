"""Prints how many times in show notes are found, and how well moments and transcripts answer.

A question is the line of a topic, and asks for the second at which it begins. Reworded, it loses
its small words and a third of the others, and the rest is shuffled. Each row is printed when it is
measured, and the questions of one row are asked for a minute at most.
"""

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import DEFAULT_NAME, resolve_model
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection, known_items_of_file, read_beir
from service.evaluation.metrics import Estimate
from service.evaluation.table import print_table
from tests.evaluation.moments import costs, questions, talks
from tests.evaluation.moments.questions import read_questions
from tests.evaluation.moments.summaries import changes, topics
from tests.evaluation.moments.times import compare

_REPETITIONS = 16  # of 62 transcripts: about a thousand


def main() -> int:
    options = _parser().parse_args()
    notes, folder = options.data / "syntax_notes.jsonl", options.snapshots / "evaluation"
    found = compare(notes)
    _say(f"times in notes: precision {found.precision:.4f}, recall {found.recall:.4f}")
    _say(f"  {found.right:,} right, {found.wrong:,} wrong, {found.missed:,} missed")
    artifact = _artifact(options.snapshots)
    snapshot = _built(notes, folder / "moments", artifact)
    asked = read_questions(options.data / "syntax_moments.jsonl")
    _say(f"\n{len(asked)} questions; the moment is right within {questions.NEAR_S:.0f} seconds")
    _print_rows(questions.rows(snapshot, asked))
    transcripts = options.data / "talkpython"
    if transcripts.is_dir():
        talked = _talks(transcripts, options.others or notes, folder / "transcripts", artifact)
        _costs(talked, folder / "costs")
        _answer_time(talked, [each.query for each in asked])
        _changes(options, talked, artifact, topics(asked, notes))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.moments", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with notes, questions and transcripts")
    parser.add_argument("--others", type=Path, help="the other episodes among the transcripts'")
    parser.add_argument("--judged", type=Path, nargs="+", default=[], help="BEIR folders")
    parser.add_argument("--corpus", type=Path, nargs="+", default=[], help="files of episodes")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    return parser


def _talks(transcripts: Path, others: Path, root: Path, artifact: Artifact) -> Snapshot:
    snapshot, outcome, seconds = talks.indexed(
        transcripts, others, root, artifact, available_cpus()
    )
    hours = costs.hours_of(snapshot)
    _say(f"\n{hours:.0f} hours of speech among {len(snapshot.episodes):,} episodes")
    if outcome.embedded:
        _say(f"{seconds / hours:.1f} s an hour to build, with all other episodes")
    _say(f"100 questions about what is said; right within {talks.NEAR_S:.0f} seconds")
    _print_rows(talks.rows(snapshot))
    return snapshot


def _costs(talked: Snapshot, folder: Path) -> None:
    asked = read_questions(talks.QUESTIONS)
    texts = [each.query for each in asked]
    vectors = talked.encoder.encode_queries(texts)
    for times in (1, _REPETITIONS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        cost = costs.repeated(talked, vectors, texts, times, folder)
        _say(f"\ntranscripts of {cost.hours:,.0f} hours, measured")
        for line in costs.lines(cost):
            _say(line)
    shutil.rmtree(folder)
    _say("\ntranscripts of 100,000 hours, by multiplication")
    many = 100_000 / cost.hours
    _say(f"  {many * sum(cost.bytes_by_part.values()) / 1e9:.1f} GB on disk")
    _say(f"  {many * cost.memory / 1e9:.1f} GB in memory, besides mapped files")
    _say(f"  {many * cost.seconds / 3600:.1f} hours to index, besides reading and embedding")


def _answer_time(talked: Snapshot, texts: list[str]) -> None:
    without, with_them = costs.answer_ms(talked, texts)
    _say(
        f"\nan answer takes {with_them:.2f} ms of the processor with the transcripts and "
        f"{without:.2f} without: {with_them / without:.2f} times (wanted: at most 1.3)"
    )


def _changes(
    options: argparse.Namespace, talked: Snapshot, artifact: Artifact, of_notes: Collection
) -> None:
    folder = options.snapshots / "evaluation"
    _say("\nquestions about summaries, without transcripts and what changes with them")
    for collection in _collections(options, folder, of_notes):
        snapshot = _built(collection.corpus, folder / f"{collection.name}-summaries", artifact)
        found = dict(changes(snapshot, talked, collection))
        _print_rows(iter([(collection.name, found)]))


def _collections(
    options: argparse.Namespace, folder: Path, of_notes: Collection
) -> Iterator[Collection]:
    yield of_notes
    yield from map(read_beir, options.judged)
    yield from (known_items_of_file(file, folder) for file in options.corpus)


def _built(corpus: Path, root: Path, artifact: Artifact) -> Snapshot:
    cpus = available_cpus()
    build([corpus], root, artifact, BuildOptions(threads=cpus))
    return Snapshot.current(root, threads=cpus)


def _artifact(snapshots: Path) -> Artifact:
    return prepare(resolve_model(DEFAULT_NAME), snapshots / "encoders", "int8", available_cpus())


def _print_rows(rows: Iterator[tuple[str, dict[str, Estimate]]]) -> None:
    for number, row in enumerate(rows):
        print_table(dict([row]), headed=not number)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
