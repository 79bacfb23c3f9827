"""Filters, facets and order, told from the records that clients see and from nothing else."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from indexer.episode import fold

Record = Mapping[str, Any]
Asked = Mapping[str, Any]

MOST_FACET_VALUES = 100
FILTERS = (
    "podcast",
    "person",
    "tag",
    "language",
    "published_after",
    "published_before",
    "min_duration_s",
    "max_duration_s",
    "explicit",
    "season",
    "episode",
)


def plain(name: str) -> str:
    """Equal for names that differ in case and typography only."""
    return fold(name).casefold()


def podcasts(record: Record) -> list[str]:
    """Its own first, then those of its copies."""
    own = [record["podcast"]["title"]] if "podcast" in record else []
    return [*own, *(c["podcast"] for c in record.get("also_in", ()) if "podcast" in c)]


def moment(said: str) -> datetime:
    told = datetime.fromisoformat(said)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def values(record: Record, field: str) -> set[str]:
    """What it counts for in one facet."""
    if field == "podcast":
        names = podcasts(record)
    elif field == "person":
        names = [*record.get("hosts", ()), *record.get("guests", ())]
    elif field == "tag":
        names = [*record.get("tags", ()), *record.get("categories", ())]
    elif field == "language":
        names = [_primary(record["language"])] if "language" in record else []
    else:
        dated = [moment(record["published_at"])] if "published_at" in record else []
        names = [str(at.astimezone(UTC).year) for at in dated]
    return {plain(name) for name in names}


def _primary(language: str) -> str:
    return language.replace("_", "-").split("-")[0]


def passes(record: Record, asked: Asked) -> bool:
    """All filters that are asked for."""
    return (
        all(_has(record, field, asked.get(field)) for field in ("podcast", "person", "tag"))
        and _has(record, "language", map(_primary, asked.get("language", ())))
        and _is_published(record, asked)
        and _lasts(record, asked)
        and asked.get("explicit") in (None, record.get("explicit", False))
        and _is_numbered(record, asked)
    )


def _has(record: Record, field: str, wanted: Iterable[str] | None) -> bool:
    any_of = set(map(plain, wanted or ()))
    return not any_of or not any_of.isdisjoint(values(record, field))


def _is_numbered(record: Record, asked: Asked) -> bool:
    wanted = ((field, asked.get(field)) for field in ("season", "episode"))
    return all(not any_of or record.get(field) in any_of for field, any_of in wanted)


def _is_published(record: Record, asked: Asked) -> bool:
    after, before = asked.get("published_after"), asked.get("published_before")
    if after is None and before is None:
        return True
    if "published_at" not in record:
        return False
    at = _second(record["published_at"])
    return (after is None or at >= _second(after)) and (before is None or at < _second(before))


def _second(said: str) -> float:
    return moment(said).timestamp() // 1


def _lasts(record: Record, asked: Asked) -> bool:
    least, most = asked.get("min_duration_s"), asked.get("max_duration_s")
    if least is None and most is None:
        return True
    if "duration_s" not in record:
        return False
    lasts, longest = np.float32(record["duration_s"]), 1e9
    return bool(
        np.float32(least or 0)
        <= lasts
        <= np.float32(longest if most is None else min(most, longest))
    )


def counted(records: Iterable[Record], field: str) -> Counter[str]:
    return Counter(value for record in records for value in values(record, field))


def agree(facet: Sequence[Mapping[str, Any]], records: Iterable[Record], field: str) -> bool:
    """Whether a facet counts these records: its most frequent values, the most frequent first."""
    expected = counted(records, field)
    told = {plain(each["value"]): each["count"] for each in facet}
    counts = [each["count"] for each in facet]
    most = [count for _, count in expected.most_common(MOST_FACET_VALUES)]
    return len(told) == len(facet) and counts == most and told.items() <= expected.items()


def newness(record: Record) -> tuple[bool, float]:
    """Sorts the newest last, the undated first."""
    if "published_at" not in record:
        return False, 0.0
    return True, _second(record["published_at"])


def grouped(records: Iterable[Record], per_group: int) -> list[str]:
    """The ids of the first of each podcast, and of all that have none."""
    seen: Counter[str] = Counter()
    kept = []
    for record in records:
        podcast = next(map(plain, podcasts(record)), None)
        seen[str(podcast)] += 1
        if podcast is None or seen[str(podcast)] <= per_group:
            kept.append(record["id"])
    return kept
