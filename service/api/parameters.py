"""Reads the query string into the model of the same JSON body."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

M = TypeVar("M", bound=BaseModel)


def from_query(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency: what the address gives of `model`. A name that comes twice is a list.

    FastAPI's own way looks for every field in turn, which takes longer than the answer to a
    question that is remembered.
    """

    async def read(request: Request) -> M:  # async, or it would be run in a thread
        try:
            return model.model_validate(_given(request.query_params), strict=False)
        except ValidationError as error:
            raise RequestValidationError(
                [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
            ) from None

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI description of the parameters."""
    schema = model.model_json_schema()
    required = schema.get("required", ())
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in required, "schema": field}
            for name, field in schema["properties"].items()
        ]
    }


def _given(parameters: QueryParams) -> dict[str, str | list[str]]:
    given: dict[str, str | list[str]] = {}
    for name in parameters:
        values = parameters.getlist(name)
        given[name] = values[0] if len(values) == 1 else values
    return given
