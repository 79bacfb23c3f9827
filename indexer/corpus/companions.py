"""Gets the files that belong to episodes: transcripts and chapters, from addresses and paths.

What cannot be had is told and left out; its episode is read without it.
"""

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from indexer.corpus.fetching.addresses import public_form
from indexer.corpus.fetching.answer import Answer
from indexer.corpus.fetching.fetcher import Fetcher
from indexer.corpus.fetching.kept_page import KeptPage
from indexer.corpus.records.durations import read_seconds
from indexer.corpus.records.location import Record, Rejection
from indexer.corpus.sources import Gathered, Readable
from indexer.corpus.transcripts import (
    NoTranscript,
    Transcript,
    read_chapters_file,
    read_transcript,
)
from indexer.episode import Json
from indexer.storage.checksums import sha256_of
from indexer.storage.durable_write import write_synced

_SECONDS = 600.0  # of fetching in one build; what is left is fetched by the next
_AT_A_TIME = 64
_MOST_BYTES = 16 << 20
_BEST = ("vtt", "json", "srt", "subrip", "html", "plain")  # of the forms that one episode has
_LONGEST_PATH = 400
_NAMES = "names.json"
_STORED = ".cues"
_WEB = ("http://", "https://")

Fields = Mapping[str, Json]


class Named(NamedTuple):
    """What a record names: of a transcript a path or an address, and the address of chapters."""

    source: str  # the path or address of the record
    path: str | None = None
    transcript: str | None = None
    chapters: str | None = None

    @classmethod
    def by(cls, record: Record) -> "Named":
        """Of a record that names several transcripts, the one whose form is read best."""
        fields = record.fields
        path = _path(fields)
        given = bool(fields.get("chapters"))
        return cls(
            source=record.place.source,
            path=path,
            transcript=None if path else _transcript_address(fields),
            chapters=None if given else _address(fields, "chapters_url"),
        )

    def addresses(self) -> Iterator[str]:
        yield from filter(None, (self.transcript, self.chapters))


class _File(NamedTuple):
    """What a record names, and the file where it lies; or the reason why there is none."""

    name: str
    file: Path | None
    reason: str = ""


@dataclass(frozen=True)
class Companions:
    """The files of all records of a corpus, kept in `directory` from one build to the next."""

    directory: Path
    allow_private: bool = False
    seconds: float = _SECONDS
    _failed: dict[str, str] = field(default_factory=dict)

    def of(self, gathered: Sequence[Gathered]) -> list[Gathered]:
        """Fetch what the records name, and accompany each part with it."""
        named = self._named_by(gathered)
        addresses = dict.fromkeys(
            address for part in named for each in part for address in each.addresses()
        )
        self._fetch([each for each in addresses if not self._kept(each).is_fresh()])
        return [
            part if isinstance(part, Rejection) else Accompanied(part, self, of_it)
            for part, of_it in zip(gathered, named, strict=True)
        ]

    def _named_by(self, gathered: Sequence[Gathered]) -> list[Sequence[Named]]:
        """What each part names; parts that have not changed since the last build are not read."""
        file = self.directory / _NAMES
        try:
            known = json.loads(file.read_bytes())
        except (OSError, ValueError):
            known = {}
        read: dict[str, list[Named]] = {}
        found: list[Sequence[Named]] = []
        for part in gathered:
            if isinstance(part, Rejection):
                found.append(())
                continue
            key = part.fingerprint()
            read[key] = [Named(*each) for each in known[key]] if key in known else _named(part)
            found.append(read[key])
        self.directory.mkdir(parents=True, exist_ok=True)
        write_synced(file, json.dumps(read).encode())
        return found

    def _fetch(self, addresses: Sequence[str]) -> None:
        """In the time that a build has for it; others are told as left for the next one."""
        fetch = Fetcher(
            self.directory,
            self.allow_private,
            most_bytes=_MOST_BYTES,
            most_wait=0.0,
            follow=False,
            unit="transcripts and chapters",
        )
        started = time.monotonic()
        for start in range(0, len(addresses), _AT_A_TIME):
            some = addresses[start : start + _AT_A_TIME]
            if time.monotonic() - started > self.seconds:
                self._failed.update(dict.fromkeys(some, "is left for the next build"))
                continue
            answers = fetch(some)
            self._failed.update(
                (address, str(answer))
                for address, answer in answers.items()
                if not isinstance(answer, Answer)
            )

    def _kept(self, address: str) -> KeptPage:
        return KeptPage(self.directory, address)

    def transcript_of(self, named: Named) -> _File | None:
        if named.path:
            return _beside(named.source, named.path)
        return self._fetched(named.transcript) if named.transcript else None

    def chapters_of(self, named: Named) -> _File | None:
        return self._fetched(named.chapters) if named.chapters else None

    def _fetched(self, address: str) -> _File:
        """The last answer, even where asking again has failed."""
        page = self._kept(address)
        if page.file.is_file():
            return _File(public_form(address), page.file)
        reason = self._failed.get(address, "was not fetched")
        return _File(public_form(address), None, reason)

    def store(self, transcript: Transcript) -> str:
        """The name under which the transcript is stored."""
        name = transcript.digest
        file = self.directory / f"{name}{_STORED}"
        if not file.is_file():
            self.directory.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".tmp")
            write_synced(draft, transcript.to_json())
            draft.replace(file)  # a killed build leaves no half of it
        return name

    def sweep(self, names: Collection[str]) -> None:
        """Remove the stored transcripts but for these."""
        for file in self.directory.glob(f"*{_STORED}"):
            if file.stem not in names:
                file.unlink(missing_ok=True)


def stored_transcript(directory: Path, name: str) -> Transcript:
    return Transcript.from_json((directory / f"{name}{_STORED}").read_bytes())


@dataclass(frozen=True, slots=True)
class Accompanied:
    """A part of a corpus whose records have their transcripts and chapters."""

    part: Readable
    companions: Companions
    named: Sequence[Named]  # by its records

    def records(self) -> Iterator[Record | Rejection]:
        for record in self.part.records():
            if isinstance(record, Rejection):
                yield record
            else:
                yield from self._accompanied(record)

    def fingerprint(self) -> str:
        """Equal if the part and all that accompanies it are equal."""
        files = (file for named in self.named for file in self._files(named))
        digests = (_digest(each) for each in files)
        return "\n".join([self.part.fingerprint(), *digests])

    def _files(self, named: Named) -> Iterator[_File]:
        found = (self.companions.transcript_of(named), self.companions.chapters_of(named))
        yield from filter(None, found)

    def _accompanied(self, record: Record) -> Iterator[Record | Rejection]:
        fields = {**record.fields, "transcript_id": None}
        length, named = _length(fields), Named.by(record)
        if file := self.companions.transcript_of(named):
            try:
                transcript = read_transcript(_present(file), length)
                fields["transcript_id"] = self.companions.store(transcript)
            except NoTranscript as reason:
                yield _note(record, "transcript", file, reason)
        if file := self.companions.chapters_of(named):
            try:
                fields["chapters"] = read_chapters_file(_present(file), length)
            except NoTranscript as reason:
                yield _note(record, "chapters", file, reason)
        yield Record(record.place, fields)


def _digest(file: _File) -> str:
    try:
        return f"{file.name} {sha256_of(file.file)}" if file.file else f"{file.name} -"
    except OSError:
        return f"{file.name} -"


def _present(file: _File) -> Path:
    if file.file is None:
        raise NoTranscript(file.reason)
    return file.file


def _note(record: Record, what: str, file: _File, reason: NoTranscript) -> Rejection:
    sentence = f"its {what} {file.name} {reason} (left out until then)"
    return Rejection(record.place, sentence, kept=True)


def _length(fields: Fields) -> float | None:
    try:
        return read_seconds(str(fields["duration_s"]).strip()) or None
    except (KeyError, ValueError):
        return None


def _named(part: Readable) -> list[Named]:
    named = (Named.by(record) for record in part.records() if isinstance(record, Record))
    return [each for each in named if any(each[1:])]


def _path(fields: Fields) -> str | None:
    """A field of this name may also have the transcript itself, which is no path."""
    value = fields.get("transcript")
    if not isinstance(value, str) or len(value) > _LONGEST_PATH or "\n" in value.strip():
        return None
    return value.strip() or None


def _address(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) and value.strip().startswith(_WEB) else None


def _transcript_address(fields: Fields) -> str | None:
    listed = fields.get("transcripts")
    given = filter(_is_transcript, listed if isinstance(listed, list) else [])
    best = min(given, key=_rank, default=None)
    return str(best["url"]).strip() if best else _address(fields, "transcript_url")


def _is_transcript(each: Json) -> bool:
    return isinstance(each, Mapping) and _address(each, "url") is not None


def _rank(each: Fields) -> int:
    form = f"{each.get('type', '')} {each['url']}".lower()
    return next((place for place, name in enumerate(_BEST) if name in form), len(_BEST))


def _beside(source: str, path: str) -> _File:
    """A file beside the corpus. A path that leads out of its folder is refused."""
    folder = Path(source).resolve().parent
    file = (folder / path).resolve()
    if not file.is_relative_to(folder):
        return _File(path[:200], None, "lies outside of the folder of the corpus")
    if not file.is_file():
        return _File(path[:200], None, "is not there")
    return _File(path[:200], file)
