"""Builds a snapshot of a collection, asks its questions, and prints how well each system ranks."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import DEFAULT_NAME, resolve_model
from indexer.errors import EpisodeSearchError
from indexer.snapshot import Snapshot
from tests.evaluation.collection import Collection, known_items, read_beir
from tests.evaluation.confidence import Confidence, measure_confidence
from tests.evaluation.floors import shortfalls
from tests.evaluation.systems import Report, evaluate
from tests.evaluation.table import print_table


def main() -> int:
    options = _parser().parse_args()
    root: Path = options.snapshots / "evaluation"
    root.mkdir(parents=True, exist_ok=True)
    try:
        artifact = prepare(
            resolve_model(options.model),
            options.snapshots / "encoders",
            options.precision,
            available_cpus(),
        )
        short = [
            sentence
            for collection in _collections(options, root)
            for sentence in _run(collection, root, artifact, options)
        ]
    except (EpisodeSearchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for sentence in short:
        print(f"error: {sentence}", file=sys.stderr)
    return 1 if short else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, nargs="+", help="folders in BEIR layout")
    source.add_argument("--corpus", type=Path, nargs="+", help="files whose titles are asked")
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    parser.add_argument("--model", default=DEFAULT_NAME)
    parser.add_argument("--precision", choices=("int8", "fp32"), default="int8")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser


def _collections(options: argparse.Namespace, root: Path) -> list[Collection]:
    if options.data:
        return [read_beir(directory) for directory in options.data]
    return [known_items(corpus, root / f"{corpus.stem}.jsonl") for corpus in options.corpus]


def _run(
    collection: Collection, root: Path, artifact: Artifact, options: argparse.Namespace
) -> list[str]:
    """A sentence for each figure below its floor."""
    place = root / f"{collection.name}-{artifact.record.precision}"
    build([collection.corpus], place, artifact, BuildOptions(threads=available_cpus()))
    snapshot = Snapshot.current(place, threads=available_cpus())
    report = evaluate(snapshot, collection)
    _print(collection, snapshot, report)
    figures: dict[str, object] = {
        system: {metric: asdict(value) for metric, value in row.items()}
        for system, row in report.items()
    }
    confidence = measure_confidence(snapshot, collection)
    _print_confidence(confidence)
    figures["confidence"] = asdict(confidence)
    if options.json:
        _add(options.json, collection.name, figures)
    return shortfalls(collection.name, report)


def _add(file: Path, name: str, figures: dict[str, object]) -> None:
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(known | {name: figures}, indent=1) + "\n")


def _print(collection: Collection, snapshot: Snapshot, report: Report) -> None:
    print(
        f"\n{collection.name}: {len(snapshot.episodes):,} episodes, "
        f"{len(collection.queries):,} questions, {snapshot.encoder.precision}; "
        "in brackets the middle 95% of 1,000 resamples"
    )
    print_table(report)


def _print_confidence(confidence: Confidence) -> None:
    told = {
        "answerable against off-topic, AUC": confidence.auc_off_topic,
        "against its answers taken away, AUC": confidence.auc_removed,
        "relevance, expected calibration error": confidence.calibration_error,
        "answered, where the first hit is right": confidence.answered,
        "answered, off-topic": confidence.answered_off_topic,
    }
    for name, value in told.items():
        print(f"{name:44} {value.mean:.3f} [{value.low:.3f} {value.high:.3f}]")


if __name__ == "__main__":
    sys.exit(main())
