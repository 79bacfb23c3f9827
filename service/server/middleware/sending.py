"""Whether an answer has begun, after which another one cannot be sent."""

from starlette.types import Message, Send


class Sending:
    """Sends what it is given."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        self.started = True
        await self._send(message)
