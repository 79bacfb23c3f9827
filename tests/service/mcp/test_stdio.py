"""The command `mcp` where nothing can answer: a sentence, before an agent sees any tool."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.http_host import Reply, http_host
from tests.test_server import free_port

NOT_REACHABLE, WRONG_USAGE = 3, 2


def sentence_of(*options: str) -> tuple[int, str]:
    """The exit code and what is told on standard error; standard output belongs to the protocol."""
    ended = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", "mcp", *options],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == ""
    (sentence,) = {line.removeprefix("error: ") for line in ended.stderr.splitlines()}
    return ended.returncode, sentence


def test_without_a_snapshot(tmp_path: Path) -> None:
    code, told = sentence_of("--snapshots", str(tmp_path))

    assert code == NOT_REACHABLE
    assert "Nothing is published" in told


def test_without_a_service() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    code, told = sentence_of("--url", url)

    assert code == NOT_REACHABLE
    assert f"{url} does not answer" in told


def test_with_a_key_that_the_service_refuses() -> None:
    detail = "This needs a key; send it as Authorization: Bearer KEY."
    refusal: Reply = (401, json.dumps({"detail": detail}).encode(), {})
    with http_host(lambda *_: refusal) as port:
        code, told = sentence_of("--url", f"http://127.0.0.1:{port}", "--key", "wrong")

    assert code == WRONG_USAGE
    assert detail in told
