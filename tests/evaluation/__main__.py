"""Measures the ranking of collections, and fails if a figure is below its floor: `make evaluate`.

The same for a corpus of one's own, without floors: `episode-search evaluate`.
"""

import argparse
import json
import sys
from pathlib import Path

from indexer.encoder.model import DEFAULT_NAME
from indexer.errors import EpisodeSearchError
from service.evaluation.collection import Collection, known_items_of_file, read_beir
from service.evaluation.evaluation import Evaluation, Models, evaluate_collection, named_models
from service.evaluation.table import print_evaluation
from tests.evaluation.floors import shortfalls


def main() -> int:
    options = _parser().parse_args()
    folder: Path = options.snapshots / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        models = named_models(options.snapshots, options.model, options.precision)
        short = [
            sentence
            for collection in _collections(options, folder)
            for sentence in _run(collection, folder, models, options.json)
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


def _collections(options: argparse.Namespace, folder: Path) -> list[Collection]:
    if options.data:
        return [read_beir(directory) for directory in options.data]
    return [known_items_of_file(corpus, folder) for corpus in options.corpus]


def _run(collection: Collection, folder: Path, models: Models, file: Path | None) -> list[str]:
    """A sentence for each figure below its floor."""
    evaluation = evaluate_collection(collection, folder, models)
    print_evaluation(evaluation)
    if file:
        _add(file, evaluation)
    return shortfalls(collection.name, evaluation.report)


def _add(file: Path, evaluation: Evaluation) -> None:
    known = json.loads(file.read_text()) if file.exists() else {}
    figures = known | {evaluation.name: evaluation.to_json()}
    file.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
