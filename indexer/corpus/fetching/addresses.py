"""Addresses as they may be shown: without the secrets that open them.

A feed is private if its address has a user name or a secret parameter, or if its owner marks it:
by `#private` behind the address, or by `private="true"` in the outline of a list.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from indexer.episode import Json, feed_guid

PRIVATE_MARK = "private"
HIDDEN = "…"  # in place of a secret

# Names of query parameters that hold a secret, as private feeds and signed links write them.
_SECRET_NAME = re.compile(
    r"(?:^|[-_.])(?:auth|authorization|token|key|apikey|secret|pass|password|passwd|pwd|user|"
    r"username|sig|signature|hmac|session|sessionid|sid|credential|credentials|jwt|expires|"
    r"accesstoken|authtoken|policy|token[-_]?(?:time|hash|id))$",
    re.IGNORECASE,
)
# A long value of mixed letters and digits counts as a token, whatever its name is.
_SECRET_VALUE = re.compile(r"(?=[^&]*\d)(?=[^&]*[A-Za-z])[\w.~%+/=-]{20,}")
# In the path of a link, a token is a long run of letters and digits, or a UUID.
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}|[\da-f]{8}(?:-[\da-f]{4}){3}-",
    re.IGNORECASE,
)
# In the path of a private feed itself, short ones are hidden as well.
_SHORT_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.~%+=-]{8,}")
# Of other parameters, those that change from one answer to the next.
_VOLATILE = re.compile(
    r"(?:utm_\w+|_|ts?|time|timestamp|cb|nonce|rand(?:om)?|updated|cache\w*)=.*|\w+=1\d{9}(?:\d{3})?",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_LINK_FIELDS = {
    "id",
    "guid",
    "link",
    "feed_url",
    "audio_url",
    "image",
    "transcript_url",
    "chapters_url",
}
_SHORTEST_SECRET = 12  # characters; a shorter one may be a word of the text


def public_form(address: str) -> str:
    """The address of a feed without user name, password, secret parameters and fragment.

    Of a private feed, what may be a secret in the path is hidden too. An address that cannot be
    divided into its parts is shown as its scheme alone.
    """
    shown = _without_login(address)
    if not is_private(address):
        return shown
    parts = urlsplit(shown)
    return urlunsplit(parts._replace(path=_hidden(parts.path)))


def lasting_form(address: str) -> str:
    """`address` without what changes from one answer to the next: secrets, times, campaigns."""
    scheme_to_path, mark, query = _without_login(address).partition("?")
    kept = "&".join(part for part in query.split("&") if not _VOLATILE.fullmatch(part))
    return f"{scheme_to_path}{mark}{kept}" if kept else scheme_to_path


def is_private(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    marked = parts.fragment == PRIVATE_MARK or "@" in parts.netloc
    return marked or _public(parts.query) != parts.query


def without_secrets(text: str, address: str) -> str:
    """A message about `address`, in which it stands in its public form."""
    text = text.replace(address, public_form(address))
    if not is_private(address):
        return text
    text = _LINK.sub(lambda link: public_form(f"{link[0]}#{PRIVATE_MARK}"), text)
    return _hiding(text, _secrets_of(address))


def redacted(fields: Mapping[str, Json], address: str) -> dict[str, Json]:
    """The fields of an episode of a private feed, without its secrets and those of its links.

    A field that is no more than a link with a secret in its path is left out.
    """
    return _redacted_object(fields, _secrets_of(address))


def podcast_id(address: str) -> str:
    """The id of the podcast of a feed that says no guid, made of its address but the login."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return feed_guid(address)
    netloc = parts.netloc.rpartition("@")[2]
    return feed_guid(urlunsplit(parts._replace(netloc=netloc, fragment="")))


def shown_id(episode_id: str, address: str) -> str:
    """The id of an episode of a private feed; a hash of it where it is a link with a secret."""
    shown = redacted({"id": episode_id}, address).get("id")
    return shown if shown == episode_id else sha256(episode_id.encode()).hexdigest()[:16]


def with_login_of(address: str, other: str) -> str:
    """`other` with the login of `address`, where it is at the same host; private as that is."""
    ours, theirs = urlsplit(address), urlsplit(other)
    login, at, _ = ours.netloc.rpartition("@")
    same = ours.hostname == theirs.hostname and theirs.scheme in {ours.scheme, "https"}
    if at and same and "@" not in theirs.netloc:
        theirs = theirs._replace(netloc=f"{login}@{theirs.netloc}")
    joined = urlunsplit(theirs)
    lacks_mark = is_private(address) and not is_private(joined)
    return urlunsplit(theirs._replace(fragment=PRIVATE_MARK)) if lacks_mark else joined


def _without_login(address: str) -> str:
    """`address` without user name, password, secret parameters and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{address.partition(':')[0]}:{HIDDEN}"
    if not parts.netloc or not (parts.query or parts.fragment or "@" in parts.netloc):
        return address
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit(SplitResult(parts.scheme, netloc, parts.path, _public(parts.query), ""))


def _redacted_object(fields: Mapping[str, Json], secrets: set[str]) -> dict[str, Json]:
    shown = {
        name: _redacted_link(value, secrets)
        if name in _LINK_FIELDS and isinstance(value, str)
        else _redacted(value, secrets)
        for name, value in fields.items()
    }
    return {name: value for name, value in shown.items() if value is not None}


def _redacted(value: Json, secrets: set[str]) -> Json:
    if isinstance(value, str):
        return _hiding(_LINK.sub(lambda link: _without_login(link[0]), value), secrets)
    if isinstance(value, list):
        return [_redacted(part, secrets) for part in value]
    return _redacted_object(value, secrets) if isinstance(value, Mapping) else value


def _redacted_link(link: str, secrets: set[str]) -> str | None:
    """None where its path has a secret, so that nothing of use would be left."""
    if not _LINK.match(link):
        return _hiding(link, secrets)
    shown = _hiding(_without_login(link), secrets)
    left_out = HIDDEN in shown and HIDDEN not in link
    return None if left_out or _TOKEN.search(shown.partition("?")[0]) else shown


def _hiding(text: str, secrets: set[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _secrets_of(address: str) -> set[str]:
    parts = urlsplit(address)
    found = {parts.username or "", parts.password or ""}
    found |= {segment for segment in parts.path.split("/") if _is_token(segment)}
    found |= {part.partition("=")[2] for part in parts.query.split("&") if _is_secret(part)}
    written = found | set(map(unquote, found))
    return {each for each in written if len(each) >= _SHORTEST_SECRET}


def _hidden(path: str) -> str:
    return "/".join(HIDDEN if _is_token(each) else each for each in path.split("/"))


def _is_token(segment: str) -> bool:
    return bool(_TOKEN.search(segment) or _SHORT_TOKEN.fullmatch(segment))


def _public(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _is_secret(part))


def _is_secret(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return bool(_SECRET_NAME.search(name) or _SECRET_VALUE.fullmatch(value))
