"""The manifest: what a snapshot contains and how it was built."""

import hashlib
import json
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from indexer.encoder.record import EncoderRecord
from indexer.encoder.reranker import RerankerRecord
from indexer.index.vectors.record import WANTED_RECALL, IndexRecord
from indexer.storage.checksums import FileRecord

FORMAT_VERSION = 3

_SEAL = b',\n "seal": "'


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Skipped(_Frozen):
    place: str
    reason: str


class CorpusRecord(_Frozen):
    sources: tuple[str, ...]  # the paths and addresses it was read from
    sources_sha256: str = ""  # of what they said; formats before 2 did not keep it
    sha256: str  # of the stored episodes
    episodes: int
    merged: int = 0  # other places of the same episodes
    languages: dict[str, int]  # episodes by ISO 639 code, said or detected
    languages_detected: dict[str, int] = {}
    unspaced: int | None = None  # records with words that no space divides; once not counted
    skipped: int
    first_skipped: tuple[Skipped, ...]
    failed_feeds: tuple[Skipped, ...] = ()  # whose episodes are those read last


class SegmenterRecord(_Frozen):
    """What found the words of texts that do not space them."""

    name: str
    version: str


class LexicalRecord(_Frozen):
    kind: str
    language: str  # whose words are stemmed
    segmenter: SegmenterRecord | None = None  # where a text needs one


class Contents(_Frozen):
    """What a snapshot is built from; equal contents give equal answers."""

    corpus: CorpusRecord
    encoder: EncoderRecord
    embedded_in: str | None = None  # documents, where not in the encoder's precision
    reranker: RerankerRecord | None = None
    lexical: LexicalRecord
    wanted_recall: float = WANTED_RECALL

    @property
    def fingerprint(self) -> str:
        inputs = {
            "format": FORMAT_VERSION,
            "corpus": self.corpus.sha256,
            "encoder": self.encoder.fingerprint,
            "precision": self.encoder.precision,
            "embedded_in": self.embedded_in,
            "reranker": self.reranker and self.reranker.fingerprint,
            "wanted_recall": self.wanted_recall,
            "lexical": self.lexical.model_dump(exclude_none=True),
        }
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


class Manifest(Contents):
    index: IndexRecord  # follows from the contents
    format_version: int
    snapshot_id: str
    built_at: datetime
    previous: str | None = None  # what was in force before
    files: dict[str, FileRecord]
    versions: dict[str, str]  # of the libraries that built it


def sealed(manifest: Manifest) -> bytes:
    """JSON whose last field is the SHA-256 of every byte before it."""
    return _seal(manifest.model_dump_json(indent=1).encode().removesuffix(b"\n}"))


def is_whole(content: bytes) -> bool:
    """Whether no byte of a sealed manifest has changed."""
    return content == _seal(content.rpartition(_SEAL)[0])


def _seal(body: bytes) -> bytes:
    return body + _SEAL + hashlib.sha256(body).hexdigest().encode() + b'"\n}\n'
