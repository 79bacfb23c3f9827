"""The tools of agents, called by the SDK's own client over HTTP and over stdio."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent, TextResourceContents

from service.keys import new_key
from tests.conftest import REPOSITORY
from tests.test_server import Server, serving

ASKED = "Who kept MySpace running?"
NOTHING = "growing potatoes in clay soil"

Use = Callable[[Client], Awaitable[None]]


@pytest.fixture(scope="module")
def server(seed_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(seed_root, log, "--workers=2", "--mcp=true") as server:
        yield server


@pytest.fixture(params=["http", "stdio", "stdio-to-a-service"])
def run(request: pytest.FixtureRequest, server: Server, seed_root: Path) -> Callable[[Use], None]:
    """Runs a function with a connected client of one transport."""
    url = str(server.client.base_url)
    command = [sys.executable, "-c", "from service.cli import main; main()", "mcp"]
    source = ["--url", url] if "service" in request.param else ["--snapshots", str(seed_root)]

    parameters = StdioServerParameters(
        command=command[0], args=[*command[1:], *source], cwd=str(REPOSITORY)
    )

    async def connected(use: Use) -> None:
        over_http = request.param == "http"
        async with Client(f"{url}/mcp" if over_http else stdio_client(parameters)) as client:
            await use(client)

    return lambda use: anyio.run(connected, use)


def text_of(content: object) -> str:
    assert isinstance(content, TextContent | TextResourceContents)
    return content.text


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    structured: dict[str, Any] = result.structured_content
    return structured


def test_an_agent_finds_quotes_and_follows_an_episode(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {*tools} == {"search_episodes", "similar_episodes", "get_episode", "list_podcasts"}
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        found = await call(client, "search_episodes", question=ASKED, count=2)
        assert (found["answered"], len(found["episodes"])) == (True, 2)
        first = found["episodes"][0]
        assert "MySpace" in first["evidence"]
        episode = await call(client, "get_episode", episode_id=first["id"])
        assert first["evidence"] in episode["summary"]
        similar = await call(client, "similar_episodes", episode_id=first["id"], count=1)
        assert similar["episodes"][0]["id"] != first["id"]
        assert await call(client, "list_podcasts") == {"podcasts": []}

    run(use)


def test_a_tool_reports_that_nothing_answers(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        assert not (await call(client, "search_episodes", question=NOTHING))["answered"]

    run(use)


def test_episodes_and_the_manifest_are_resources(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        found = await call(client, "search_episodes", question=ASKED, count=1)
        identifier = found["episodes"][0]["id"]
        read = await client.read_resource(f"episode://{identifier}")
        assert json.loads(text_of(read.contents[0]))["id"] == identifier
        manifest = await client.read_resource("snapshot://manifest")
        assert "encoder" in json.loads(text_of(manifest.contents[0]))
        with pytest.raises(MCPError, match="no-such-id"):
            await client.read_resource("episode://no-such-id")
        prompt = await client.get_prompt("answer_from_episodes", {"question": ASKED})
        assert ASKED in text_of(prompt.messages[0].content)

    run(use)


HOSTILE: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("search_episodes", {"question": "  "}, "empty"),
    ("search_episodes", {"question": "x" * 30_000}, "20000"),
    ("search_episodes", {"question": ASKED, "count": 10_000}, "50"),
    ("search_episodes", {"question": ASKED, "published_after": "soon"}, "is not a date"),
    ("search_episodes", {"question": ASKED, "podcast": ["p"] * 101}, "100"),
    ("search_episodes", {"question": ASKED, "has": ["everything"]}, "chapters"),
    ("search_episodes", {"question": ["a", {"b": 1}]}, "question"),
    ("search_episodes", {}, "question"),
    ("get_episode", {"episode_id": "../../etc/passwd"}, "No episode has the id"),
    ("get_episode", {"episode_id": "a\x00b"}, "No episode has the id"),
    ("similar_episodes", {"episode_id": "no-such-id"}, "No episode has the id"),
    ("no_such_tool", {}, "no_such_tool"),
)


def test_hostile_arguments_are_refused_in_a_sentence(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        for tool, arguments, told in HOSTILE:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, (tool, arguments)
            assert told in text_of(result.content[0])
            assert "Traceback" not in text_of(result.content[0])
        assert (await call(client, "search_episodes", question=ASKED))["answered"]

    run(use)


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("GET", None, 405),
        ("DELETE", None, 405),
        ("POST", b"", 400),
        ("POST", b"{", 400),
        ("POST", b"[]", 400),
        ("POST", b'{"jsonrpc": "2.0", "id": 1, "method": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
    ],
)
def test_invalid_calls_are_refused(
    server: Server, method: str, body: bytes | None, status: int
) -> None:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    refused = server.client.request(method, "/mcp", content=body, headers=headers)
    assert refused.status_code == status
    assert server.client.get("/search", params={"q": ASKED}).json()["answered"]


def test_a_page_that_points_its_name_to_this_machine_is_refused(server: Server) -> None:
    headers = {"Host": "evil.example", "Content-Type": "application/json"}
    assert server.client.post("/mcp", content=b"{}", headers=headers).status_code == 421


def test_calls_are_counted_as_requests(server: Server) -> None:
    async def use() -> None:
        async with Client(f"{server.client.base_url}/mcp") as client:
            await call(client, "search_episodes", question=ASKED)

    anyio.run(use)
    counted = server.client.get("/metrics").text
    assert 'route="/mcp",status="200"' in counted
    assert 'route="/search",status="200"' in counted


def test_the_same_keys_and_limits_hold(seed_root: Path, tmp_path: Path) -> None:
    key, line = new_key("agent", ["read"])
    (tmp_path / "keys").write_text(line)
    options = (f"--keys={tmp_path / 'keys'}", "--mcp=true", "--workers=1", "--rate-limit=20/hour")
    headers = {"Authorization": f"Bearer {key}"}
    with serving(seed_root, tmp_path / "log", *options) as server:
        assert server.client.post("/mcp", content=b"{}").status_code == 401

        async def use() -> None:
            async with _authorized(f"{server.client.base_url}/mcp", headers) as client:
                for _ in range(5):
                    await call(client, "search_episodes", question=ASKED)

        anyio.run(use)
        statuses = [server.client.get("/snapshot", headers=headers).status_code for _ in range(20)]
    assert 5 <= statuses.count(429) < 15  # each call is counted once, not again for its search


@asynccontextmanager
async def _authorized(url: str, headers: dict[str, str]) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client
