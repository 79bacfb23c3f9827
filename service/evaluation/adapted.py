"""Compares an encoder with itself adapted to a corpus, on podcasts that were held out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.adaptation.adaptation import Adaptation, Trial
from indexer.adaptation.adapters import Sketch
from indexer.build import build
from indexer.corpus import Rejection, read_corpus
from indexer.encoder.artifact import prepare
from indexer.encoder.cpu_count import available_cpus
from indexer.encoder.model import Model
from indexer.snapshot import Snapshot
from indexer.storage.episode_store import id_hash
from service.evaluation.collection import Collection, known_items
from service.evaluation.metrics import Estimate, estimate
from service.evaluation.systems import SYSTEMS, Values, measure

_COMPARED = ("dense", "as served")
_METRIC = "nDCG@10"


@dataclass(frozen=True)
class Compared:
    """nDCG@10 of one system by both encoders, and the gain of each question."""

    system: str
    base: Estimate
    adapted: Estimate
    gain: Estimate


@dataclass(frozen=True)
class Comparison:
    trial: Trial
    collection: Collection
    systems: list[Compared]


def compare_adapted(corpus: Path, folder: Path, adaptation: Adaptation) -> Comparison:
    """Train with a corpus; ask the titles of held-out podcasts among their episodes.

    Raises AdaptationRefused if the corpus is too small.
    """
    episodes = list(read_corpus([corpus], _ignore))
    hashes = np.array([id_hash(episode.episode_id) for episode in episodes], np.uint64)
    trial = adaptation.trial(episodes, Sketch.of(hashes))
    name = f"{corpus.stem}-held-out"
    collection = known_items(name, trial.held_out, folder / f"{name}.jsonl")
    base = _values(collection, adaptation.base, adaptation, folder)
    adapted = _values(collection, trial.model, adaptation, folder)
    return Comparison(trial, collection, list(_compared(base, adapted)))


def _values(
    collection: Collection, model: Model, adaptation: Adaptation, folder: Path
) -> dict[str, Values]:
    artifact = prepare(model, adaptation.encoders, adaptation.precision, available_cpus())
    place = folder / f"{collection.name}-{model.fingerprint}"
    build([collection.corpus], place, artifact)
    snapshot = Snapshot.current(place, threads=available_cpus())
    wanted = (system for system in SYSTEMS if system.name in _COMPARED)
    return {system.name: measure(snapshot, system, collection) for system in wanted}


def _compared(base: dict[str, Values], adapted: dict[str, Values]) -> Iterator[Compared]:
    for system, values in base.items():
        before, after = values[_METRIC], adapted[system][_METRIC]
        gains = [new - old for old, new in zip(before, after, strict=True)]
        yield Compared(system, estimate(before), estimate(after), estimate(gains))


def _ignore(_: Rejection) -> None:
    """Rejected records are ignored here; a build of the corpus reports them."""
