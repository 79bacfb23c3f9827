"""The addresses of a feed: the one it was first read from, and those it moved to since."""

import sqlite3

from indexer.corpus.fetching.addresses import public_form

TABLES = """
CREATE TABLE IF NOT EXISTS places (feed TEXT PRIMARY KEY, address TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aliases (address TEXT PRIMARY KEY, feed TEXT) WITHOUT ROWID;
"""


class FeedAddresses:
    """A feed is named by its first address for ever, whatever it is asked at now."""

    def __init__(self, table: sqlite3.Connection) -> None:
        self._table = table
        table.executescript(TABLES)

    def feed_of(self, address: str) -> str:
        """The feed that the address names: itself, where it is no other's."""
        return self._one("SELECT feed FROM aliases WHERE address = ?", address) or address

    def place_of(self, feed: str) -> str:
        """Where the feed is to be asked now."""
        return self._one("SELECT address FROM places WHERE feed = ?", feed) or feed

    def move(self, feed: str, place: str) -> None:
        """From now on the feed is asked at `place`, and both addresses name it."""
        self._table.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (feed, place))
        if place != feed:
            self.join(place, feed)

    def join(self, address: str, feed: str) -> None:
        """From now on the address, and each that named its feed, names `feed`."""
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
