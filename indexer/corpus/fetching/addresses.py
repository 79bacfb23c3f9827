"""The public form of addresses: without user names, passwords and tokens."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

# Names of query parameters that hold a secret, as private feeds and signed links write them.
_SECRET_NAME = re.compile(
    r"(?:^|[-_.])(?:auth|authorization|token|key|apikey|secret|pass|password|passwd|pwd|user|"
    r"username|sig|signature|hmac|session|sessionid|sid|credential|credentials|jwt|expires|"
    r"accesstoken|authtoken|policy)$",
    re.IGNORECASE,
)
# A long value of mixed letters and digits counts as a token, whatever its name is.
_SECRET_VALUE = re.compile(r"(?=[^&]*\d)(?=[^&]*[A-Za-z])[\w.~%+/=-]{20,}")


def public_form(address: str) -> str:
    """`address` without user name, password, secret query parameters and fragment.

    Of an address that cannot be parsed, only the scheme is shown.
    """
    try:
        parts = urlsplit(address)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return f"{address.partition(':')[0]}:…"
    if not netloc or not (parts.query or parts.fragment or "@" in parts.netloc):
        return address
    return urlunsplit(SplitResult(parts.scheme, netloc, parts.path, _public(parts.query), ""))


def without_secrets(text: str, address: str) -> str:
    """The message with the public form in place of `address`."""
    return text.replace(address, public_form(address))


def with_login_of(address: str, other: str) -> str:
    """`other` with the user name and password of `address`, if both have the same host."""
    ours, theirs = urlsplit(address), urlsplit(other)
    login, at, _ = ours.netloc.rpartition("@")
    same = ours.hostname == theirs.hostname and theirs.scheme in {ours.scheme, "https"}
    if not at or not same or "@" in theirs.netloc:
        return other
    return urlunsplit(theirs._replace(netloc=f"{login}@{theirs.netloc}"))


def _public(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _is_secret(part))


def _is_secret(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return bool(_SECRET_NAME.search(name) or _SECRET_VALUE.fullmatch(value))
