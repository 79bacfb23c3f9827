"""Caches the vector of each text from one build to the next.

The int8 vector of a text depends a little on the other texts of its batch, so the cache stores a
batch as a whole: a build that continues after a kill embeds the same batches and gets the same
vectors. Vectors are always read from the cache, so new and cached ones are equal.

The keys of texts that a model may not know have a version, since caches of earlier builds have
other vectors of them; all other vectors of such caches are used.
"""

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from indexer.encoder import Vectors
from indexer.encoder.cluster import EncodeAll
from indexer.execution.progress import Advance
from indexer.text.plain_words import has_plain_word

KEY_BYTES = 16

_ZEROS_IF_UNKNOWN = b"zeros if unknown"  # the version of their keys

_SHORTEST = 1e-9  # least norm to divide by; a text without words may have a zero vector
_KEPT_AS = np.dtype("<f2")  # cosines are within .0005 of the exact ones
_TEXTS_A_BATCH = 4096
_MOST_WASTE = 2.0  # the cache may have this many times the vectors that a build uses
_TABLES = """
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL);
PRAGMA scratch.journal_mode = OFF;
PRAGMA scratch.synchronous = OFF;
CREATE TABLE scratch.wanted (place INTEGER PRIMARY KEY, key BLOB UNIQUE, text TEXT NOT NULL);
CREATE TABLE scratch.used (key BLOB PRIMARY KEY) WITHOUT ROWID;
"""


class Wanted(NamedTuple):
    """The amount of text that must be embedded."""

    texts: int
    characters: int


def text_key(text: str) -> bytes:
    version = b"" if has_plain_word(text) else _ZEROS_IF_UNKNOWN
    return blake2b(text.encode(), digest_size=KEY_BYTES, person=version).digest()


@contextmanager
def embedding_cache(file: Path, scratch: Path) -> Iterator["EmbeddingCache"]:
    """Open the cache in `file`; `scratch` is a directory for temporary files of the build.

    Raises OSError if the disk is full. A damaged file is replaced by an empty one.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with _os_errors(file), closing(_open(file, scratch / "wanted.sqlite")) as connection:
        yield EmbeddingCache(connection)


class EmbeddingCache:
    """The vectors of one encoder in one precision."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def want(self, texts: Sequence[str]) -> list[bytes]:
        """Note the texts that have no vector yet; returns the keys of all texts."""
        keys = [text_key(text) for text in texts]
        unknown = dict(zip(keys, texts, strict=True))
        for (key,) in self._select("SELECT key FROM vectors WHERE key IN", list(unknown)):
            del unknown[key]
        self._write(
            "INSERT OR IGNORE INTO scratch.wanted (key, text) VALUES (?, ?)", unknown.items()
        )
        return keys

    def wanted(self) -> Wanted:
        query = "SELECT count(*), ifnull(sum(length(text)), 0) FROM scratch.wanted"
        return Wanted(*self._connection.execute(query).fetchone())

    def embed(self, encode_all: EncodeAll, advance: Advance) -> None:
        """Embed the noted texts; calls `advance` with the characters of each batch."""
        sent: deque[tuple[list[bytes], list[str]]] = deque()

        def batches() -> Iterator[list[str]]:
            for batch in self._batches():
                sent.append(batch)
                yield batch[1]

        for vectors in encode_all(batches()):
            keys, texts = sent.popleft()
            rows = zip(keys, map(bytes, vectors.astype(_KEPT_AS)), strict=True)
            self._write("INSERT INTO vectors VALUES (?, ?)", rows)
            advance(sum(map(len, texts)))

    def _batches(self) -> Iterator[tuple[list[bytes], list[str]]]:
        last = 0
        query = "SELECT place, key, text FROM scratch.wanted WHERE place > ? ORDER BY place LIMIT ?"
        while batch := self._connection.execute(query, (last, _TEXTS_A_BATCH)).fetchall():
            places, keys, texts = zip(*batch, strict=True)
            last = places[-1]
            yield list(keys), list(texts)

    def vectors(self, keys: Sequence[bytes]) -> Vectors:
        """(keys, dimension) float32, each row of length one."""
        rows = self._select("SELECT key, vector FROM vectors WHERE key IN", keys)
        found: dict[bytes, bytes] = dict(rows)
        kept = np.frombuffer(b"".join([found[key] for key in keys]), _KEPT_AS)
        vectors = kept.reshape(len(keys), -1).astype(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _SHORTEST)
        return vectors

    def is_wasteful(self, used: int) -> bool:
        """Whether a build of `used` texts needs less than half of the stored vectors."""
        (kept,) = self._connection.execute("SELECT count(*) FROM vectors").fetchone()
        return bool(kept > _MOST_WASTE * used)

    def sweep(self, used: Iterable[Sequence[bytes]]) -> None:
        """Delete the vectors of all but the `used` keys."""
        for keys in used:
            self._write("INSERT OR IGNORE INTO scratch.used VALUES (?)", ((key,) for key in keys))
        self._connection.execute(
            "DELETE FROM vectors WHERE key NOT IN (SELECT key FROM scratch.used)"
        )
        self._connection.execute("VACUUM")

    def _write(self, query: str, rows: Iterable[tuple[bytes | str, ...]]) -> None:
        """Write all rows in one transaction."""
        with self._connection as transaction:
            transaction.execute("BEGIN")
            transaction.executemany(query, rows)

    def _select(self, query: str, keys: Sequence[bytes]) -> Iterator[Any]:
        """Run a query that ends with IN; the list of keys is appended, in parts."""
        most = self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        for start in range(0, len(keys), most):
            part = keys[start : start + most]
            listed = ", ".join("?" * len(part))
            yield from self._connection.execute(f"{query} ({listed})", part).fetchall()


def _open(file: Path, scratch: Path) -> sqlite3.Connection:
    try:
        return _connected(file, scratch)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # not a database: start again with an empty one
        _remove(file)
        return _connected(file, scratch)


def _remove(file: Path) -> None:
    """Remove the file and its journal, which SQLite would replay into the next file."""
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()


def _connected(file: Path, scratch: Path) -> sqlite3.Connection:
    # Each statement is a transaction, unless BEGIN starts a longer one.
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("ATTACH ? AS scratch", (str(scratch),))
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _os_errors(file: Path) -> Iterator[None]:
    """Raise OSError for a full disk; remove a damaged file, whose texts are then embedded again."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(f"{file}: {error}") from error
    except sqlite3.DatabaseError as error:
        _remove(file)
        raise OSError(f"{file}: was damaged and is removed; build again") from error
