"""Asks the feeds that are due; of the others, what was read last stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexer.corpus import FeedHistory, Fetch
from indexer.corpus.feeds.publisher_limits import limits_of, retry_after
from indexer.corpus.feeds.schedule import Bounds, due_after_answer, due_after_failure
from indexer.corpus.fetching.addresses import public_form
from indexer.corpus.records.field_values import usable_values
from indexer.corpus.sources import NotAsked
from indexer.episode import Json
from indexer.watch.round import Failure

_SETTING = "due"
_TOLERANCE = timedelta(seconds=1)  # between two clocks
_DATE = "published_at"

_Answer = Path | str


class DueFeeds:
    """When each feed is due: kept in memory, and in the history where it is saved."""

    def __init__(self, history: FeedHistory, bounds: Bounds) -> None:
        self._history, self._bounds = history, bounds
        self._plans = self._saved()
        self._unread: dict[str, _Answer] = {}  # of rounds that failed before they read it
        self.begin(datetime.now(UTC))

    def begin(self, now: datetime) -> None:
        """Begin a round."""
        self._now = now
        self.named: set[str] = set()
        self.asked: dict[str, _Answer] = {}
        self._headers: dict[str, Mapping[str, str]] = {}

    def hear(self, address: str, headers: Mapping[str, str]) -> None:
        """Note with which headers, in lower case, the address answers."""
        self._headers[address] = headers

    def asking(self, fetch: Fetch) -> Fetch:
        """A `fetch` that asks what is due, and knows the last answer of what is not."""

        def fetch_due(addresses: Sequence[str]) -> dict[str, _Answer]:
            self.named.update(addresses)
            last = {address: self._last(address) for address in addresses}
            due = [address for address, answer in last.items() if answer is None]
            self.asked.update(found := fetch(due) if due else {})
            return {each: last[each] or found[each] for each in addresses}

        return fetch_due

    def plan(self, *, read: bool) -> None:
        """Plan when to ask again what was asked; `read` where its answers are in the history."""
        for address, answer in self.asked.items():
            self._plans[address] = self._planned(address, answer)
        if read:
            self._unread.clear()
        else:
            self._unread.update(self.asked)

    def failures(self) -> tuple[Failure, ...]:
        """Of what was asked in this round and planned."""
        since = {address: self._plans[address].failing_since for address in self.asked}
        return tuple(
            Failure(public_form(address), _written(failing))
            for address, failing in since.items()
            if failing
        )

    def save(self) -> None:
        """Without what is overdue for long, as are addresses that are no longer in the corpus."""
        oldest = self._now - self._bounds.longest
        plans = {
            address: plan.to_json()
            for address, plan in self._plans.items()
            if plan.due > oldest and address not in self._unread
        }
        self._history.remember(_SETTING, {"bounds": self._bounds.to_json(), "feeds": plans})

    def _saved(self) -> dict[str, "_Plan"]:
        """None where they were made for other bounds."""
        saved = self._history.setting(_SETTING) or {}
        if saved.get("bounds") != self._bounds.to_json():
            return {}
        return {address: _Plan.from_json(plan) for address, plan in saved["feeds"].items()}

    def _last(self, address: str) -> _Answer | None:
        """The last answer of an address that is not due; None where it is due or has none."""
        plan = self._plans.get(address)
        if plan is None or plan.due <= self._now + _TOLERANCE:
            return None
        if address in self._unread:
            return self._unread[address]
        return NotAsked("is not due") if self._history.has(address) else plan.failure

    def _planned(self, address: str, answer: _Answer) -> "_Plan":
        headers = self._headers.get(address, {})
        if since := self._failing_since(address, answer):
            pause = retry_after(headers, self._now)
            due = due_after_failure(self._now, since, pause, self._bounds)
            return _Plan(due, since, answer if isinstance(answer, str) else None)
        limits = limits_of(Path(answer).read_bytes(), headers)
        return _Plan(due_after_answer(self._now, self._dates(address), limits, self._bounds))

    def _failing_since(self, address: str, answer: _Answer) -> datetime | None:
        if since := self._history.failed_since(address):
            return datetime.fromisoformat(since)
        if isinstance(answer, Path):
            return None
        plan = self._plans.get(address)
        return plan.failing_since or self._now if plan else self._now

    def _dates(self, address: str) -> list[datetime]:
        found = []
        for date in self._history.published(address):
            usable = usable_values({_DATE: date}, (_DATE,), lambda _: None)
            found += [datetime.fromisoformat(moment) for moment in usable.values()]
        return [date if date.tzinfo else date.replace(tzinfo=UTC) for date in found]


@dataclass(frozen=True, slots=True)
class _Plan:
    due: datetime
    failing_since: datetime | None = None
    failure: str | None = None  # why the address gave nothing

    def to_json(self) -> Json:
        return [_written(self.due), _written(self.failing_since), self.failure]

    @classmethod
    def from_json(cls, written: Json) -> "_Plan":
        due, since, failure = written
        return cls(datetime.fromisoformat(due), since and datetime.fromisoformat(since), failure)


def _written(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else ""
