"""Measures the ranking of collections, and fails if a figure is below its floor: `make evaluate`.

The same for a corpus of one's own, without floors: `episode-search evaluate`.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from indexer.encoder.model import DEFAULT_NAME
from indexer.errors import EpisodeSearchError
from service.evaluation.collection import Collection, known_items_of_file, read_beir
from service.evaluation.evaluation import Evaluation, Models, evaluate_collection, named_models
from service.evaluation.metrics import Estimate
from service.evaluation.table import print_evaluation
from tests.evaluation.floors import shortfalls
from tests.evaluation.small import errors_of_samples


def main() -> int:
    options = _parser().parse_args()
    folder: Path = options.snapshots / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        models = named_models(options.snapshots, options.model, options.precision)
        short = [
            sentence
            for collection in _collections(options, folder)
            for sentence in _run(
                collection, folder, models, options.json, with_samples=options.samples
            )
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
    parser.add_argument("--samples", action="store_true", help="also measure small samples")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser


def _collections(options: argparse.Namespace, folder: Path) -> list[Collection]:
    if options.data:
        return [read_beir(directory) for directory in options.data]
    return [known_items_of_file(corpus, folder) for corpus in options.corpus]


def _run(
    collection: Collection, folder: Path, models: Models, file: Path | None, *, with_samples: bool
) -> list[str]:
    """A sentence for each figure below its floor."""
    evaluation = evaluate_collection(collection, folder, models)
    print_evaluation(evaluation)
    small = dict(errors_of_samples(collection, folder, models.encoder)) if with_samples else {}
    for size, error in small.items():
        told = f"{error.mean:.3f} [{error.low:.3f} {error.high:.3f}]"
        print(f"{f'calibration error, samples of {size}':44} {told}")
    if file:
        _add(file, evaluation, small)
    return shortfalls(collection.name, evaluation.report)


def _add(file: Path, evaluation: Evaluation, small: Mapping[int, Estimate]) -> None:
    known = json.loads(file.read_text()) if file.exists() else {}
    of_samples = {"samples": {str(size): asdict(error) for size, error in small.items()}}
    figures = known | {evaluation.name: evaluation.to_json() | of_samples}
    file.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
