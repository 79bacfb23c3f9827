"""Reads a corpus into the episodes of a snapshot: merges duplicates, detects languages."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import NamedTuple, TypeVar

from indexer.corpus import (
    Gathered,
    Record,
    Rejection,
    lasting_name,
    public_name,
    records_of,
    sources_fingerprint,
    with_unique_ids,
)
from indexer.corpus.deduplication import merge_duplicates
from indexer.corpus.languages import Language, primary
from indexer.corpus.parse_cache import ParseCache, ParseCacheWriter, ParsedRecord, parse_cached
from indexer.errors import CorpusError
from indexer.execution.parallel import map_in_processes
from indexer.snapshot.manifest import CorpusRecord, FailedFeed, Skipped
from indexer.snapshot.staging import Staging

_RECORDS_A_BATCH = 256
_REJECTIONS_TOLD = 100

OnRejected = Callable[[Rejection], None]
T = TypeVar("T")


class Sources(NamedTuple):
    """The sources of a corpus."""

    names: tuple[str, ...]
    sha256: str  # of their content

    @classmethod
    def of(cls, corpus: Sequence[object], gathered: Sequence[Gathered]) -> "Sources":
        """Names are in public form, without the secrets of addresses, since clients see them."""
        names = tuple(public_name(lasting_name(str(name))) for name in corpus)
        return cls(names, sources_fingerprint(gathered))


def ingest(
    gathered: Sequence[Gathered],
    sources: Sources,
    staging: Staging,
    before: ParseCache | None,
    on_rejected: OnRejected,
    processes: int,
) -> CorpusRecord:
    """Read and write the episodes. Raises CorpusError if there are none."""
    skipped: list[Rejection] = []

    def skip(rejection: Rejection) -> None:
        on_rejected(rejection)
        if not rejection.kept:
            skipped.append(rejection)

    parse = partial(_parsed, before)
    batches = map_in_processes(parse, _batches(records_of(gathered)), processes)
    languages, parsed, unspaced = _Languages(), ParseCacheWriter(), _Unspaced()
    noted = _noted(
        with_unique_ids(chain.from_iterable(batches), skip), languages.add, parsed.add, unspaced.add
    )
    with closing(staging.write_episodes()) as writer:
        merged = merge_duplicates(noted, staging.scratch, writer)
    staging.write_parse_cache(parsed, merged)
    if not len(writer):
        raise _no_episode(skipped)
    return CorpusRecord(
        sources=sources.names,
        sources_sha256=sources.sha256,
        sha256=writer.sha256,
        episodes=len(writer),
        merged=len(merged.repeats),
        languages=languages.counted(merged.repeats),
        languages_detected=languages.counted(merged.repeats, detected=True),
        unspaced=unspaced.count,
        skipped=len(skipped),
        first_skipped=_described(skipped[:_REJECTIONS_TOLD]),
        failed_feeds=tuple(_failed(gathered)),
    )


def _parsed(
    before: ParseCache | None, records: list[Record | Rejection]
) -> list[ParsedRecord | Rejection]:
    return [found for record in records for found in parse_cached(record, before)]


def _no_episode(skipped: Sequence[Rejection]) -> CorpusError:
    reasons = "; ".join(map(str, skipped[:3])) or "no file was given"
    return CorpusError(f"The corpus has no episode: {reasons}.")


def _described(rejections: Iterable[Rejection]) -> tuple[Skipped, ...]:
    return tuple(Skipped(place=str(each.place), reason=each.reason) for each in rejections)


def _failed(gathered: Iterable[Gathered]) -> Iterator[FailedFeed]:
    for each in gathered:
        if isinstance(each, Rejection) and each.answered_at:
            answered_at = datetime.fromisoformat(each.answered_at)
            yield FailedFeed(place=str(each.place), reason=each.reason, answered_at=answered_at)


def _batches(records: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(records, _RECORDS_A_BATCH)):
        yield batch


def _noted(
    parsed: Iterable[ParsedRecord], *note: Callable[[ParsedRecord], None]
) -> Iterator[ParsedRecord]:
    for record in parsed:
        for each in note:
            each(record)
        yield record


class _Unspaced:
    """Counts the records whose words ICU must find."""

    count = 0

    def add(self, reading: ParsedRecord) -> None:
        self.count += reading.unspaced


class _Languages:
    """The languages of the episodes, in the order of reading."""

    def __init__(self) -> None:
        self._known: dict[Language | None, Language | None] = {}  # equal ones share an object
        self._told: list[Language | None] = []

    def add(self, reading: ParsedRecord) -> None:
        self._told.append(self._known.setdefault(reading.language, reading.language))

    def counted(self, repeats: Collection[int], *, detected: bool = False) -> dict[str, int]:
        """Episodes by ISO 639 code, most frequent first; with `detected`, only detected ones."""
        counts = Counter(
            primary(language.tag)
            for number, language in enumerate(self._told)
            if language and number not in repeats and language.detected >= detected
        )
        return dict(counts.most_common())
