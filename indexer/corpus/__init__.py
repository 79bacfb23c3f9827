"""Where do episodes come from?

`read_corpus` reads files of any supported form into episodes, in order. Each form has a reader
that yields records (a place and its fields) or rejections (a place and why); `record` turns
fields into an `Episode`. A rejected record never stops the others unless the caller raises.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from indexer.corpus.delimited import read_delimited
from indexer.corpus.json_lines import read_json_lines
from indexer.corpus.place import Place, Record, Rejection
from indexer.corpus.record import InvalidRecord, episode_from_fields
from indexer.corpus.text import read_text
from indexer.episode import Episode
from indexer.errors import CorpusError

__all__ = ["Place", "Rejection", "read_corpus"]

Reader = Callable[[Path], Iterator[Record | Rejection]]

_READERS: dict[str, Reader] = {
    ".txt": read_text,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".csv": read_delimited,
    ".tsv": read_delimited,
}


def read_corpus(
    paths: Sequence[Path], on_rejected: Callable[[Rejection], None]
) -> Iterator[Episode]:
    """Yield the episodes of `paths`; hand what has to be left out to `on_rejected`.

    Raises CorpusError where a whole file cannot be read.
    """
    first_seen: dict[bytes, Place] = {}
    for path in paths:
        for record in _reader(path)(path):
            if isinstance(record, Rejection):
                on_rejected(record)
                continue
            try:
                episode = _episode(record, on_rejected)
                _refuse_used_id(episode, record.place, first_seen)
            except InvalidRecord as invalid:
                on_rejected(Rejection(record.place, str(invalid)))
            else:
                yield episode


def _reader(path: Path) -> Reader:
    if not path.is_file():
        raise CorpusError(f"{path}: there is no such file; check the path given as the corpus.")
    try:
        return _READERS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(_READERS)
        raise CorpusError(f"{path}: cannot tell its form; name it with one of {known}.") from None


def _episode(record: Record, on_rejected: Callable[[Rejection], None]) -> Episode:
    def on_left_out(reason: str) -> None:
        on_rejected(Rejection(record.place, f"{reason} (left out until then)", kept=True))

    return episode_from_fields(record.fields, on_left_out)


def _refuse_used_id(episode: Episode, place: Place, first_seen: dict[bytes, Place]) -> None:
    # A digest, since ten million ids would not fit in memory beside the index.
    key = blake2b(episode.episode_id.encode(), digest_size=12).digest()
    first = first_seen.setdefault(key, place)
    if first is not place:
        raise InvalidRecord(
            f"the id {episode.episode_id!r} was already used at {first}; give each its own"
        )
