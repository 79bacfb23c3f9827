"""The report of one round of a watch, which is logged and exported."""

from dataclasses import asdict, dataclass
from datetime import datetime

from indexer.episode import Json


@dataclass(frozen=True, slots=True)
class Failure:
    feed: str  # its address in public form
    since: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Round:
    time: datetime  # of its start
    feeds: int  # addresses in the corpus
    asked: int  # those that were due and requested
    changed: int
    failures: tuple[Failure, ...]
    new_episodes: int
    seconds: float
    snapshot: str | None  # the one in force afterwards
    published: bool  # whether it was published in this round
    error: str | None = None  # why nothing was published

    def to_json(self) -> dict[str, Json]:
        fields = asdict(self) | {
            "time": self.time.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "failed": len(self.failures),
            "seconds": round(self.seconds, 3),
        }
        return {name: value for name, value in fields.items() if value is not None}
