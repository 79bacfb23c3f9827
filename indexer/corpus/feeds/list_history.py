"""Stores the feeds that a fetched list named when it was last read."""

import json
import sqlite3
from typing import NamedTuple

from indexer.corpus.fetching.addresses import public_form

_TABLE = """
CREATE TABLE IF NOT EXISTS lists (address TEXT PRIMARY KEY, feeds TEXT, answered_at TEXT)
WITHOUT ROWID;
"""


class KeptList(NamedTuple):
    feeds: list[str]
    answered_at: str  # ISO 8601, UTC


class ListHistory:
    """The stored lists, by address."""

    def __init__(self, table: sqlite3.Connection) -> None:
        self._table = table
        table.executescript(_TABLE)

    def last(self, address: str) -> KeptList | None:
        query = "SELECT feeds, answered_at FROM lists WHERE address = ?"
        row = self._table.execute(query, (address,)).fetchone()
        return KeptList(json.loads(row[0]), str(row[1])) if row else None

    def keep(self, address: str, kept: KeptList) -> None:
        """A list that names the same feeds is dated anew once a day, to write seldom."""
        last = self.last(address)
        if last and last.feeds == kept.feeds and last.answered_at[:10] == kept.answered_at[:10]:
            return
        row = (address, json.dumps(kept.feeds), kept.answered_at)
        self._table.execute("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", row)

    def remove(self, name: str) -> int:
        """Drop the list at that address, in full or public form; gives the number of its feeds."""
        addresses = [row[0] for row in self._table.execute("SELECT address FROM lists")]
        dropped = 0
        for address in addresses:
            if name in (address, public_form(address)) and (kept := self.last(address)):
                dropped += len(kept.feeds)
                self._table.execute("DELETE FROM lists WHERE address = ?", (address,))
        return dropped
