"""Stores every episode that a feed has listed, in one SQLite database.

A feed lists only its last episodes, and its host may be down. The history keeps the last successful
read and marks episodes that are no longer listed. Each change is one transaction, so a killed build
leaves no damage. The database has addresses with their secrets, so only its owner can read it. If
it is missing, the next build creates a new one.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Self

from indexer.corpus.feeds.feed_addresses import FeedAddresses
from indexer.corpus.feeds.known_again import Fields, identified
from indexer.corpus.feeds.list_history import ListHistory
from indexer.corpus.fetching.addresses import (
    is_private,
    podcast_id,
    public_form,
    redacted,
    shown_id,
)
from indexer.corpus.records.location import Location, Record
from indexer.episode import Json

FILE = "history.sqlite"
_OWNER_ONLY = 0o600
_BATCH = 100  # changes a commit
_DATED = 12  # enough for a feed's pace of publishing, whichever end has the newest
_TABLES = """
CREATE TABLE IF NOT EXISTS feeds (
    address TEXT PRIMARY KEY, content TEXT, state TEXT, answered_at TEXT, failed_since TEXT);
CREATE TABLE IF NOT EXISTS episodes (
    address TEXT, id TEXT, listed INTEGER, position INTEGER, fields TEXT,
    PRIMARY KEY (address, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS podcasts (address TEXT PRIMARY KEY, fields TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forgotten (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class FeedRound:
    """What a build found at the address of a feed."""

    name: str  # its address in public form
    new: int = 0
    changed: int = 0
    unlisted: int = 0  # no longer listed since this build
    failed_since: str | None = None  # ISO 8601, UTC

    @property
    def is_changed(self) -> bool:
        return bool(self.new or self.changed or self.unlisted)

    def __str__(self) -> str:
        if self.failed_since:
            return f"{self.name}: failed since {self.failed_since}"
        return (
            f"{self.name}: {self.new:,} new, {self.changed:,} changed, "
            f"{self.unlisted:,} no longer listed"
        )


@dataclass(slots=True)
class _Kept:
    fields: Fields
    listed: bool


class FeedHistory:
    """The history of all feeds of a snapshot directory."""

    def __init__(self, directory: Path, *, listed_only: bool = False) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        file = directory / FILE
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        file.chmod(_OWNER_ONLY)
        self._table = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            self._table.executescript(_TABLES)
            self.addresses = FeedAddresses(self._table)
            self.lists = ListHistory(self._table)
        except sqlite3.Error:
            self._table.close()
            raise
        self.listed_only = listed_only
        self.rounds: list[FeedRound] = []
        self._answered: dict[str, str] = {}  # unchanged feeds, and when they answered
        self._batched: int | None = None  # changes since the last commit of a batch

    def close(self) -> None:
        self.write_answers()
        self._table.close()

    def write_answers(self) -> None:
        """Store when unchanged feeds answered, in one transaction, which is faster."""
        if not self._answered:
            return
        with self._transaction():
            self._table.executemany(
                "UPDATE feeds SET answered_at = ?, failed_since = NULL WHERE address = ?",
                [(answered_at, address) for address, answered_at in self._answered.items()],
            )
        self._answered.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Commit changes by the hundred, since each commit waits for the disk.

        A killed build loses the last ones, and the next build reads those feeds again.
        """
        self._batched = 0
        try:
            with self._table:
                yield
        finally:
            self._batched = None

    def has(self, address: str) -> bool:
        return self._one("SELECT 1 FROM episodes WHERE address = ?", address) is not None

    def feeds(self) -> set[str]:
        """Of all that was ever read and not dropped, the first address."""
        return {str(row[0]) for row in self._table.execute("SELECT address FROM feeds")}

    def podcast(self, address: str) -> Fields:
        """The podcast as the feed says it now; empty where it was never read."""
        fields = self._one("SELECT fields FROM podcasts WHERE address = ?", address)
        podcast: Fields = (json.loads(str(fields)) if fields else None) or {}
        return podcast

    def listed(self, address: str) -> int:
        """The number of episodes that the feed listed at the last read."""
        count = "SELECT count(*) FROM episodes WHERE address = ? AND listed"
        return int(str(self._one(count, address)))

    def answered_at(self, address: str) -> str:
        """When the feed was last read successfully: ISO 8601, UTC."""
        written = "SELECT answered_at FROM feeds WHERE address = ?"
        return self._answered.get(address) or str(self._one(written, address))

    def failed_since(self, address: str) -> str | None:
        """Since when the feed cannot be read: ISO 8601, UTC."""
        if address in self._answered:
            return None
        since = self._one("SELECT failed_since FROM feeds WHERE address = ?", address)
        return str(since) if since else None

    def published(self, address: str) -> list[str]:
        """The dates, as the feed writes them, of the episodes listed first and last."""
        listed = self.listed(address)
        dates = self._table.execute(
            "SELECT json_extract(fields, '$.published_at') FROM episodes "
            "WHERE address = ? AND listed AND (position < ? OR position >= ?)",
            (address, _DATED, listed - _DATED),
        )
        return [str(date) for (date,) in dates if date is not None]

    def name(self, address: str) -> str:
        """The current address of the feed, in public form."""
        return public_form(self.addresses.place_of(address))

    def move(self, address: str, place: str) -> str:
        """Move the feed to `place`; returns the name of the feed from now on.

        If a feed was read from `place` before, it gets the episodes that only this one has.
        """
        other = self.addresses.feed_of(place)
        if other == address or not self.has(other):
            self.addresses.move(address, place)
            return address
        with self._transaction():
            self._table.execute(
                "INSERT OR IGNORE INTO episodes SELECT ?, id, 0, position, fields "
                "FROM episodes WHERE address = ?",
                (other, address),
            )
            self._remove(address)
            self.addresses.join(address, other)
        return other

    def holds(self, address: str, content_sha256: str) -> bool:
        """Whether this version has read the same content before."""
        known = self._one("SELECT content FROM feeds WHERE address = ?", address)
        return known == _content_key(content_sha256)

    def unchanged(self, address: str) -> None:
        """The feed has not changed."""
        self._answered[address] = now()
        self.rounds.append(FeedRound(self.name(address)))

    def failed(self, address: str) -> None:
        """Record that the feed could not be read; its episodes stay."""
        self.write_answers()
        self._table.execute(
            "UPDATE feeds SET failed_since = ? WHERE address = ? AND failed_since IS NULL",
            (now(), address),
        )
        since = self._one("SELECT failed_since FROM feeds WHERE address = ?", address)
        self.rounds.append(FeedRound(self.name(address), failed_since=str(since)))

    def update(self, address: str, content_sha256: str | None, records: Sequence[Record]) -> None:
        """Store the episodes that the feed lists now, and mark others as no longer listed.

        Without `content_sha256`, a part of the feed is missing and no episode is marked.
        """
        self._answered.pop(address, None)
        before = self._kept(address)
        items = identified(
            [dict(record.fields) for record in records],
            {name: each.fields for name, each in before.items()},
        )
        listed = {name: _Kept(fields, listed=True) for name, fields in items.items()}
        partial = content_sha256 is None
        others = {
            name: _Kept(each.fields, listed=each.listed and partial)
            for name, each in before.items()
            if name not in listed
        }
        podcast = next((fields.get("podcast") for fields in items.values()), None)
        self._replace(address, content_sha256, listed | others, podcast)
        self.rounds.append(
            FeedRound(
                self.name(address),
                new=len(listed.keys() - before.keys()),
                changed=sum(items[n] != before[n].fields for n in items.keys() & before.keys()),
                unlisted=sum(before[name].listed and not others[name].listed for name in others),
            )
        )

    def records(self, address: str) -> Iterator[Record]:
        """The episodes listed, in the feed's order, then those that are no longer listed."""
        place = self.addresses.place_of(address)
        name, podcast = public_form(place), self.podcast(address)
        named = {"feed_url": name, "id": podcast_id(address)}
        own = {"podcast": podcast | named} if podcast else {}
        rows = self._table.execute(
            "SELECT id, listed, position, fields FROM episodes WHERE address = ? AND listed >= ? "
            "AND id NOT IN (SELECT id FROM forgotten) ORDER BY position",
            (address, self.listed_only),
        )
        for episode_id, listed, position, fields in rows.fetchall():
            shown = json.loads(fields) | own
            if is_private(place):
                shown = redacted(shown, place) | {"id": shown_id(episode_id, place)}
            if listed:
                yield Record(Location(name, item=position + 1), shown)
            else:
                yield Record(Location(name), shown | {"listed": False})

    def fingerprint(self, address: str) -> str:
        """A fingerprint that is equal if `records` yields the same."""
        state = self._one("SELECT state FROM feeds WHERE address = ?", address)
        forgotten = self._table.execute("SELECT id FROM forgotten ORDER BY id").fetchall()
        private = is_private(self.addresses.place_of(address))
        told = f"{state} {self.listed_only} {forgotten} {private}"
        return f"{self.name(address)} {sha256(told.encode()).hexdigest()}"

    def remove(self, address: str) -> bool:
        """Remove everything read from the address; False if there was nothing."""
        with self._transaction():
            self.addresses.remove(address)
            return self._remove(address)

    def forget(self, name: str) -> int:
        """Remove a feed or list by its address, in full or public form, or an episode by its id.

        Returns the number of removed episodes, or of the list's feeds. A feed that is still in the
        corpus starts again; an episode stays removed even if its feed still lists it.
        """
        if dropped := self.lists.remove(name):
            return dropped
        if feeds := self.addresses.named(name):
            dropped = sum(len(self._kept(address)) for address in feeds)
            for address in feeds:
                self.remove(address)
            return dropped
        rows = self._table.execute("SELECT address, id FROM episodes").fetchall()
        found = [row[1] for row in rows if name in (row[1], self._shown_id(*row))]
        self._table.executemany(
            "INSERT OR IGNORE INTO forgotten VALUES (?)", ((each,) for each in found)
        )
        return len(found)

    def setting(self, name: str) -> Json:
        """The stored value of a setting; None if there is none."""
        value = self._one("SELECT value FROM settings WHERE name = ?", name)
        return None if value is None else json.loads(str(value))

    def remember(self, name: str, value: Json) -> None:
        written = json.dumps(value)
        if written != self._one("SELECT value FROM settings WHERE name = ?", name):
            self._table.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, written))

    def _shown_id(self, address: str, episode_id: str) -> str:
        place = self.addresses.place_of(address)
        return shown_id(episode_id, place) if is_private(place) else episode_id

    def _remove(self, address: str) -> bool:
        removed = self._table.execute("DELETE FROM feeds WHERE address = ?", (address,))
        self._table.execute("DELETE FROM episodes WHERE address = ?", (address,))
        self._table.execute("DELETE FROM podcasts WHERE address = ?", (address,))
        return removed.rowcount > 0

    def _kept(self, address: str) -> dict[str, _Kept]:
        rows = self._table.execute(
            "SELECT id, fields, listed FROM episodes WHERE address = ? ORDER BY position",
            (address,),
        )
        return {name: _Kept(json.loads(fields), bool(listed)) for name, fields, listed in rows}

    def _replace(
        self, address: str, content: str | None, episodes: Mapping[str, _Kept], podcast: Json
    ) -> None:
        rows = (
            (address, name, each.listed, position, json.dumps(each.fields))
            for position, (name, each) in enumerate(episodes.items())
        )
        key = content and _content_key(content)
        with self._transaction():
            self._table.execute("DELETE FROM episodes WHERE address = ?", (address,))
            self._table.executemany("INSERT INTO episodes VALUES (?, ?, ?, ?, ?)", rows)
            self._table.execute(
                "INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?, NULL)",
                (address, key, _state(episodes), now()),
            )
            self._table.execute(
                "INSERT OR REPLACE INTO podcasts VALUES (?, ?)", (address, json.dumps(podcast))
            )

    def _one(self, query: str, *values: str) -> object:
        row = self._table.execute(query, values).fetchone()
        return row[0] if row else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._batched is None:
            with self._table:
                self._table.execute("BEGIN IMMEDIATE")
                yield
            return
        if not self._table.in_transaction:
            self._table.execute("BEGIN IMMEDIATE")
        yield
        self._batched += 1
        if self._batched % _BATCH == 0:
            self._table.execute("COMMIT")


def _state(episodes: Mapping[str, _Kept]) -> str:
    told = [(each.fields, each.listed) for each in episodes.values()]
    return sha256(json.dumps(told).encode()).hexdigest()


def _content_key(content_sha256: str) -> str:
    return f"{_version()} {content_sha256}"


@cache
def _version() -> str:
    return version("episode-search")  # read from a file each time


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
