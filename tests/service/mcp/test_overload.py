"""What an agent is told when the queue is full: as much as any other client, and it is counted."""

import asyncio
from pathlib import Path

import anyio
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from starlette.routing import Route

from service.app import create_app
from service.search.execution.batcher import Batcher
from service.settings import Settings
from tests.conftest import BuildFake
from tests.service.mcp.test_mcp import text_of
from tests.service.server.door import Door, refused


def test_a_tool_that_meets_a_full_queue_says_when_to_ask_again(
    root: Path, build_fake: BuildFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_fake()
    monkeypatch.setattr(Batcher, "room", property(lambda _: 0))
    door = Door(root, mcp=True)

    async def use() -> None:
        host, port = door.place
        async with Client(f"http://{host}:{port}/mcp") as client:
            before = refused()
            result = await client.call_tool("search_episodes", {"question": "jazz"})
            assert result.is_error
            assert "ask again in a second" in text_of(result.content[0])
            assert refused() == before + 1

            door.room = 0
            with pytest.raises(MCPError):
                await client.call_tool("search_episodes", {"question": "jazz"})
            assert refused() == before + 2

    with door.open():
        anyio.run(use)


def test_few_calls_are_worked_on_at_once_and_a_limited_number_waits(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call holds up the event loop, and with it the refusals of others."""
    working = 0

    async def test() -> None:
        done = asyncio.Event()

        async def work(*_: object) -> None:
            nonlocal working
            working += 1
            await done.wait()
            working -= 1

        monkeypatch.setattr(Route, "handle", work)
        endpoint = create_app(Settings(snapshots=root, mcp=True)).state.agents
        most = endpoint.room
        calls = [asyncio.create_task(endpoint.handle({}, None, None)) for _ in range(20)]
        await asyncio.sleep(0)
        assert (working, endpoint.room) == (8, most - 20)
        calls[-1].cancel()
        await asyncio.sleep(0)
        assert endpoint.room == most - 19
        done.set()
        await asyncio.gather(*calls, return_exceptions=True)
        assert (working, endpoint.room) == (0, most)

    asyncio.run(test())
