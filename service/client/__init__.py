"""A Python client of a running service, blocking and asynchronous.

from service.client import Client

with Client("http://localhost:8000") as client:
    answer = client.search("Who kept MySpace running?", language="en")
    print(answer.answered, answer.hits[0].highlight)
"""

from service.client.asynchronous import AsyncClient
from service.client.blocking import Client
from service.client.errors import ClientError, NotReachable, Overloaded, Refused

__all__ = ["AsyncClient", "Client", "ClientError", "NotReachable", "Overloaded", "Refused"]
