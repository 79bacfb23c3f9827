"""Fetches the feeds that are due; for the others, the last answer is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from indexer.corpus import FeedHistory, Fetch
from indexer.corpus.fetching.answer import Answer, NotAsked
from indexer.corpus.records.field_values import usable_values
from indexer.episode import Json
from indexer.watch.publisher_limits import limits_of, retry_after
from indexer.watch.round import Failure
from indexer.watch.schedule import Bounds, due_after_answer, due_after_failure

_SETTING = "due"
_TOLERANCE = timedelta(seconds=1)  # between two clocks
_DATE = "published_at"

_Answer = Answer | str


class DueFeeds:
    """The times at which feeds are due, in memory and in the history.

    They are stored by the feed's name in the history, so they stay when a feed moves.
    """

    def __init__(self, history: FeedHistory, bounds: Bounds) -> None:
        self._history, self._bounds = history, bounds
        self._plans = self._saved()
        self._unread: dict[str, _Answer] = {}  # by address, from earlier rounds that failed
        self.begin(datetime.now(UTC))

    def begin(self, now: datetime) -> None:
        """Begin a round."""
        self._now = now
        self._named: set[str] = set()
        self._answers: dict[str, _Answer] = {}
        self._headers: dict[str, Mapping[str, str]] = {}

    def hear(self, address: str, headers: Mapping[str, str]) -> None:
        """Note the headers of an answer; their names are in lower case."""
        self._headers[address] = headers

    def asking(self, fetch: Fetch) -> Fetch:
        """A `fetch` that requests what is due and returns the last answer of what is not."""

        def fetch_due(addresses: Sequence[str]) -> dict[str, _Answer]:
            self._named.update(addresses)
            last = {address: self._last(address) for address in addresses}
            due = [address for address, answer in last.items() if answer is None]
            self._answers.update(found := fetch(due) if due else {})
            return {each: last[each] or found[each] for each in addresses}

        return fetch_due

    @property
    def named(self) -> int:
        """The number of feeds and other addresses in the corpus."""
        return len({*map(self._feed, self._named)})

    @property
    def asked(self) -> int:
        """The number of those that were requested in this round."""
        return len(self._asked())

    def plan(self, *, read: bool) -> None:
        """Plan the next requests of feeds requested now; `read` if their answers are stored."""
        for feed, addresses in self._asked().items():
            self._plans[feed] = self._planned(feed, addresses)
        if read:
            self._unread.clear()
        else:
            self._unread.update(self._answers)

    def failures(self) -> tuple[Failure, ...]:
        """The plans of feeds that were requested in this round."""
        since = {feed: self._plans[feed].failing_since for feed in self._asked()}
        return tuple(
            Failure(self._history.name(feed), _written(failing))
            for feed, failing in since.items()
            if failing
        )

    def save(self) -> None:
        """The plans without those long overdue, whose addresses are no longer in the corpus."""
        unread = {*map(self._feed, self._unread)}
        oldest = self._now - self._bounds.longest
        plans = {
            address: plan.to_json()
            for address, plan in self._plans.items()
            if plan.due > oldest and address not in unread
        }
        self._history.remember(_SETTING, {"bounds": self._bounds.to_json(), "feeds": plans})

    def _saved(self) -> dict[str, "_Plan"]:
        """The stored plans; None if they were made for other bounds."""
        saved = self._history.setting(_SETTING) or {}
        if saved.get("bounds") != self._bounds.to_json():
            return {}
        return {address: _Plan.from_json(plan) for address, plan in saved["feeds"].items()}

    def _feed(self, address: str) -> str:
        return self._history.addresses.feed_of(address)

    def _asked(self) -> dict[str, list[str]]:
        """The addresses requested in this round, by feed."""
        found: dict[str, list[str]] = {}
        for address in self._answers:
            found.setdefault(self._feed(address), []).append(address)
        return found

    def _last(self, address: str) -> _Answer | None:
        """The last answer of an address; None if it is due or has none."""
        plan = self._plans.get(feed := self._feed(address))
        if plan is None or plan.due <= self._now + _TOLERANCE:
            return None
        if address in self._unread:
            return self._unread[address]
        return NotAsked("is not due") if self._history.has(feed) else plan.failure

    def _planned(self, feed: str, addresses: Sequence[str]) -> "_Plan":
        answers = [self._answers[address] for address in addresses]
        given = [answer for answer in answers if isinstance(answer, Answer)]
        heard = [headers for address in addresses if (headers := self._headers.get(address))]
        headers = heard[-1] if heard else {}
        if since := self._failing_since(feed, failed=not given):
            pause = retry_after(headers, self._now)
            failure = next((str(each) for each in answers if isinstance(each, str)), None)
            due = due_after_failure(self._now, since, pause, self._bounds)
            return _Plan(due, since, failure)
        limits = limits_of(given[0].pages[0].file.read_bytes(), headers)
        return _Plan(due_after_answer(self._now, self._dates(feed), limits, self._bounds))

    def _failing_since(self, feed: str, *, failed: bool) -> datetime | None:
        if since := self._history.failed_since(feed):
            return datetime.fromisoformat(since)
        if not failed:
            return None
        plan = self._plans.get(feed)
        return plan.failing_since or self._now if plan else self._now

    def _dates(self, feed: str) -> list[datetime]:
        found = []
        for date in self._history.published(feed):
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
