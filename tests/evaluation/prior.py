"""Prints the prior for small corpora: one calibration fitted to many samples of larger corpora.

python -m tests.evaluation.prior --corpus FILE…

Its figures are in indexer/ranking/calibration/prior.py.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from indexer.build import build
from indexer.corpus import read_corpus
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from indexer.episode import Episode
from indexer.ranking.calibration.fitting import Example, OwnQueries, examples, fit_to
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.snapshot import Snapshot

_STRETCHES = 20  # of each corpus
_SIZES = (8, 16, 32, 64)
_SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.prior", description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    options = parser.parse_args()
    artifact = prepare(resolve_model(), options.snapshots / "encoders", "int8", available_cpus())
    found = [
        example
        for corpus in options.corpus
        for episodes in _small_corpora(corpus)
        for example in _examples(episodes, artifact)
    ]
    print(fit_to(found, reworded_weight=1.0).model_dump_json(indent=1))


def _small_corpora(corpus: Path) -> Iterator[list[Episode]]:
    """Samples as small as the corpora that the prior is for.

    The size matters, because the nearest of few episodes is farther away than that of many.
    """
    episodes = list(read_corpus([corpus], lambda _: None))
    rng = random.Random(_SEED)
    for _ in range(_STRETCHES):
        size = rng.choice(_SIZES)
        start = rng.randrange(len(episodes) - size)
        yield episodes[start : start + size]


def _examples(episodes: list[Episode], artifact: Artifact) -> list[Example]:
    with TemporaryDirectory() as directory:
        corpus = Path(directory) / "stretch.jsonl"
        lines = (json.dumps(episode.to_json()) for episode in episodes)
        corpus.write_text("\n".join(lines))
        build([corpus], Path(directory) / "snapshots", artifact)
        snapshot = Snapshot.current(Path(directory) / "snapshots")
        asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
        return examples(asker, OwnQueries.of(snapshot.episodes, snapshot.encoder))


if __name__ == "__main__":
    main()
