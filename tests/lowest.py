"""Tests the lowest versions that pyproject.toml allows: python -m tests.lowest

Installs the wheel with each of its dependencies at the lower bound, into a fresh environment, and
asks a snapshot of the seeds by the command, over HTTP and as an agent: the answers must be those of
this environment. With --indexer also what builds, which installs an old torch.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
from mcp.client.client import Client

from tests.benchmarks.install import ASKED, REPOSITORY, Environment, build_wheel, outside
from tests.benchmarks.servers import HOST, System, running

_EXTRAS = "mcp,tracing,unspaced"
_SEEDS = REPOSITORY / "seeds" / "000_2f0e223b5a2c1814.txt"
_SEED_EPISODES = 8
_ROUTES = ("search", ASKED), ("episodes",), ("podcasts",)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lowest", description=__doc__)
    parser.add_argument("--indexer", action="store_true", help="also the extra indexer")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _run(Path(folder), with_indexer=options.indexer)
    except subprocess.CalledProcessError as error:
        print(f"error: {error}\n{error.stderr}", file=sys.stderr)
        return 1


def _run(folder: Path, *, with_indexer: bool) -> int:
    wheel = build_wheel(folder)
    lowest = installed(wheel, f"{_EXTRAS},indexer" if with_indexer else _EXTRAS, folder / "lowest")
    root = folder / "snapshots"
    built_by = str(lowest.command) if with_indexer else None
    _index(root, built_by)
    failed = [*_failures(lowest, root, folder)]
    for sentence in failed:
        print(f"error: {sentence}", file=sys.stderr)
    if not failed:
        count = len(lowest_versions(lowest))
        print(f"{count} packages, those that are bounded at their lowest versions, answer alike")
    return 1 if failed else 0


def installed(wheel: Path, extras: str, directory: Path) -> Environment:
    """An environment with the wheel's own dependencies at their lower bounds."""
    environment = Environment(directory)
    python = str(directory / "bin" / "python")
    uv = [sys.executable, "-m", "uv", "--no-config", "pip", "install", "--quiet"]
    resolution = ["--native-tls", "--python", python, "--resolution", "lowest-direct"]
    _checked([*uv, *resolution, f"{wheel}[{extras}]"])
    return environment


def lowest_versions(environment: Environment) -> list[str]:
    """The installed distributions, each as name-version."""
    folders = environment.directory.glob("lib/python*/site-packages/*.dist-info")
    return sorted(folder.stem for folder in folders)


def _index(root: Path, command: str | None) -> None:
    if command:
        _checked([command, "index", str(_SEEDS), "--snapshots", str(root)])
    else:
        build = ["-m", "indexer", "build", "--corpus", str(_SEEDS), "--out", str(root)]
        _checked([sys.executable, *build], cwd=REPOSITORY)


def _failures(lowest: Environment, root: Path, folder: Path) -> Iterator[str]:
    """A sentence for each answer that differs."""
    for route in _ROUTES:
        arguments = [*route, "--snapshots", str(root), "--json"]
        found = _ids(json.loads(lowest.run(*arguments, cwd=folder)))
        if found != _ids(_here(arguments)):
            yield f"{route[0]} gives other answers at the lowest versions"
    python = str(lowest.directory / "bin" / "python")
    command = (python, "-m", "service", "--snapshots", str(root), "--port", "{port}")
    system = System("lowest", (*command, "--mcp", "true"), "/search?q=", directory=folder)
    with running(system) as server:
        for path in ("/search?q=MySpace&k=8", "/search?q=kafka&k=8"):
            if server.first_answer(path).hits != _SEED_EPISODES:
                yield f"{path} lacks hits over HTTP"
        if anyio.run(_found_by_an_agent, server.port) != _SEED_EPISODES:
            yield "search_episodes at /mcp lacks episodes"


async def _found_by_an_agent(port: int) -> int:
    async with Client(f"http://{HOST}:{port}/mcp") as client:
        asked = {"question": ASKED, "count": _SEED_EPISODES}
        result = await client.call_tool("search_episodes", asked)
    return len((result.structured_content or {}).get("episodes", ()))


def _here(arguments: list[str]) -> dict[str, Any]:
    program = "from service.cli import main; main()"
    answer: dict[str, Any] = json.loads(
        _checked([sys.executable, "-c", program, *arguments], cwd=REPOSITORY)
    )
    return answer


def _ids(answer: dict[str, Any]) -> list[str]:
    hits = [hit["episode"] for hit in answer.get("hits", ())]
    return [each["id"] for each in hits or answer.get("episodes") or answer["podcasts"]]


def _checked(command: list[str], cwd: Path | None = None) -> str:
    return subprocess.run(
        command, cwd=cwd, env=outside(), capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
