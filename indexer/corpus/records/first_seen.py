"""Remembers where each id was first used: in memory up to a limit, then on disk."""

import sqlite3
from hashlib import blake2b

from indexer.corpus.records.location import Location


class FirstSeen:
    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None)  # a file of its own, gone with it
        self._table.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE seen (id BLOB PRIMARY KEY, source, line, item) WITHOUT ROWID; BEGIN"
        )

    def first(self, episode_id: str, place: Location) -> Location | None:
        """Where `episode_id` was used before; None for the first time, which is noted."""
        key = blake2b(episode_id.encode(), digest_size=12).digest()
        row = (key, place.source, place.line, place.item)
        new = self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", row).rowcount
        if new:
            return None
        found = self._table.execute("SELECT source, line, item FROM seen WHERE id = ?", (key,))
        return Location(*found.fetchone())

    def close(self) -> None:
        self._table.close()
