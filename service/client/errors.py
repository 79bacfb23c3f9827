"""The errors of the client.

ClientError
  NotReachable   no service answers at the address
  Refused        the service refuses the request; `status` and `detail` say why
    Overloaded   it is overloaded, or has no snapshot yet (429, 503)
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
    pass


PASSING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def refused(status: int, detail: str) -> Refused:
    return Overloaded(status, detail) if status in PASSING else Refused(status, detail)


def another_version(address: object) -> NotReachable:
    """What answers at `address` has other routes or fields than this client knows."""
    return NotReachable(
        f"{address} answers, but not as Episode Search {version('episode-search')} does; check the "
        "address, or install the version of the service."
    )
