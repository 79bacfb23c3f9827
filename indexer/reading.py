"""A corpus -> the episodes of a snapshot, each once and with its language, and the record of it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from indexer.corpus import (
    Gathered,
    Rejection,
    lasting_name,
    read_gathered,
    sources_fingerprint,
)
from indexer.duplicates import Clues, clues_of, merge_duplicates
from indexer.episode import Episode
from indexer.errors import CorpusError
from indexer.languages import Language, language_of, primary
from indexer.manifest import CorpusRecord, Skipped
from indexer.snapshot.staging import Staging

_REJECTIONS_TOLD = 100

OnRejected = Callable[[Rejection], None]


class Sources(NamedTuple):
    """What a corpus is read from."""

    names: tuple[str, ...]
    sha256: str  # equal where they say the same

    @classmethod
    def of(cls, corpus: Sequence[object], gathered: Sequence[Gathered]) -> "Sources":
        return cls(tuple(lasting_name(str(name)) for name in corpus), sources_fingerprint(gathered))


def read(
    gathered: Sequence[Gathered],
    sources: Sources,
    place: Staging,
    on_rejected: OnRejected,
    processes: int,
) -> CorpusRecord:
    """Raises CorpusError where there is no episode."""
    skipped: list[Rejection] = []

    def skip(rejection: Rejection) -> None:
        on_rejected(rejection)
        if not rejection.kept:
            skipped.append(rejection)

    languages = _Languages()
    with place.write_episodes() as writer:
        found = read_gathered(gathered, skip, _look, processes)
        repeats = merge_duplicates(languages.noted(found), place.scratch, writer)
    if not len(writer):
        reasons = "; ".join(map(str, skipped[:3])) or "no file was given"
        raise CorpusError(f"The corpus has no episode: {reasons}.")
    return CorpusRecord(
        sources=sources.names,
        sources_sha256=sources.sha256,
        sha256=writer.sha256,
        episodes=len(writer),
        merged=len(repeats),
        languages=languages.counted(repeats),
        languages_detected=languages.counted(repeats, detected=True),
        skipped=len(skipped),
        first_skipped=tuple(
            Skipped(place=str(rejection.place), reason=rejection.reason)
            for rejection in skipped[:_REJECTIONS_TOLD]
        ),
    )


class _Seen(NamedTuple):
    """In an episode, by the process that read it."""

    language: Language | None
    clues: Clues


def _look(episode: Episode) -> _Seen:
    return _Seen(language_of(episode), clues_of(episode))


class _Languages:
    """Of each episode, in the order in which they are read."""

    def __init__(self) -> None:
        self._known: dict[Language | None, Language | None] = {}  # each kind once
        self._told: list[Language | None] = []

    def noted(self, found: Iterator[tuple[Episode, _Seen]]) -> Iterator[tuple[Episode, Clues]]:
        """The episodes with their languages."""
        for episode, (language, clues) in found:
            self._told.append(self._known.setdefault(language, language))
            yield (replace(episode, language=language.tag) if language else episode), clues

    def counted(self, repeats: Collection[int], *, detected: bool = False) -> dict[str, int]:
        """Episodes by ISO 639 code, the most frequent first: all, or those it was detected of."""
        counts = Counter(
            primary(language.tag)
            for number, language in enumerate(self._told)
            if language and number not in repeats and language.detected >= detected
        )
        return dict(counts.most_common())
