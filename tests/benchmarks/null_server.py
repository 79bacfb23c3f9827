"""A server that sends a fixed answer, to measure the limit of the load generator itself.

python -m tests.benchmarks.null_server PORT [--bytes N] [--status S]
"""

import argparse
import asyncio
from typing import cast

import uvloop


class _Ready(asyncio.Protocol):
    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._answer * data.count(b"\r\n\r\n"))


async def _serve(port: int, answer: bytes) -> None:
    running = asyncio.get_running_loop()
    server = await running.create_server(lambda: _Ready(answer), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.null_server")
    parser.add_argument("port", type=int)
    parser.add_argument("--bytes", type=int, default=8192, help="of each answer's body")
    parser.add_argument("--status", type=int, default=200)
    options = parser.parse_args()
    head = f"HTTP/1.1 {options.status} -\r\nContent-Length: {options.bytes}\r\n\r\n"
    uvloop.run(_serve(options.port, head.encode() + b"[" + b" " * (options.bytes - 2) + b"]"))


if __name__ == "__main__":
    main()
