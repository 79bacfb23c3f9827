"""The texts of a corpus in the order of their vectors, as cache keys or as reused positions."""

from collections.abc import Iterator
from pathlib import Path

from indexer.index.vectors.embedding_cache import KEY_BYTES
from indexer.snapshot.previous_snapshot import ReusedTexts

Keys = list[bytes]


class TextKeys:
    """Stores cache keys on disk, and the positions of reused texts in memory."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._parts: list[int | ReusedTexts] = []  # numbers of keys, or reused texts
        self._count = 0
        file.write_bytes(b"")

    def __len__(self) -> int:
        return self._count

    def append(self, keys: Keys) -> None:
        if not keys:
            return
        with self._file.open("ab") as file:
            file.write(b"".join(keys))
        self._parts.append(len(keys))
        self._count += len(keys)

    def append_reused(self, taken: ReusedTexts) -> None:
        self._parts.append(taken)
        self._count += len(taken)

    def parts(self) -> Iterator[Keys | ReusedTexts]:
        """The keys and the reused texts, in the order of appending."""
        with self._file.open("rb") as file:
            for part in self._parts:
                yield _keys(file.read(part * KEY_BYTES)) if isinstance(part, int) else part

    def keys(self) -> Iterator[Keys]:
        return (part for part in self.parts() if isinstance(part, list))


def _keys(written: bytes) -> Keys:
    return [written[at : at + KEY_BYTES] for at in range(0, len(written), KEY_BYTES)]
