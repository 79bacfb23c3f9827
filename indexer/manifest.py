"""What a snapshot says about itself."""

import hashlib
import json
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from indexer.encoder.record import EncoderRecord

FORMAT_VERSION = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Skipped(_Frozen):
    place: str
    reason: str


class CorpusRecord(_Frozen):
    sources: tuple[str, ...]  # the paths and addresses it was read from
    sha256: str  # of the stored episodes
    episodes: int
    skipped: int
    first_skipped: tuple[Skipped, ...]


class IndexRecord(_Frozen):
    kind: str
    metric: str
    parameters: dict[str, int | float | str]
    recall_at_10: float  # against exact search


class LexicalRecord(_Frozen):
    kind: str
    language: str  # whose words are stemmed


class FileRecord(_Frozen):
    bytes: int
    sha256: str


class Manifest(_Frozen):
    format_version: int
    snapshot_id: str
    fingerprint: str
    built_at: datetime
    corpus: CorpusRecord
    encoder: EncoderRecord
    index: IndexRecord
    lexical: LexicalRecord
    files: dict[str, FileRecord]
    versions: dict[str, str]  # of the libraries that built it


def fingerprint_of(
    corpus: CorpusRecord, encoder: EncoderRecord, index_kind: str, lexical: LexicalRecord
) -> str:
    """Equal where a build would give the same snapshot again."""
    inputs = {
        "format": FORMAT_VERSION,
        "corpus": corpus.sha256,
        "encoder": encoder.fingerprint,
        "precision": encoder.precision,
        "index": index_kind,
        "lexical": lexical.model_dump(),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]
