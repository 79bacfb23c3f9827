"""What caches may keep of an answer: its ETag, Cache-Control, and whether it is packed.

The ETag is made of the snapshot, the address and the encoding that the client takes. A client that
sends the current tag gets 304, and nothing is computed.
"""

import gzip
from hashlib import blake2b
from http import HTTPStatus

from fastapi import Request, Response

from service.api.dependencies import pool_of

REVALIDATED = "no-cache"  # kept, and asked for again each time
_LEAST_PACKED = 8192  # bytes; what is shorter is sent sooner as it is
_FAST = 1  # the level of what is packed for one answer


def accepts_gzip(request: Request) -> bool:
    """Whether Accept-Encoding allows gzip, by its name or by *, with a weight above 0."""
    weights = {}
    for each in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = each.partition(";")
        weights[coding.strip()] = weight.strip().replace(" ", "")
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return weight.removeprefix("q=").strip("0.") != "" or weight == ""


def tag_of(request: Request, snapshot_id: str) -> str:
    """A strong ETag, different for each address and encoding of a snapshot."""
    encoding = "gzip" if accepts_gzip(request) else ""
    address = blake2b(f"{request.url} {encoding}".encode(), digest_size=8).hexdigest()
    return f'"{snapshot_id}-{address}"'


def matches(request: Request, tag: str) -> bool:
    """Whether If-None-Match names the tag, by weak comparison (RFC 9110)."""
    known = request.headers.get("If-None-Match", "").split(",")
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in known)


def not_modified(request: Request, tag: str, kept: str = REVALIDATED) -> Response:
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=caching(request, tag, kept))


def caching(request: Request, tag: str, kept: str = REVALIDATED) -> dict[str, str]:
    """The headers for caching; shared caches may store only answers that need no key."""
    scope = "private" if request.scope.get("key") else "public"
    return {
        "ETag": tag,
        "Cache-Control": f"{scope}, {kept}",
        "Vary": "Accept-Encoding, Authorization",
    }


async def kept_json(request: Request, body: bytes, tag: str) -> Response:
    """A JSON answer that clients keep, packed if it is long and the client takes that.

    Raises Overloaded.
    """
    headers = caching(request, tag)
    if len(body) >= _LEAST_PACKED and accepts_gzip(request):
        body = await pool_of(request).run(gzip.compress, body, _FAST, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")
