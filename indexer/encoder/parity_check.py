"""Compares the vectors of an exported graph with the model's own, on this processor."""

import logging
from pathlib import Path

import numpy as np

from indexer.encoder import Encoder
from indexer.encoder.onnx_encoder import OnnxEncoder
from indexer.encoder.record import EncoderRecord
from indexer.encoder.torch_models import ReferenceEncoder
from indexer.errors import ModelMismatch

# The least cosine between a probe's vector and the one from sentence-transformers. Measured nDCG@10
# did not change with int8 vectors whose mean cosine is .99; a cosine below .95 comes from a wrong
# graph, not from rounding.
LEAST_COSINE = {"fp32": 0.9999, "int8": 0.95, "torch": 0.9999}

_log = logging.getLogger(__name__)


def worst_cosine(encoder: Encoder, record: EncoderRecord) -> float:
    vectors = encoder.encode_queries([probe.text for probe in record.probes])
    references = np.stack([probe.reference() for probe in record.probes])
    return float(np.einsum("ij,ij->i", vectors, references).min())


def has_parity(encoder: Encoder, record: EncoderRecord) -> bool:
    return worst_cosine(encoder, record) >= LEAST_COSINE[encoder.precision]


def open_encoder(directory: Path, record: EncoderRecord, threads: int) -> Encoder:
    """The fastest encoder in `directory` that passes the parity check on this processor.

    Raises ModelMismatch if none does.
    """
    if record.runtime == "sentence-transformers":
        _log.warning(
            "%s could not be exported: questions are embedded by torch, which costs about "
            "four times the time and 600 MB more memory",
            record.model,
        )
        return ReferenceEncoder(directory, dimensions=record.dimensions)
    for precision in dict.fromkeys((record.precision, "fp32")):
        encoder = OnnxEncoder(directory, record, precision, threads)
        if has_parity(encoder, record):
            return encoder
        _log.warning("%s: its %s graph is not exact on this processor", record.model, precision)
    raise ModelMismatch(
        f"{directory}: its graphs do not give the vectors of {record.model}; build again."
    )
