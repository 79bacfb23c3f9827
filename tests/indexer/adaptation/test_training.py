import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from indexer.adaptation.batches import Batch, Batches, Material
from indexer.adaptation.checkpoint import Checkpoint, Progress
from indexer.adaptation.gate import GENERAL, REWORDED, TITLES, Gate, refusal
from indexer.adaptation.pairs import Pair, pairs, split, told
from indexer.adaptation.trainer import Schedule, Trained, train
from indexer.encoder.torch_models import ReferenceEncoder
from indexer.errors import AdaptationRefused, ModelMismatch
from tests.indexer.adaptation import topics
from tests.indexer.encoder import tiny_models

SCHEDULE = Schedule(steps=40, minutes=60, batch=32, learning_rate=1e-2, drift=1.0)
PARTS = split(told(topics.episodes()))


@pytest.fixture(scope="module")
def base(tiny_model: Path) -> ReferenceEncoder:
    return ReferenceEncoder(tiny_model)


def _trained(model: Path, made: Sequence[Pair], schedule: Schedule, file: Path) -> Trained:
    encoder = ReferenceEncoder(model)
    questions = encoder.encode_queries([pair.question for pair in made])
    texts = encoder.encode_documents([pair.text for pair in made])
    material = Material(made, questions, texts, several_podcasts=True)
    batches = Batches(material, schedule.batch, schedule.seed)
    return train(encoder, batches, schedule, Checkpoint(file), threads=1)


def _adapted(model: Path, trained: Trained, folder: Path) -> ReferenceEncoder:
    save_file(trained.weights, folder / "adapter.safetensors")
    return ReferenceEncoder(model, adapter=folder / "adapter.safetensors")


def test_the_gate_takes_an_adapter_that_ranks_other_podcasts_better(
    tiny_model: Path, base: ReferenceEncoder, tmp_path: Path
) -> None:
    trained = _trained(tiny_model, list(pairs(PARTS.trained, 1)), SCHEDULE, tmp_path / "kept")

    figures = Gate(PARTS.held_out, base).figures(_adapted(tiny_model, trained, tmp_path))

    assert trained.steps == SCHEDULE.steps
    assert figures[TITLES].low > 0
    assert refusal({TITLES: figures[TITLES]}) is None


def test_the_gate_refuses_an_adapter_that_was_trained_with_shuffled_pairs(
    tiny_model: Path, base: ReferenceEncoder, tmp_path: Path
) -> None:
    right = list(pairs(PARTS.trained, 1))
    texts = random.Random(0).sample([pair.text for pair in right], len(right))
    wrong = [pair._replace(text=text) for pair, text in zip(right, texts, strict=True)]
    trained = _trained(tiny_model, wrong, SCHEDULE, tmp_path / "kept")

    figures = Gate(PARTS.held_out, base).figures(_adapted(tiny_model, trained, tmp_path))

    assert refusal({TITLES: figures[TITLES]}) == (
        "titles of episodes that were held out are not surely found better"
    )


@pytest.mark.parametrize("kind", [GENERAL, REWORDED])
def test_a_loss_of_other_questions_refuses_whatever_titles_gain(
    base: ReferenceEncoder, kind: str
) -> None:
    figures = Gate(PARTS.held_out, base).figures(base)
    gained = figures[TITLES].model_copy(update={"gain": 0.2, "low": 0.1})
    lost = figures[GENERAL].model_copy(update={"gain": -0.03})

    assert refusal({**figures, TITLES: gained}) is None
    assert refusal({**figures, TITLES: gained, kind: lost}) == (
        f"{kind} questions lose more than 0.02"
    )


def test_a_training_that_is_killed_goes_on_and_ends_with_the_same_weights(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list(pairs(PARTS.trained, 1))
    schedule = Schedule(steps=8, minutes=60, batch=16)
    whole = _trained(tiny_model, made, schedule, tmp_path / "whole")
    again = _trained(tiny_model, made, schedule, tmp_path / "again")
    saved = Checkpoint.save

    def killed(checkpoint: Checkpoint, progress: Progress) -> None:
        saved(checkpoint, progress)
        if progress.step == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("indexer.adaptation.trainer._SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    monkeypatch.setattr(Checkpoint, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        _trained(tiny_model, made, schedule, tmp_path / "killed")
    monkeypatch.setattr(Checkpoint, "save", saved)
    batches_asked: list[int] = []
    monkeypatch.setattr(Batches, "at", _noting(Batches.at, batches_asked))
    resumed = _trained(tiny_model, made, schedule, tmp_path / "killed")

    assert batches_asked == [3, 4, 5, 6, 7]
    for name, weights in whole.weights.items():
        np.testing.assert_array_equal(weights, again.weights[name])
        np.testing.assert_array_equal(weights, resumed.weights[name])


def test_a_damaged_checkpoint_begins_the_training_anew(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"not a checkpoint")
    made = list(pairs(PARTS.trained, 1))

    trained = _trained(tiny_model, made, Schedule(steps=2, minutes=5, batch=8), tmp_path / "kept")

    assert trained.steps == 2


def test_time_that_is_over_ends_the_training_before_its_steps(
    tiny_model: Path, tmp_path: Path
) -> None:
    made = list(pairs(PARTS.trained, 1))
    schedule = Schedule(steps=10**6, minutes=1e-6, batch=8)

    assert _trained(tiny_model, made, schedule, tmp_path / "kept").steps == 1


def test_an_adapter_of_another_model_is_refused_in_a_sentence(
    tiny_model: Path, tmp_path: Path
) -> None:
    strange = {
        "encoder.layer.9.weight.A": np.zeros((2, 8)),
        "encoder.layer.9.weight.B": np.zeros((8, 2)),
    }
    save_file({n: w.astype(np.float32) for n, w in strange.items()}, tmp_path / "strange")

    with pytest.raises(ModelMismatch, match=r"made for another model; adapt the encoder again\.$"):
        ReferenceEncoder(tiny_model, adapter=tmp_path / "strange")


def test_a_static_model_has_nothing_to_adapt(tmp_path: Path) -> None:
    model = tiny_models.static(tmp_path)

    with pytest.raises(AdaptationRefused, match="no layers that could be adapted"):
        _trained(model, list(pairs(PARTS.trained, 1)), SCHEDULE, tmp_path / "kept")


def test_a_graphics_card_that_is_too_small_is_told(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("indexer.adaptation.trainer._Training.learn", full)

    with pytest.raises(AdaptationRefused, match="too little memory to adapt the encoder; add"):
        _trained(tiny_model, list(pairs(PARTS.trained, 1)), SCHEDULE, tmp_path / "kept")


def _noting(
    at: Callable[[Batches, int], Batch], noted: list[int]
) -> Callable[[Batches, int], Batch]:
    def noting(batches: Batches, step: int) -> Batch:
        noted.append(step)
        return at(batches, step)

    return noting
