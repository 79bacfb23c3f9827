"""When a feed is due: at its own pace of publishing, and when its publisher lets it be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from indexer.watch.publisher_limits import PublisherLimits

_ASKED_AN_EPISODE = 10  # times from one episode to the next
_RECENT = 11  # episodes whose gaps are a feed's pace
_WITHOUT_DATES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often any feed is asked, whatever it says."""

    shortest: timedelta = timedelta(minutes=5)
    longest: timedelta = timedelta(days=1)

    def to_json(self) -> list[float]:
        """In seconds."""
        return [self.shortest.total_seconds(), self.longest.total_seconds()]

    def clamp(self, pause: timedelta) -> timedelta:
        return min(max(pause, self.shortest), self.longest)


def due_after_answer(
    asked: datetime, published: Sequence[datetime], limits: PublisherLimits, bounds: Bounds
) -> datetime:
    """When a feed that was `asked` and answered is to be asked again.

    A feed is asked ten times between two of its episodes, and when the next is expected; not
    within the time that it says it stays as it is, nor in an hour or on a day that it excludes.
    """
    pause = max(_pause(asked, published), limits.fresh_for, limits.ttl)
    return limits.next_allowed(asked + bounds.clamp(pause))


def due_after_failure(
    asked: datetime, failing_since: datetime, retry_after: timedelta, bounds: Bounds
) -> datetime:
    """When a feed that fails is to be tried again: after as long as it has failed by now."""
    return asked + bounds.clamp(max(asked - failing_since, retry_after))


def _pause(asked: datetime, published: Sequence[datetime]) -> timedelta:
    newest = sorted((each for each in published if each <= asked), reverse=True)[:_RECENT]
    if not newest:
        return _WITHOUT_DATES
    silence = asked - newest[0]
    gaps = [(one - other).total_seconds() for one, other in pairwise(newest)]
    gap = timedelta(seconds=median(gaps)) if gaps else silence
    until_expected = abs(newest[0] + gap - asked)
    return min(max(gap, silence) / _ASKED_AN_EPISODE, until_expected)
