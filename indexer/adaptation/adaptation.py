"""Adapts the encoder of a build to its episodes: pairs, training, gate."""

import hashlib
import json
import logging
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from indexer.adaptation.adapters import Adapters, Sketch, Verdict
from indexer.adaptation.batches import Batches, Material
from indexer.adaptation.gate import Gate, refusal
from indexer.adaptation.pairs import Pair, Split, pairs, split, told
from indexer.adaptation.trainer import Schedule, Trained, train
from indexer.corpus.languages import knows, language_of, primary
from indexer.encoder import Encoder
from indexer.encoder.artifact import Artifact, prepare
from indexer.encoder.device import Device, embedder_on
from indexer.encoder.model import AdaptationRecord, Model
from indexer.encoder.parity_check import open_encoder
from indexer.encoder.torch_models import ReferenceEncoder
from indexer.episode import Episode
from indexer.errors import AdaptationRefused, ModelError
from indexer.execution.progress import progress
from indexer.storage.checksums import sha256_of
from indexer.storage.episode_store import EpisodeStore

_MOST_EPISODES = 40_000  # that are read for pairs
_MOST_PAIRS = 8_000
_FEWEST_PAIRS = 300
_FEWEST_TITLES = 30  # of episodes that are held out
_STEPS = 300
# Shares of the trained weights. A part of them keeps most of the gain and forgets much less than
# all (Wortsman et al. 2022, Robust fine-tuning of zero-shot models).
_STRENGTHS = (0.7, 0.5)
_MOST_ROUNDS = 6  # over all pairs
_MOST_NEW = 0.5  # share of the episodes that an adapter has not read, above which it is made anew
_TEXTS_AT_ONCE = 512

_log = logging.getLogger(__name__)


class Adapted(NamedTuple):
    """The encoder of a build after adaptation; the base if the gate refused."""

    artifact: Artifact
    embedder: ReferenceEncoder | None  # of documents, on a graphics card


class Trial(NamedTuple):
    """An adapted model, and what the gate says of it."""

    model: Model
    verdict: Verdict
    held_out: list[Episode]
    is_new: bool  # whether it was trained just now

    def accepted(self) -> Model:
        """Raises AdaptationRefused if the gate refuses."""
        if self.verdict.refused:
            figures = told_figures(self.verdict.adaptation)
            raise AdaptationRefused(f"{self.verdict.refused} ({figures})")
        return self.model


@dataclass(frozen=True)
class Adaptation:
    """Chooses the encoder for the episodes of a build."""

    base: Model
    adapters: Adapters
    encoders: Path  # the cache of exported models
    precision: str
    device: Device
    threads: int
    minutes: float
    asked: bool  # whether to adapt anew
    adapter: str | None = None  # SHA-256 of the one in force

    def __call__(self, episodes: EpisodeStore) -> Adapted | None:
        """None to go on with the encoder that the build has."""
        if not self.asked and not self._is_outdated(episodes):
            return None
        try:
            trial = self.trial(_sample(episodes), Sketch.of(episodes.id_hashes()))
            model = trial.accepted()
        except ModelError as error:
            reason = str(error).rstrip(".")
            _log.warning("The encoder is not adapted, and the base goes on: %s.", reason)
            model = self.base
        return Adapted(self._exported(model), embedder_on(self.device, model))

    def prune(self, used: Collection[str]) -> None:
        """Remove the adapters that are not `used`, by SHA-256, with their exported models."""
        for key in self.adapters.unused(used):
            if verdict := self.adapters.verdict(key):
                model = self.base.adapted(self.adapters.weights(key), verdict.adaptation)
                self._remove_exported(model)
            self.adapters.remove(key)

    def _remove_exported(self, model: Model) -> None:
        for exported in self.encoders.glob(f"{model.fingerprint}-*"):
            shutil.rmtree(exported)

    @property
    def in_use(self) -> Model:
        """The base with the adapter in force; the base alone if that cannot be used."""
        found = self._found
        return self.base.adapted(found[0], found[1].adaptation) if found else self.base

    @cached_property
    def _found(self) -> tuple[Path, Verdict] | None:
        if not self.adapter:
            return None
        try:
            return self.adapters.find(self.adapter, self.base.fingerprint)
        except AdaptationRefused as reason:
            _log.warning("The base encoder goes on: %s; add --adapt to adapt it anew.", reason)
            return None

    def _is_outdated(self, episodes: EpisodeStore) -> bool:
        if not self._found:
            return False
        return self._found[1].sketch.share_of_new(episodes.id_hashes()) > _MOST_NEW

    def trial(self, episodes: Iterable[Episode], sketch: Sketch) -> "Trial":
        """Train, or take what was trained with the same pairs, and what the gate says of it.

        Raises AdaptationRefused if the corpus is too small.
        """
        known = [episode for episode in episodes if _is_known(episode, self.base)]
        parts = split(told(known))
        schedule = Schedule(steps=_STEPS, minutes=self.minutes)
        made = _chosen(list(pairs(parts.trained, schedule.seed)), schedule.seed)
        _refuse_too_few(made, parts)
        schedule = schedule.for_pairs(len(made), _MOST_ROUNDS)
        key = _key(self.base, made, schedule)
        stored = self.adapters.verdict(key)
        verdict = stored or self._trained(key, made, parts, schedule, sketch)
        model = self.base.adapted(self.adapters.weights(key), verdict.adaptation)
        return Trial(model, verdict, [each.episode for each in parts.held_out], is_new=not stored)

    def _trained(
        self, key: str, made: list[Pair], parts: Split, schedule: Schedule, sketch: Sketch
    ) -> Verdict:
        base = self._encoder(self.base)
        gate = Gate(parts.held_out, base)
        batches = Batches(_material(made, base, parts), schedule.batch, schedule.seed)
        checkpoint = self.adapters.checkpoint(key)
        on_card = embedder_on(self.device, self.base)
        reference = on_card or ReferenceEncoder(self.base.path, dimensions=self.base.dimensions)
        trained = train(reference, batches, schedule, checkpoint, self.threads)
        judged = self._strongest(key, trained, len(made), gate)
        verdict = Verdict(adaptation=judged, sketch=sketch, refused=refusal(judged.figures))
        self.adapters.write_verdict(key, verdict)
        return verdict

    def _strongest(self, key: str, trained: Trained, pairs: int, gate: Gate) -> AdaptationRecord:
        """Store the largest share of the weights that the gate takes; else the least."""
        for strength in _STRENGTHS:
            adapter = self.adapters.write_weights(key, trained.at(strength))
            record = self._record(adapter, trained, pairs, strength)
            model = self.base.adapted(adapter, record)
            figures = gate.figures(self._encoder(model))
            if not refusal(figures) or strength == _STRENGTHS[-1]:
                break
            self._remove_exported(model)
        return record.model_copy(update={"figures": figures})

    def _record(
        self, adapter: Path, trained: Trained, pairs: int, strength: float
    ) -> AdaptationRecord:
        """Before the gate has measured it."""
        return AdaptationRecord(
            base=self.base.fingerprint,
            adapter=sha256_of(adapter),
            pairs=pairs,
            steps=trained.steps,
            seconds=round(trained.seconds, 1),
            seed=trained.seed,
            strength=strength,
            figures={},
        )

    def _exported(self, model: Model) -> Artifact:
        return prepare(model, self.encoders, self.precision, self.threads)

    def _encoder(self, model: Model) -> Encoder:
        """What embeds documents and questions of a snapshot with this model."""
        artifact = self._exported(model)
        return open_encoder(artifact.directory, artifact.record, self.threads)


def told_figures(adaptation: AdaptationRecord) -> str:
    return "; ".join(f"{kind} {figure}" for kind, figure in adaptation.figures.items())


def _sample(episodes: EpisodeStore) -> Iterator[Episode]:
    """The same episodes in the same order for the same corpus."""
    rows = np.argsort(episodes.id_hashes(), kind="stable")[:_MOST_EPISODES]
    return map(episodes.episode, rows.tolist())


def _is_known(episode: Episode, model: Model) -> bool:
    """Whether the model may know its language."""
    if not model.languages:
        return True
    language = language_of(episode)
    return language is None or knows(model.languages, primary(language.tag))


def _chosen(made: Sequence[Pair], seed: int) -> list[Pair]:
    order = np.random.default_rng(seed).permutation(len(made))
    return [made[place] for place in order[:_MOST_PAIRS].tolist()]


def _refuse_too_few(made: Sequence[Pair], parts: Split) -> None:
    titles = sum(bool(each.title) for each in parts.held_out)
    if len(made) < _FEWEST_PAIRS or titles < _FEWEST_TITLES:
        raise AdaptationRefused(
            f"the corpus is too small, with {len(made):,} pairs to learn from and {titles:,} "
            f"titles to ask of what is held out, and {_FEWEST_PAIRS} and {_FEWEST_TITLES} are "
            "needed; add episodes with titles and summaries in a language of the model"
        )


def _key(base: Model, made: Sequence[Pair], schedule: Schedule) -> str:
    """16 hexadecimal digits: the same for the same base, pairs and schedule."""
    digest = hashlib.sha256(base.fingerprint.encode())
    digest.update(json.dumps(asdict(schedule), sort_keys=True).encode())
    for pair in made:
        digest.update("\n".join(pair).encode("utf-8", "replace"))
    return digest.hexdigest()[:16]


def _material(made: Sequence[Pair], base: Encoder, parts: Split) -> Material:
    questions, texts = [], []
    with progress("base vectors", len(made), "pairs") as advance:
        for start in range(0, len(made), _TEXTS_AT_ONCE):
            some = made[start : start + _TEXTS_AT_ONCE]
            questions.append(base.encode_queries([pair.question for pair in some]))
            texts.append(base.encode_documents([pair.text for pair in some]))
            advance(len(some))
    return Material(made, np.concatenate(questions), np.concatenate(texts), parts.several_podcasts)
