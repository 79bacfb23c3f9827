"""Fits the prior of the default model: what a first hit tells about whether it is right.

python -m tests.evaluation.prior --corpus FILE… --data FOLDER…

Each corpus asks by its titles, which are hidden, each judged collection by its questions; as a
whole and in samples, with the answers and without them. Besides, words and names are asked that an
episode says. Each collection is left out once, and the figures of the others' fit are printed for
it: in brackets the middle 95% of 1,000 resamples, of the questions or of the samples and their
questions. The result is in indexer/ranking/calibration/prior.py.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from indexer.build import build
from indexer.corpus import read_corpus
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import resolve_model
from indexer.episode import Episode
from indexer.ranking.calibration import Floats
from indexer.ranking.calibration.logistic import Logistic, fit
from indexer.ranking.calibration.query_runner import QueryRunner, Run
from indexer.ranking.calibration.synthetic_queries import off_topic_queries, subjects
from indexer.snapshot import Snapshot
from service.evaluation.collection import Collection, known_items, read_beir
from service.evaluation.confidence import ask_twice, off_topic_questions
from tests.evaluation.left_out import (
    OF_PODCASTS,
    OF_QUESTIONS,
    OF_SAMPLES,
    Judged,
    figures,
    line,
)
from tests.evaluation.samples import samples

_SIZES = {8: 12, 20: 8, 50: 5, 100: 3, 300: 2}  # samples by their number of episodes
_EPISODES = 3000  # of a corpus, at most; of podcasts as a whole
_SUBJECTS = 400  # episodes whose words and names are asked
_WEIGHTS = {"asked": 1.0, "subjects": 0.2, "off-topic": 0.05}
_WHOLE = "all"  # episodes of a collection
_ELSEWHERE = "elsewhere"  # off-topic questions that nothing is fitted to


@dataclass(frozen=True)
class Examples:
    """First hits of one kind of question: (n, features), and whether each is right, (n,).

    Of "asked" each with its answers is followed by the same without them.
    """

    collection: str
    episodes: str  # their number in a sample, or all
    sample: int
    kind: str
    features: Floats
    labels: Floats


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.prior", description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="*", default=[])
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--snapshots", type=Path, default=Path(".snapshots"))
    options = parser.parse_args()
    artifact = prepare(resolve_model(), options.snapshots / "encoders", "int8", available_cpus())
    with TemporaryDirectory() as directory:
        collections = [
            *(_known_items(corpus, Path(directory)) for corpus in options.corpus),
            *map(read_beir, options.data),
        ]
        found = [
            each for one in collections for each in _of_collection(one, artifact, Path(directory))
        ]
    podcasts = {corpus.stem for corpus in options.corpus}
    for one in collections:
        others = _fitted([each for each in found if each.collection != one.name])
        wanted = OF_PODCASTS if one.name in podcasts else OF_QUESTIONS
        _tell([each for each in found if each.collection == one.name], others, wanted)
    print(_fitted(found).model_dump_json(indent=1))


def _tell(left_out: Sequence[Examples], others: Logistic, wanted: Mapping[str, float]) -> None:
    """The figures of a collection that a fit does not know."""
    for episodes in dict.fromkeys(each.episodes for each in left_out):
        kinds = {(e.sample, e.kind): e for e in left_out if e.episodes == episodes}
        corpora = [
            _judged(kinds[sample, "asked"], kinds[sample, _ELSEWHERE], others)
            for sample in dict.fromkeys(sample for sample, _ in kinds)
        ]
        told = line(figures(corpora), wanted if episodes == _WHOLE else OF_SAMPLES)
        print(f"{left_out[0].collection}, left out, {episodes:>3} episodes: {told}", flush=True)


def _judged(asked: Examples, elsewhere: Examples, others: Logistic) -> Judged:
    chances = others.probability(asked.features)
    twice = np.column_stack((chances[::2], asked.labels[::2], chances[1::2]))
    return Judged(twice, others.probability(elsewhere.features))


def _known_items(corpus: Path, folder: Path) -> Collection:
    """Of a corpus whole podcasts, drawn until there are enough episodes."""
    podcasts: dict[str, list[Episode]] = {}
    for episode in read_corpus([corpus], lambda _: None):
        name = episode.podcast.identity if episode.podcast else ""
        podcasts.setdefault(name, []).append(episode)
    drawn = random.Random(3).sample(list(podcasts.values()), len(podcasts))
    chosen: list[Episode] = []
    for episodes in drawn:
        if len(chosen) < _EPISODES:
            chosen += episodes
    return known_items(corpus.stem, chosen, folder / f"{corpus.stem}.jsonl")


def _of_collection(collection: Collection, artifact: Artifact, folder: Path) -> Iterator[Examples]:
    yield from _examples(collection, _WHOLE, 0, artifact, folder)
    for size, count in _SIZES.items():
        for number, sample in enumerate(samples(collection, size, count, folder)):
            yield from _examples(sample, f"{size}", number, artifact, folder)


def _examples(
    collection: Collection, size: str, number: int, artifact: Artifact, folder: Path
) -> Iterator[Examples]:
    build([collection.corpus], folder / collection.name, artifact)
    snapshot = Snapshot.current(folder / collection.name)
    asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
    rng, episodes = random.Random(1), snapshot.episodes
    rows = rng.sample(range(len(episodes)), min(_SUBJECTS, len(episodes)))
    said = subjects([(row, episodes.episode(row)) for row in rows], rng)
    kinds = {
        "asked": [
            example
            for found, is_right, removed in ask_twice(asker, collection)
            for example in ((found, is_right), (removed, False))
        ],
        "subjects": [example for run in asker.run(said) for example in _said_twice(asker, run)],
        "off-topic": [(asker.first(run), False) for run in asker.run(off_topic_queries())],
        _ELSEWHERE: [(asker.first(run), False) for run in asker.run(off_topic_questions())],
    }
    for kind, examples in kinds.items():
        if examples:
            features, labels = zip(*examples, strict=True)
            answers = np.array(labels, float)
            yield Examples(collection.name, size, number, kind, np.vstack(features), answers)


def _said_twice(asker: QueryRunner, run: Run) -> Iterator[tuple[Floats, bool]]:
    """The first hit, and the first of those that do not say every word, which are wrong."""
    without = asker.not_saying(run)
    yield asker.first(run), not without[0]
    if without.any():
        yield asker.first(run.at(without)), False


def _fitted(found: Sequence[Examples]) -> Logistic:
    """Each kind of question of each collection and size has one weight, whatever its number."""
    found = [each for each in found if each.kind in _WEIGHTS]
    asked = Counter[tuple[str, str, str]]()
    for each in found:
        asked[each.collection, each.episodes, each.kind] += len(each.labels)
    weights = [
        300 * _WEIGHTS[each.kind] / asked[each.collection, each.episodes, each.kind]
        for each in found
    ]
    shares = np.repeat(weights, [len(each.labels) for each in found])
    features = np.vstack([each.features for each in found])
    labels = np.concatenate([each.labels for each in found])
    return fit(features, labels, shares)


if __name__ == "__main__":
    main()
