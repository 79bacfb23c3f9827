"""What an agent is told when the queue is full: as much as any other client, and it is counted."""

from pathlib import Path

import anyio
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from service.search.execution.batcher import Batcher
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
