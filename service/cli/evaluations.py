"""Evaluates collections for `episode-search evaluate`, and prints the figures."""

import json
from collections.abc import Sequence
from pathlib import Path

from indexer.corpus import refuse_missing
from service.evaluation.evaluation import (
    collections,
    evaluate_collection,
    models_in_force,
    named_models,
)
from service.evaluation.table import print_evaluation


def evaluate_all(
    snapshots: Path,
    files: Sequence[Path],
    judged: Sequence[Path],
    model: str | None,
    *,
    as_json: bool,
) -> None:
    """Prints a table for each collection, or one JSON object with the figures of all.

    Raises EpisodeSearchError or OSError; for a missing file before anything is written.
    """
    refuse_missing([*files, *judged])
    folder = snapshots / "evaluation"
    models = named_models(snapshots, model, "int8") if model else models_in_force(snapshots)
    folder.mkdir(parents=True, exist_ok=True)
    figures = {}
    for collection in collections(snapshots, folder, files, judged):
        evaluation = evaluate_collection(collection, folder, models)
        figures[evaluation.name] = evaluation.to_json()
        if not as_json:
            print_evaluation(evaluation)
    if as_json:
        print(json.dumps(figures))
