"""An exported encoder on disk, made once per model and linked into every snapshot."""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indexer.encoder.model import Model, sha256_of
from indexer.encoder.onnx import GRAPHS, TOKENIZER, OnnxEncoder
from indexer.encoder.proof import LEAST_COSINE, worst_cosine
from indexer.encoder.record import PROBE_TEXTS, EncoderRecord, Probe
from indexer.encoder.reference import ReferenceEncoder
from indexer.errors import ExportRefused

_RECORD = "encoder.json"
_STAGING = ".staging-"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Artifact:
    directory: Path
    record: EncoderRecord

    def link_into(self, directory: Path) -> None:
        """The same files under another name: a snapshot carries its encoder at no cost."""
        for file in self.record.files:
            target = directory / file
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(self.directory / file, target)


def prepare(model: Model, cache: Path, precision: str, threads: int) -> Artifact:
    """The artifact of `model` in `cache`; exported and proved now where it is not there yet."""
    directory = cache / f"{model.fingerprint}-{precision}"
    with _alone(cache):
        return _open(directory) or _export(model, directory, precision, threads)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One export at a time; a second waits for the first. What a killed one left is removed."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left_behind in cache.glob(f"{_STAGING}*"):
            shutil.rmtree(left_behind)
        yield


def _open(directory: Path) -> Artifact | None:
    """What is there, if it is whole: a kill or a damaged disk costs an export, nothing more."""
    try:
        record = EncoderRecord.model_validate_json((directory / _RECORD).read_bytes())
        whole = all(sha256_of(directory / file) == sum_ for file, sum_ in record.files.items())
    except (OSError, ValueError):
        return None
    return Artifact(directory, record) if whole else None


def _export(model: Model, directory: Path, precision: str, threads: int) -> Artifact:
    reference = ReferenceEncoder(model.path)
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=directory.parent))
    try:
        record = _write(model, reference, staging, precision, threads)
        (staging / _RECORD).write_text(record.model_dump_json(indent=1))
        shutil.rmtree(directory, ignore_errors=True)
        staging.chmod(0o755)
        staging.rename(directory)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Artifact(directory, record)


def _write(
    model: Model, reference: ReferenceEncoder, staging: Path, precision: str, threads: int
) -> EncoderRecord:
    record = _record(model, reference)
    try:
        reference.save_tokenizer(staging / TOKENIZER)
        reference.export(staging / GRAPHS["fp32"])
        _prove(staging, record, "fp32", threads)
    except Exception as error:
        _log.warning(
            "%s cannot be exported (%s); the service will need torch",
            model.name,
            _first_line(error),
        )
        return _as_it_is(model, record, staging)
    return _with_graphs(record, staging, precision, threads)


def _record(model: Model, reference: ReferenceEncoder) -> EncoderRecord:
    vectors = reference.encode_queries(PROBE_TEXTS)
    return EncoderRecord(
        model=model.name,
        revision=model.revision,
        fingerprint=model.fingerprint,
        runtime="onnx",
        precision="fp32",
        dimension=reference.dimension,
        max_tokens=reference.max_tokens,
        query_prompt=reference.query_prompt,
        document_prompt=reference.document_prompt,
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
            (staging / GRAPHS["int8"]).unlink()
            precision = "fp32"
    files = {file.name: sha256_of(file) for file in sorted(staging.iterdir())}
    return record.model_copy(update={"precision": precision, "files": files})


def _quantise(staging: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        staging / GRAPHS["fp32"],
        staging / GRAPHS["int8"],
        weight_type=QuantType.QInt8,
        per_channel=True,
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


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
