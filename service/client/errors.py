"""The errors of the client.

ClientError
  NotReachable   no service answers at the address
  Refused        the service refuses the request; `status` and `detail` say why
    Overloaded   it is overloaded, or has no snapshot yet (429, 503); `retry_after` are the seconds
                 after which it asks to be asked again, if it tells them
"""

from http import HTTPStatus
from importlib.metadata import version


class ClientError(Exception):
    pass


class NotReachable(ClientError):
    pass


class Refused(ClientError):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Overloaded(Refused):
    def __init__(self, status: int, detail: str, retry_after: float | None = None) -> None:
        super().__init__(status, detail)
        self.retry_after = retry_after

    def __str__(self) -> str:
        told = "" if self.retry_after is None else f" (Retry-After: {self.retry_after:.0f} s)"
        return f"{self.detail}{told}"


PASSING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def another_version(address: object) -> NotReachable:
    """What answers at `address` has other routes or fields than this client knows."""
    return NotReachable(
        f"{address} answers, but not as Episode Search {version('episode-search')} does; check the "
        "address, or install the version of the service."
    )
