"""The filters of the routes as parameters of tools."""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

T = TypeVar("T")
_Names = tuple[str, ...]
_Numbers = tuple[int, ...]
_Seconds = Annotated[float | None, Field(ge=0)]
_Parts = tuple[Literal["chapters", "transcript"], ...]


def _filter(name: str, kind: Any, default: object, description: str) -> Parameter:
    annotation: Any = Annotated[kind, Field(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


FILTERS = (
    _filter("podcast", _Names, (), "Only these podcasts, by id or title; see list_podcasts."),
    _filter("person", _Names, (), "Only episodes with one of these hosts or guests."),
    _filter("tag", _Names, (), "Only episodes with one of these tags or categories."),
    _filter("language", _Names, (), "Only these languages, such as en or de."),
    _filter("published_after", str | None, None, "Published at this date or later: 2026-01-31."),
    _filter("published_before", str | None, None, "Published before this date: 2026-01-31."),
    _filter("min_duration_s", _Seconds, None, "At least this many seconds long."),
    _filter("max_duration_s", _Seconds, None, "At most this many seconds long."),
    _filter("season", _Numbers, (), "Only these seasons, by number."),
    _filter("episode", _Numbers, (), "Only episodes with these numbers."),
    _filter(
        "explicit", bool | None, None, "false: none that is marked explicit; true: only those."
    ),
    _filter("has", _Parts, (), "Only episodes that have chapters, or a transcript."),
)


def with_filters(tool: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    """The tool with a parameter for each filter, which it gets together as `filters`."""
    told = inspect.signature(tool)
    own = [each for name, each in told.parameters.items() if name != "filters"]

    @wraps(tool)
    async def filtered(**given: Any) -> T:
        filters = {each.name: given.pop(each.name) for each in FILTERS}
        return await tool(**given, filters=filters)

    vars(filtered)["__signature__"] = told.replace(parameters=[*own, *FILTERS])
    return filtered
