"""Stores the addresses of a feed: the first one, and those that it has moved to."""

import sqlite3

from indexer.corpus.fetching.addresses import public_form

TABLES = """
CREATE TABLE IF NOT EXISTS places (feed TEXT PRIMARY KEY, address TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aliases (address TEXT PRIMARY KEY, feed TEXT) WITHOUT ROWID;
"""


class FeedAddresses:
    """The first address of a feed stays its name, whatever its current address is."""

    def __init__(self, table: sqlite3.Connection) -> None:
        self._table = table
        table.executescript(TABLES)

    def feed_of(self, address: str) -> str:
        """The name of the feed with this address; the address itself if it is unknown."""
        return self._one("SELECT feed FROM aliases WHERE address = ?", address) or address

    def place_of(self, feed: str) -> str:
        """The current address of the feed."""
        return self._one("SELECT address FROM places WHERE feed = ?", feed) or feed

    def move(self, feed: str, place: str) -> None:
        """Make `place` the current address of the feed; both addresses name it then."""
        self._table.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (feed, place))
        if place != feed:
            self.join(place, feed)

    def join(self, address: str, feed: str) -> None:
        """Let the address, and all addresses of its feed, name `feed` from now on."""
        self._table.execute("UPDATE aliases SET feed = ? WHERE feed = ?", (feed, address))
        self._table.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (address, feed))

    def named(self, name: str) -> set[str]:
        """The feeds of which an address, in full or public form, is `name`."""
        rows = self._table.execute(
            "SELECT address, address FROM feeds UNION SELECT address, feed FROM aliases "
            "UNION SELECT address, feed FROM places"
        )
        return {feed for address, feed in rows if name in (address, public_form(address))}

    def remove(self, feed: str) -> None:
        self._table.execute("DELETE FROM places WHERE feed = ?", (feed,))
        self._table.execute("DELETE FROM aliases WHERE feed = ?", (feed,))

    def _one(self, query: str, value: str) -> str | None:
        row = self._table.execute(query, (value,)).fetchone()
        return str(row[0]) if row else None
