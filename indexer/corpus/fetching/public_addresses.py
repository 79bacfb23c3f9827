"""Which machines may be asked: a feed's address must not reach into the private network."""

import asyncio
import socket
from ipaddress import IPv6Address, IPv6Network, ip_address

import httpx2

_TRANSLATED = IPv6Network("64:ff9b::/96")  # an IPv4 address behind NAT64


class PrivateAddress(httpx2.RequestError):
    pass


class UnknownHost(httpx2.ConnectError):
    """No name server knows the name, and none is out of order."""


class PublicTransport(httpx2.AsyncBaseTransport):
    """Connects to the very address that was checked, at each redirect anew.

    Were the name left to the connection to resolve, it could be told another address then.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # A kept connection would be reused for another name at the same address.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme not in {"http", "https"}:
            raise httpx2.UnsupportedProtocol("is no http or https address")
        host = request.url.host
        checked = httpx2.Request(
            request.method,
            request.url.copy_with(host=await self._address(host, request.url.port)),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": host},
        )
        return await self._inner.handle_async_request(checked)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _address(self, host: str, port: int | None) -> str:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            out_of_order = isinstance(error, OSError) and error.errno == socket.EAI_AGAIN
            failure = httpx2.ConnectError if out_of_order else UnknownHost
            raise failure(f"{host} has no address") from error
        addresses = [str(socket_address[0]) for *_, socket_address in found]
        if not self._allow_private and not all(map(is_public, addresses)):
            raise PrivateAddress(f"{host} is at a private address; allow it with --allow-private")
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is public, also if it is IPv4 wrapped in IPv6."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip in _TRANSLATED:
            return is_public(str(ip_address(int(ip) & 0xFFFFFFFF)))
        if wrapped := ip.ipv4_mapped or ip.sixtofour:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast
