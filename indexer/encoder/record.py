"""The manifest's record of the encoder, with probes to verify it."""

import base64
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from indexer.encoder import Vectors
from indexer.encoder.artifact_cache import ModelRecord
from indexer.encoder.model import AdaptationRecord

# Texts of every kind that an encoder gets, so that any defect of a graph changes a probe's vector.
PROBE_TEXTS = (
    "kafka",
    "Aravind Suresh",
    "how do I scale a streaming platform?",
    "who won the one billion row challenge",
    "It's a well-known real-time problem, isn't it?",
    "¿Qué episodio habla de música? Über Ärzte und 東京.",
    "S3E14: 1,000,000 rows, $3M, 99.9% & 24/7",
    "In this episode a guest explains how her team moved a monolith to event streaming, what "
    "broke on the way, and why the simplest design was the one that stayed up.",
    "A long summary goes on and on about databases, queues, caches and the people who run them. "
    * 20,
)


class Probe(BaseModel):
    """A text and its query vector from sentence-transformers."""

    model_config = ConfigDict(frozen=True)

    text: str
    vector: str  # base64 of float32, little-endian

    @classmethod
    def of(cls, text: str, vector: Vectors) -> "Probe":
        encoded = base64.b64encode(vector.astype("<f4").tobytes()).decode()
        return cls(text=text, vector=encoded)

    def reference(self) -> Vectors:
        return np.frombuffer(base64.b64decode(self.vector), "<f4")


class EncoderRecord(ModelRecord):
    runtime: Literal["onnx", "sentence-transformers"]
    precision: Literal["int8", "fp32", "torch"]  # the default one
    dimension: int
    dimensions: int | None = None  # that were asked for: the model's own vectors have more
    max_tokens: int
    query_prompt: str
    document_prompt: str
    languages: tuple[str, ...] = ()  # ISO 639 codes from the model card; empty if it names none
    probes: tuple[Probe, ...]
    adaptation: AdaptationRecord | None = None  # None: the model as it is
