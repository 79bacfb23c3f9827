"""The manifest: what a snapshot contains and how it was built."""

import hashlib
import json
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from indexer.encoder.record import EncoderRecord
from indexer.encoder.reranker import RerankerRecord
from indexer.index.vectors.record import WANTED_RECALL, IndexRecord
from indexer.storage.checksums import FileRecord

FORMAT_VERSION = 5

_SEAL = b',\n "seal": "'


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Skipped(_Frozen):
    place: str
    reason: str


class FailedFeed(Skipped):
    """A feed whose episodes are those read last."""

    answered_at: datetime | None = None  # when that was


class CorpusRecord(_Frozen):
    sources: tuple[str, ...]  # the paths and addresses that the corpus was read from
    sources_sha256: str = ""  # of their content; empty in snapshots before format 2
    sha256: str  # of the stored episodes
    episodes: int
    merged: int = 0  # copies of an episode that were merged into it
    languages: dict[str, int]  # episodes by ISO 639 code, given by the corpus or detected
    languages_detected: dict[str, int] = {}
    unspaced: int | None = None  # records with words that no space divides; once not counted
    skipped: int
    first_skipped: tuple[Skipped, ...]
    failed_feeds: tuple[FailedFeed, ...] = ()  # their episodes are those of the last good reading


class SegmenterRecord(_Frozen):
    """What found the words of texts that do not space them."""

    name: str
    version: str


class LexicalRecord(_Frozen):
    kind: str
    language: str  # the language whose stemmer is used
    languages: tuple[str, ...] = ()  # the others of the episodes that have a stemmer
    segmenter: SegmenterRecord | None = None  # if a text needs one


class Contents(_Frozen):
    """The inputs of a build; equal inputs give equal answers."""

    corpus: CorpusRecord
    encoder: EncoderRecord  # of the questions
    document_encoder: EncoderRecord | None = None  # if the documents have another one
    embedded_in: str | None = None  # precision of the documents, if not the encoder's own
    reranker: RerankerRecord | None = None
    lexical: LexicalRecord
    wanted_recall: float = WANTED_RECALL
    engine: str | None = None  # the address of what has the vectors, if the snapshot has not

    @property
    def embedded_by(self) -> EncoderRecord:
        """The encoder of the documents."""
        return self.document_encoder or self.encoder

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
        if self.document_encoder:
            inputs["document_encoder"] = self.document_encoder.fingerprint
        if self.engine:
            inputs["engine"] = self.engine
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


class Manifest(Contents):
    index: IndexRecord  # not in the fingerprint: it follows from the inputs
    format_version: int
    snapshot_id: str
    built_at: datetime
    previous: str | None = None  # the snapshot that was in force before this one
    files: dict[str, FileRecord]
    versions: dict[str, str]  # of the libraries that built it


def sealed(manifest: Manifest) -> bytes:
    """JSON whose last field is the SHA-256 of every byte before it."""
    return _seal(manifest.model_dump_json(indent=1).encode().removesuffix(b"\n}"))


def is_whole(content: bytes) -> bool:
    """Whether a sealed manifest is unchanged."""
    return content == _seal(content.rpartition(_SEAL)[0])


def _seal(body: bytes) -> bytes:
    return body + _SEAL + hashlib.sha256(body).hexdigest().encode() + b'"\n}\n'
