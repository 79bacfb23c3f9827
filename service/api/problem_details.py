"""Errors as problem details (RFC 9457)."""

import logging
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from indexer.errors import EngineUnavailable, EpisodeSearchError, NoSnapshot, UnknownEpisode
from service.api.dependencies import AnotherSnapshot
from service.api.schemas.operations import Problem
from service.api.suggestions import nearest
from service.search.browse import UnknownCursor
from service.search.execution.batcher import Overloaded
from service.telemetry import metrics

MEDIA_TYPE = "application/problem+json"
OVERLOADED = "More questions are waiting than can be answered; ask again in a second."
RETRY_SOON = {"Retry-After": "1"}
_MAX_NAME_CHARACTERS = 80  # of an unknown parameter that is repeated to its client

_STATUS: dict[type[Exception], HTTPStatus] = {
    UnknownEpisode: HTTPStatus.NOT_FOUND,
    UnknownCursor: HTTPStatus.NOT_FOUND,
    AnotherSnapshot: HTTPStatus.PRECONDITION_FAILED,
    NoSnapshot: HTTPStatus.SERVICE_UNAVAILABLE,
    EngineUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_log = logging.getLogger("uvicorn.error")


def problem(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body_of(status, detail), status, headers, MEDIA_TYPE)


def body_of(status: HTTPStatus, detail: str) -> bytes:
    return orjson.dumps(Problem(title=status.phrase, status=status, detail=detail).model_dump())


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, object]]:
    """The OpenAPI description of responses with these statuses."""
    schema = Problem.model_json_schema()
    return {
        int(status): {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    app.add_exception_handler(EpisodeSearchError, _known)
    app.add_exception_handler(Overloaded, _overloaded)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, unexpected)


def _known(_: Request, error: Exception) -> Response:
    status = _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    unavailable = status is HTTPStatus.SERVICE_UNAVAILABLE
    return problem(status, str(error), RETRY_SOON if unavailable else None)


def _overloaded(_: Request, __: Exception) -> Response:
    metrics.refused("queue")
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, OVERLOADED, RETRY_SOON)


def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    known = _parameters(request)
    sentences = [_sentence(each["loc"], _message(each, known)) for each in error.errors()]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, " ".join(sentences))


def _message(error: Mapping[str, Any], known: Collection[str]) -> str:
    if error["type"] != "extra_forbidden":
        return str(error["msg"])
    meant = nearest(str(error["loc"][-1]), known)
    return f"is unknown; write {meant}" if meant else f"is unknown; known are {', '.join(known)}"


def _parameters(request: Request) -> list[str]:
    """The names that the route knows, in its query string and its body."""
    route = request.scope["route"]
    described = (route.openapi_extra or {}).get("parameters", ())
    body = route.body_field.field_info.annotation.model_fields if route.body_field else ()
    return [*(parameter["name"] for parameter in described), *body]


def _sentence(location: tuple[str | int, ...], message: str) -> str:
    where, *names = map(str, location)
    name = ".".join(names)[:_MAX_NAME_CHARACTERS]
    return f"{name or where} in the {where}: {message[:1].lower()}{message[1:]}."


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {}) | _allowed(request, error)
    return problem(HTTPStatus(error.status_code), f"{error.detail}.", headers)


def _allowed(request: Request, error: HTTPException) -> dict[str, str]:
    """The header Allow with all methods of the path; starlette names those of one route only."""
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        return {}
    path = request.app.openapi()["paths"].get(request.scope["route"].path_format, {})
    return {"Allow": ", ".join(map(str.upper, path))} if path else {}


def unexpected(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    detail = "The service failed to answer this request; its log says why."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)
