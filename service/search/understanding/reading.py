"""Reads a question: its constraints become filters where they are certain, else preferences."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

from indexer.episode import fold
from indexer.index.columns.filters import EPISODE, NO_FILTERS, PERSON, PODCAST, SEASON, Filters
from indexer.snapshot import Snapshot
from service.search.query import Answer, Applied, Question, Understood
from service.search.understanding.constraint import Constraint
from service.search.understanding.dates import dates_in
from service.search.understanding.lengths import lengths_in
from service.search.understanding.marks import marks_in
from service.search.understanding.names import Names, people_in, podcasts_in
from service.search.understanding.numbers import numbers_in

MOST_CHARACTERS = 500  # of a question with constraints; a longer one is a text
_MOSTLY = 0.95  # share of episodes that need a value, or those without one could be meant

_LOWER_BOUNDS = ("published_after", "min_duration_s")
_CARRIERS = re.compile(
    r"\b(?:episodes?|podcasts?|shows?|interviews?|conversations?|talks?|the|an?|any|all|of|on|in|from"
    r"|with|by|about|and|or|for|to|me|please|find|list|published|released|newest|latest|that|which"
    r"|what|is|are|was|were|did|came|out|something|anything)\b|[^\w+#]",
    re.IGNORECASE,
)
_LEFT_AT_EDGES = re.compile(r"^[\s,;:.)-]+|[\s,;:(-]+$|\s+(?=[,;:.?!])")


@dataclass(frozen=True, slots=True)
class Reading:
    asked: Question  # as it was asked
    question: Question  # as it is answered
    understood: tuple[Understood, ...] = ()
    is_all: bool = False  # every episode that passes answers it
    of_today: bool = False  # it means something else tomorrow

    def told_in(self, answer: Answer) -> Answer:
        """The answer with what was understood."""
        if not self.understood:
            return answer
        answered = answer.answered or (self.is_all and bool(answer.hits))
        return replace(answer, answered=answered, understood=self.understood)


class Reader:
    """Reads questions by the labels of one snapshot; safe to share between threads."""

    def __init__(self, snapshot: Snapshot, now: Callable[[], datetime] | None = None) -> None:
        self._snapshot = snapshot
        self._now = now or (lambda: datetime.now(UTC))

    def read(self, question: Question) -> Reading:
        if not question.understand or len(question.text) > MOST_CHARACTERS:
            return Reading(question, question)
        text = fold(question.text)
        found = self.constraints(text)
        plain = {fold(part).casefold() for part in question.as_words}
        found = [each for each in found if text[each.start : each.stop].casefold() not in plain]
        return self._applied(question, text, found) if found else Reading(question, question)

    def constraints(self, text: str) -> list[Constraint]:
        """The constraints of a folded text in their order; of those that overlap, the first."""
        chosen: list[Constraint] = []
        for each in self._all(text):
            if all(each.stop <= other.start or each.start >= other.stop for other in chosen):
                chosen.append(each)
        return sorted(chosen, key=lambda each: each.start)

    def _all(self, text: str) -> Iterator[Constraint]:
        shows = list(podcasts_in(text, self._podcasts))
        yield from shows
        yield from people_in(text, self._people)
        if self._is_numbered:
            yield from numbers_in(text, shows)
        yield from dates_in(text, self._now())
        yield from lengths_in(text)
        yield from marks_in(text)

    def _applied(self, question: Question, text: str, found: list[Constraint]) -> Reading:
        left = _without(text, found)
        is_all = not _CARRIERS.sub("", left)  # nothing is asked for but the constraints
        read, told, sure = question, [], []
        for each in map(partial(_ordering, is_all=is_all), found):
            read, applied = self._with(read, question.filters, each, left)
            told.append(Understood(text[each.start : each.stop], _plain(each.fields), applied))
            sure += [each] if applied == "filter" else []
        if is_all and sure:
            read = replace(read, min_relevance=0.0, sort="date")
        elif sure:
            read = replace(read, text=_without(text, sure))
        of_today = any(each.of_today for each in found)
        return Reading(question, read, tuple(told), is_all=bool(is_all and sure), of_today=of_today)

    def _with(
        self, read: Question, given: Filters, each: Constraint, left: str
    ) -> tuple[Question, Applied]:
        """The question with a constraint, and how it is applied."""
        if "sort" in each.fields:
            return replace(read, sort="date"), "filter"
        if "recency" in each.fields:
            return replace(read, recency=max(read.recency, each.fields["recency"])), "weight"
        if any(getattr(given, name) not in (None, ()) for name in each.fields):
            return read, "none"  # the request says otherwise
        filters = _narrowed(read.filters, each.fields)
        if not self._any_passes(filters):
            return read, "none"
        if self._is_certain(each, left):
            return replace(read, filters=filters), "filter"
        return replace(read, preferred=_narrowed(read.preferred, each.fields)), "weight"

    def _any_passes(self, filters: Filters) -> bool:
        rows = self._snapshot.columns.rows(filters)
        return rows is None or len(rows) > 0

    def _is_certain(self, each: Constraint, left: str) -> bool:
        """Whether no right answer is lost: none lacks the value, or says it as its subject."""
        if not all(self._is_known(name) for name in each.fields):
            return False
        if each.certain or not each.topic:
            return each.certain
        alone = _narrowed(NO_FILTERS, each.fields)
        return not self._snapshot.indexes.lexical.is_said_outside(alone, each.topic, left)

    def _is_known(self, name: str) -> bool:
        columns = self._snapshot.columns
        if name.startswith("published"):
            return columns.dated_share >= _MOSTLY
        return not name.endswith("duration_s") or columns.timed_share >= _MOSTLY

    @cached_property
    def _is_numbered(self) -> bool:
        columns = self._snapshot.columns
        return bool(columns.names(SEASON) or columns.names(EPISODE))

    @cached_property
    def _people(self) -> Names:
        return Names(PERSON, self._snapshot.columns.names(PERSON))

    @cached_property
    def _podcasts(self) -> Names:
        return Names(PODCAST, self._snapshot.columns.names(PODCAST))


def _ordering(each: Constraint, *, is_all: bool) -> Constraint:
    """Newness is an order if there is nothing else to rank by."""
    return replace(each, fields={"sort": "date"}) if is_all and "recency" in each.fields else each


def _narrowed(filters: Filters, fields: Mapping[str, Any]) -> Filters:
    return replace(filters, **{name: _both(filters, name, fields[name]) for name in fields})


def _both(filters: Filters, name: str, value: Any) -> Any:
    """The narrower of two bounds; any one of several values."""
    known = getattr(filters, name)
    if known is None or known == ():
        return value
    if isinstance(value, tuple):
        return (*known, *value)
    return max(known, value) if name in _LOWER_BOUNDS else min(known, value)


def _without(text: str, constraints: list[Constraint]) -> str:
    """The text without the words of the constraints."""
    for each in sorted(constraints, key=lambda each: -each.start):
        text = f"{text[: each.start]} {text[each.stop :]}"
    return _LEFT_AT_EDGES.sub("", " ".join(text.split()))


def _plain(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Values as parameters have them."""
    return {name: _plain_value(value) for name, value in fields.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return list(value) if isinstance(value, tuple) else value
