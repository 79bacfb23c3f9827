"""Reads a query string into the model that also describes the JSON body."""

from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

M = TypeVar("M", bound=BaseModel)


def from_query(model: type[M], request: Request) -> M:
    """`model` read from the query string; a repeated name becomes a list.

    Raises RequestValidationError. FastAPI's own Query model looks up every field, which takes
    longer than answering a question from the cache, and a dependency a tenth of a request.
    """
    try:
        return model.model_validate(_given(request.query_params), strict=False)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
        ) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI description of the query parameters that `from_query` reads."""
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
