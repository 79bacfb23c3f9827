"""Gives the fields of a record the names that this project has for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from indexer.corpus.readers.shapes import (
    IN_A_TABLE,
    OWN,
    SHAPES,
    UNITS_IN_A_TABLE,
    Given,
    Read,
    Shape,
)
from indexer.corpus.records.record import ID_NAMES, LINK_NAMES, SUMMARY_NAMES
from indexer.corpus.source import FieldNames
from indexer.episode import Json

Fields = Mapping[str, Json]

_EMPTY: tuple[Json, ...] = (None, "", [], {})
_OF_PODCAST = "podcast."
_MOST_NAMED = 12  # fields, in a message


class Unshaped(ValueError):
    """The fields fit no shape, or two; the message names them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the fields of records with the same names come from."""

    fields: Mapping[str, Given]
    known: frozenset[str]  # names that are left out where they say nothing


def shaped(fields: Fields, chosen: FieldNames = (), shape: Shape | None = None) -> Fields:
    """The fields under the names of this project, and the others under their own.

    `chosen` are names that the user gave. Raises Unshaped where the fields fit two shapes.
    """
    plan = plan_of(tuple(fields), chosen, shape)
    return fields if plan is None else planned(fields, plan)


def has_summary(names: tuple[str, ...], chosen: FieldNames, *, in_a_table: bool) -> bool:
    """Whether one of the names is the summary's. Raises Unshaped where they fit two shapes."""
    plan = plan_of(names, chosen, in_a_table=in_a_table)
    return bool(plan and "summary" in plan.fields) or not set(SUMMARY_NAMES).isdisjoint(names)


def is_episode(fields: Fields, chosen: FieldNames = (), shape: Shape | None = None) -> bool:
    """Whether one of the fields can be the summary."""
    try:
        return not set(SUMMARY_NAMES).isdisjoint(shaped(fields, chosen, shape))
    except Unshaped:
        return True  # of two shapes, which is told in its place


@lru_cache(maxsize=512)
def plan_of(
    names: tuple[str, ...],
    chosen: FieldNames,
    shape: Shape | None = None,
    *,
    in_a_table: bool = False,
) -> Plan | None:
    """The plan for records of these names; None where they have the names of this project."""
    by_folded = {name.casefold(): name for name in names}
    by_user = {
        target: by_folded[name.casefold()]
        for target, name in chosen
        if name.casefold() in by_folded
    }
    left = [name for name in names if name not in by_user.values()]
    shape = _told_shape(left, shape)
    given = _present(shape.fields, names) if shape else {}
    if shape is None or in_a_table:
        used = {name for each in given.values() for name in each.names}
        others = [name for name in left if name not in used]
        given.update(_of_table(others, {*given, *by_user}))
    given.update({target: Given((name,)) for target, name in by_user.items()})
    return Plan(given, shape.names if shape else frozenset()) if given else None


def _present(given: Mapping[str, Given], names: tuple[str, ...]) -> dict[str, Given]:
    return {
        target: each
        for target, each in given.items()
        if any(name in names or name.partition(".")[0] in names for name in each.names)
    }


@lru_cache(maxsize=512)
def told_shape(names: tuple[str, ...]) -> Shape | None:
    """The shape that these names tell; None for names that stand in several. Raises Unshaped."""
    return _told_shape(names, None)


def named(names: Iterable[str]) -> str:
    """Names of fields, as a message has them."""
    shown = [repr(name[:40]) for name in names]
    more = ["…"] if len(shown) > _MOST_NAMED else []
    return ", ".join(shown[:_MOST_NAMED] + more) or "none"


def _told_shape(names: Iterable[str], given: Shape | None) -> Shape | None:
    """The one shape that has a use for every name that tells a shape."""
    present = set(names)
    found = ((each, each.telling(present)) for each in (OWN, *SHAPES))
    telling = {each: names for each, names in found if names}
    if given is not None:
        telling.setdefault(given, set())
    every = set().union(*telling.values())
    fitting = [each for each in telling if every <= each.names]
    if given in fitting:
        return given
    if telling and len(fitting) != 1:
        fits = "; ".join(f"{named(sorted(n))} of {s.name}" for s, n in telling.items() if n)
        raise Unshaped(
            f"its fields fit two shapes: {fits}; keep those of one, or say which is which with "
            "MAP='summary=…,title=…'"
        )
    return fitting[0] if fitting else None


def _of_table(names: Iterable[str], taken: set[str]) -> dict[str, Given]:
    """What a person calls the fields. Raises Unshaped where two names mean one field."""
    present = set(names)
    found: dict[str, list[str]] = {}
    for name in names:
        if target := _TARGETS.get(_squeezed(name)):
            found.setdefault(target, []).append(name)
    given = {}
    for target, meant in found.items():
        if target in taken or present & _own_names(target):
            continue
        if len(meant) > 1:
            raise Unshaped(
                f"its fields {named(meant)} may each be the {target}; say which with "
                f"MAP='{target}={meant[0]}'"
            )
        given[target] = Given((meant[0],), _UNITS.get(_squeezed(meant[0])))
    return given


def _own_names(target: str) -> set[str]:
    others = {"summary": SUMMARY_NAMES, "id": ID_NAMES, "link": LINK_NAMES}
    of_podcast = ("podcast",) if target == "podcast.title" else ()
    return {target, *others.get(target, ()), *of_podcast}


def planned(fields: Fields, plan: Plan) -> dict[str, Json]:
    """The fields under the names of this project, and the others under their own."""
    found, used = _found(fields, plan.fields)
    rest = {
        name: value
        for name, value in fields.items()
        if name not in used and not (name in plan.known and value in _EMPTY)
    }
    return _nested(found, rest, used)


def said_of_all(fields: Fields, given: Mapping[str, Given]) -> dict[str, Json]:
    """The given fields alone, under the names of this project."""
    found, _ = _found(fields, given)
    return _nested(found, {}, set())


def with_what_is_said_of_all(record: Fields, of_all: Fields) -> Fields:
    """The fields of a record, and those said of all where it says nothing itself."""
    if not of_all:
        return record
    podcast = record.get("podcast") or {}
    own = podcast if isinstance(podcast, Mapping) else {"title": podcast}
    together = {**of_all, **record, "podcast": {**of_all.get("podcast", {}), **own}}
    return together if together["podcast"] else {**of_all, **record}


def _found(fields: Fields, wanted: Mapping[str, Given]) -> tuple[dict[str, Json], set[str]]:
    """The values by their names here, and the names that they had."""
    found: dict[str, Json] = {}
    used: set[str] = set()
    for target, given in wanted.items():
        for name in given.names:
            value = value_at(fields, name)
            if given.read and value not in _EMPTY:
                value = given.read(value)
            if value not in _EMPTY:
                found[target] = value
                if not given.kept:
                    used.add(name)
                break
    return found, used


def _nested(found: dict[str, Json], rest: dict[str, Json], used: set[str]) -> dict[str, Json]:
    """Fields of the podcast as an object, with what else was said of it."""
    podcast: dict[str, Json] = {}
    for path in used:
        outer, dot, _ = path.partition(".")
        said = rest.pop(outer, None) if dot else None
        if isinstance(said, Mapping):
            podcast |= {name: said[name] for name in said if f"{outer}.{name}" not in used}
    told = {name for name in found if name.startswith(_OF_PODCAST)}
    podcast |= {name.removeprefix(_OF_PODCAST): found[name] for name in told}
    flat = {name: value for name, value in found.items() if name not in told}
    if not podcast:
        return rest | flat
    before = rest.pop("podcast", None)
    if isinstance(before, Mapping):
        podcast = {**before, **podcast}
    elif before not in _EMPTY:
        podcast = {"title": before, **podcast}
    return rest | flat | {"podcast": podcast}


def value_at(fields: Fields, path: str) -> Json:
    """The value of a field; a dot goes into an object. None where there is none."""
    value: Json = fields
    if path in fields:
        return fields[path]
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _squeezed(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


_TARGETS = {
    _squeezed(name): target for target, names in IN_A_TABLE.items() for name in (target, *names)
}
_UNITS: Mapping[str, Read] = {_squeezed(name): read for name, read in UNITS_IN_A_TABLE.items()}
