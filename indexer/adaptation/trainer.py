"""Trains low-rank weights of an encoder with pairs of questions and texts.

Only this module imports peft, and only it and the encoder's `torch_models` import torch, inside
functions, since loading them takes seconds.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from indexer.adaptation.batches import Batch, Batches
from indexer.adaptation.checkpoint import Checkpoint, Progress, Weights
from indexer.encoder import Vectors
from indexer.encoder.torch_models import ReferenceEncoder
from indexer.errors import AdaptationRefused
from indexer.execution.progress import progress

_A, _B = ".lora_A.default.weight", ".lora_B.default.weight"
_WARM_UP = 0.1  # of the schedule
_TOKENS = 128  # of a text; the mean summary has 110
_LARGEST_GRADIENT = 1.0
_SECONDS_BETWEEN_CHECKPOINTS = 20.0


@dataclass(frozen=True)
class Schedule:
    """How long and how strongly is trained."""

    steps: int
    minutes: float  # the schedule ends by then, after however many steps
    batch: int = 48
    rank: int = 16
    learning_rate: float = 1e-3
    sharpness: float = 20.0  # what cosines are multiplied by
    drift: float = 2.0  # weight of the distance from the base vectors, beside the loss
    seed: int = 1

    def for_pairs(self, count: int, rounds: int) -> "Schedule":
        """The same with fewer steps if these would read the pairs in more rounds."""
        return replace(self, steps=min(self.steps, max(1, rounds * count // (self.batch // 2))))

    def done(self, step: int, seconds: float) -> float:
        """The share of the schedule that has passed, by steps or by time."""
        return max(step / self.steps, seconds / (60 * self.minutes))

    def rate(self, done: float) -> float:
        """The learning rate: a short rise, then a cosine to 0."""
        if done < _WARM_UP:
            return self.learning_rate * max(done, 1 / self.steps) / _WARM_UP
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


@dataclass(frozen=True)
class Trained:
    weights: Weights  # A and B by the name of the weight that their product is added to
    steps: int
    seconds: float
    seed: int

    def at(self, strength: float) -> Weights:
        """The weights, of which this share is added to the base's."""
        return {
            name: each * np.float32(strength) if name.endswith(".B") else each
            for name, each in self.weights.items()
        }


def train(
    encoder: ReferenceEncoder,
    batches: Batches,
    schedule: Schedule,
    checkpoint: Checkpoint,
    threads: int,
) -> Trained:
    """Train until the schedule ends, from the checkpoint on if there is one.

    Raises AdaptationRefused if the encoder has no layers to adapt, if a loss is no number, or if
    a graphics card has too little memory.
    """
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(schedule.seed)
    training = _Training(encoder, schedule)
    training.restore(checkpoint.read())
    try:
        _run(training, batches, schedule, checkpoint)
    except torch.OutOfMemoryError:
        raise AdaptationRefused(
            "the graphics card has too little memory to adapt the encoder; add --device cpu"
        ) from None
    return Trained(training.weights(), training.step, training.seconds, schedule.seed)


def _run(
    training: "_Training", batches: Batches, schedule: Schedule, checkpoint: Checkpoint
) -> None:
    saved = time.monotonic()
    told = round(100 * schedule.done(training.step, training.seconds))
    with progress("adapt", max(1, 100 - told), "percent") as advance:
        while (done := schedule.done(training.step, training.seconds)) < 1:
            training.learn(batches.at(training.step), schedule.rate(done))
            advance(round(100 * done) - told)
            told = round(100 * done)
            if time.monotonic() - saved > _SECONDS_BETWEEN_CHECKPOINTS:
                checkpoint.save(training.progress())
                saved = time.monotonic()
    checkpoint.save(training.progress())


class _Training:
    """The encoder with low-rank weights beside each of its linear layers, and their optimizer."""

    def __init__(self, encoder: ReferenceEncoder, schedule: Schedule) -> None:
        import torch

        self.step, self.seconds = 0, 0.0
        self._encoder, self._schedule = encoder, schedule
        self._model = encoder.network
        _inject(self._model, schedule.rank)
        self._low_rank = {n: p for n, p in self._model.named_parameters() if p.requires_grad}
        self._optimizer = torch.optim.AdamW(self._low_rank.values(), weight_decay=0.0)

    def learn(self, batch: Batch, rate: float) -> None:
        import torch

        started = time.monotonic()
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with _half_precision(self._model.device.type):
            loss = self._loss(batch)
        if not math.isfinite(loss.item()):
            raise AdaptationRefused("the loss of a batch is no number")
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self._low_rank.values()), _LARGEST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        self.seconds += time.monotonic() - started

    def _loss(self, batch: Batch) -> Any:
        """The cross-entropy of the right text and of the right question, and the drift."""
        import torch

        questions = self._vectors(self._encoder.query_prompt, batch.questions)
        texts = self._vectors(self._encoder.document_prompt, batch.texts)
        alike = torch.as_tensor(batch.alike, device=texts.device)
        scores = self._schedule.sharpness * (questions @ texts.T)
        scores = scores.masked_fill(alike, -torch.inf)
        right = torch.arange(len(scores), device=scores.device)
        wrong = torch.nn.functional.cross_entropy
        drift = _distance(questions, batch.base_questions) + _distance(texts, batch.base_texts)
        return (wrong(scores, right) + wrong(scores.T, right)) / 2 + self._schedule.drift * drift

    def _vectors(self, prompt: str, texts: Sequence[str]) -> Any:
        """(texts, dimension) float32 unit vectors; texts of like length run together."""
        import torch

        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        parts = [order[start : start + 16] for start in range(0, len(order), 16)]
        vectors = torch.cat([self._run([prompt + texts[i] for i in part]) for part in parts])
        return vectors[np.argsort(order)]

    def _run(self, texts: list[str]) -> Any:
        import torch

        tokenizer = self._model.tokenizer
        most = min(_TOKENS, self._encoder.max_tokens)
        tokens = tokenizer(
            texts, padding=True, truncation=True, max_length=most, return_tensors="pt"
        )
        features = {
            name: tokens[name].to(self._model.device) for name in tokenizer.model_input_names
        }
        vectors = self._model(features)["sentence_embedding"].float()
        return torch.nn.functional.normalize(vectors[:, : self._encoder.dimension], dim=1)

    def weights(self) -> Weights:
        """A and B of each adapted weight."""
        named = {name: _array(each) for name, each in self._low_rank.items()}
        return {
            _inner(name).replace(_A, ".weight.A").replace(_B, ".weight.B"): each
            for name, each in named.items()
        }

    def progress(self) -> Progress:
        stored: Weights = {}
        for name, each in self._low_rank.items():
            state = self._optimizer.state[each]
            stored[name] = _array(each)
            stored[f"{name} mean"] = _array(state["exp_avg"])
            stored[f"{name} square"] = _array(state["exp_avg_sq"])
        return Progress(self.step, self.seconds, stored)

    def restore(self, progress: Progress | None) -> None:
        import torch

        if progress is None or not self._low_rank.keys() <= progress.weights.keys():
            return
        stored = {name: torch.as_tensor(each.copy()) for name, each in progress.weights.items()}
        for name, each in self._low_rank.items():
            each.data.copy_(stored[name])
            self._optimizer.state[each] = {
                "step": torch.tensor(float(progress.step)),
                "exp_avg": stored[f"{name} mean"].to(each.device),
                "exp_avg_sq": stored[f"{name} square"].to(each.device),
            }
        self.step, self.seconds = progress.step, progress.seconds


def _inject(model: Any, rank: int) -> None:
    """Put low-rank weights beside each linear layer of the transformer; only they are trained."""
    import torch
    from peft import LoraConfig, inject_adapter_in_model

    model.requires_grad_(False)
    linear = [n for n, m in model.named_modules() if isinstance(m, torch.nn.Linear)]
    layers = [name for name in linear if "layer" in name]
    if not layers:
        raise AdaptationRefused("the encoder has no layers that could be adapted")
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=rank, target_modules=layers), model)
    model.eval()  # no dropout: the trainings are short, and a step is the same each time


def _inner(name: str) -> str:
    """The name within the transformer, whatever the modules around it are called."""
    return name.split(".", 2)[2]


def _array(tensor: Any) -> Vectors:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())


def _distance(vectors: Any, base: Vectors) -> Any:
    """The mean of one minus the cosine."""
    import torch

    return (1 - (vectors * torch.as_tensor(base, device=vectors.device)).sum(dim=1)).mean()


@contextmanager
def _half_precision(device: str) -> Iterator[None]:
    """bfloat16 where the processor or the card computes in it."""
    import torch

    able = torch.cuda.is_bf16_supported() if device == "cuda" else _processor_has_bfloat16()
    with torch.autocast(device, torch.bfloat16, enabled=able):
        yield


def _processor_has_bfloat16() -> bool:
    import torch

    capabilities: dict[str, bool] = getattr(
        torch.cpu, "get_capabilities", dict
    )()  # since torch 2.13
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
