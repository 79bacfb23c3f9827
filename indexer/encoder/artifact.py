"""An exported encoder on disk: its graphs, its tokenizer, and the probes that verify them."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

from indexer.encoder.artifact_cache import CachedArtifact, cached_artifact, checksums
from indexer.encoder.graph import TOKENIZER
from indexer.encoder.model import Model
from indexer.encoder.onnx_encoder import GRAPHS, OnnxEncoder
from indexer.encoder.parity_check import LEAST_COSINE, worst_cosine
from indexer.encoder.record import PROBE_TEXTS, EncoderRecord, Probe
from indexer.encoder.torch_models import ReferenceEncoder
from indexer.errors import ExportRefused, ModelMismatch
from indexer.execution.quiet_logging import quiet

Artifact = CachedArtifact[EncoderRecord]

_log = logging.getLogger(__name__)


def prepare(model: Model, cache: Path, precision: str, threads: int) -> Artifact:
    """The artifact of `model` from `cache`; exported and verified now if it is not there.

    An int8 graph that fails verification is replaced by fp32. A model that cannot be exported is
    stored as it is, and then needs torch to run. Both are logged as warnings.
    """

    def make(directory: Path) -> EncoderRecord:
        return _write(model, _reference(model), directory, precision, threads)

    made = cached_artifact(cache, model, precision, EncoderRecord, make)
    record = made.record.model_copy(update={"adaptation": model.adaptation})
    return replace(made, record=record)


def _write(
    model: Model, reference: ReferenceEncoder, staging: Path, precision: str, threads: int
) -> EncoderRecord:
    record = _record(model, reference)
    try:
        reference.save_tokenizer(staging / TOKENIZER)
        reference.export(staging / GRAPHS["fp32"])
        _prove(staging, record, "fp32", threads)
    except Exception as error:
        if model.adapter:
            raise ExportRefused(f"{model.name}: its adapter cannot be exported") from error
        _log.warning(
            "%s cannot be exported (%s); the service will need torch",
            model.name,
            _first_line(error),
        )
        return _as_it_is(model, record, staging)
    return _with_graphs(record, staging, precision, threads)


def _reference(model: Model) -> ReferenceEncoder:
    """Raises ModelMismatch if its vectors are shorter than is asked for."""
    reference = ReferenceEncoder(model.path, dimensions=model.dimensions, adapter=model.adapter)
    if model.dimensions and reference.dimension < model.dimensions:
        raise ModelMismatch(
            f"{model.name}: has {reference.dimension} dimensions and {model.dimensions} are asked "
            "for; ask for fewer."
        )
    return reference


def _record(model: Model, reference: ReferenceEncoder) -> EncoderRecord:
    vectors = reference.encode_queries(PROBE_TEXTS)
    return EncoderRecord(
        model=model.name,
        revision=model.revision,
        fingerprint=model.fingerprint,
        runtime="onnx",
        precision="fp32",
        dimension=reference.dimension,
        dimensions=model.dimensions,
        max_tokens=reference.max_tokens,
        query_prompt=reference.query_prompt,
        document_prompt=reference.document_prompt,
        languages=model.languages,
        probes=tuple(map(Probe.of, PROBE_TEXTS, vectors)),
        files={},
    )


def _with_graphs(
    record: EncoderRecord, staging: Path, precision: str, threads: int
) -> EncoderRecord:
    if precision == "int8":
        _quantise(staging)
        try:
            _prove(staging, record, "int8", threads)
        except ExportRefused as refused:
            _log.warning("%s; full precision is used instead", refused)
            for file in staging.glob(f"{GRAPHS['int8']}*"):
                file.unlink()
            precision = "fp32"
    return record.model_copy(update={"precision": precision, "files": checksums(staging)})


def _quantise(staging: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with quiet():
        quantize_dynamic(
            staging / GRAPHS["fp32"],
            staging / GRAPHS["int8"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            # Weights in a file of their own are mapped, and shared, where they are not repacked.
            use_external_data_format=True,
        )


def _prove(staging: Path, record: EncoderRecord, precision: str, threads: int) -> None:
    cosine = worst_cosine(OnnxEncoder(staging, record, precision, threads), record)
    if cosine < LEAST_COSINE[precision]:
        raise ExportRefused(
            f"the {precision} graph of {record.model} is {cosine:.4f} from its own vectors, "
            f"less than {LEAST_COSINE[precision]}"
        )


def _as_it_is(model: Model, record: EncoderRecord, staging: Path) -> EncoderRecord:
    for file in staging.iterdir():
        file.unlink()
    for name in model.checksums:
        target = staging / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model.path / name, target)
    return record.model_copy(
        update={"runtime": "sentence-transformers", "precision": "torch", "files": model.checksums}
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
