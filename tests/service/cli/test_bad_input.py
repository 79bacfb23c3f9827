"""What goes wrong in a terminal: one sentence, the right exit code, and nothing half written."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event

import pytest

from tests.conftest import REPOSITORY
from tests.http_host import Reply, http_host
from tests.service.cli.test_command import ASKED, COMMAND, run

ESCAPE, COLOUR = b"\x1b", rb"\x1b\[[\d;]*[34]\dm"
NOT_FOUND = json.dumps({"detail": "Not Found."}).encode()
REFUSED = json.dumps({"detail": "This key is unknown."}).encode()
INTERRUPTED = 130
PIPE_CLOSED = 141


def start(
    *arguments: str,
    cwd: Path = REPOSITORY,
    environment: Mapping[str, str] | None = None,
    python: tuple[str, ...] = (),
) -> "subprocess.Popen[str]":
    """The command in its own process group, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, *python, *COMMAND[1:], *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def interrupt(process: "subprocess.Popen[str]") -> str:
    """What Ctrl-C does; returns what the command then says on standard error."""
    os.killpg(process.pid, signal.SIGINT)
    return process.communicate(timeout=60)[1]


def shown(arguments: tuple[str, ...], environment: Mapping[str, str]) -> bytes:
    """What the command writes to a terminal."""
    terminal, other = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=other, cwd=REPOSITORY, env={**os.environ, **environment}
    ):
        os.close(other)
        written = b""
        try:
            while part := os.read(terminal, 65536):
                written += part
        except OSError:  # the command has ended
            os.close(terminal)
    return written


def test_a_port_in_use_is_named_and_another_one_advised(seed_root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        failed = run("serve", "--snapshots", str(seed_root), "--port", port)

    assert failed.returncode == 5
    assert re.fullmatch(rf"Cannot listen on 127.0.0.1:{port}: .*; choose .*\n", failed.stderr)


@pytest.mark.parametrize("wrong", ["taken", "70000"])
def test_what_cannot_be_served_is_not_indexed(tmp_path: Path, wrong: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1]) if wrong == "taken" else wrong
        failed = run("serve", "--port", port, cwd=tmp_path)

    assert (failed.returncode, failed.stderr.count("\n")) == (5 if wrong == "taken" else 2, 1)
    assert wrong == "taken" or "PORT is '70000'" in failed.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command",
    [
        ("serve", "--port", "0", "--corpus", "missing"),
        ("index", "missing"),
    ],
)
def test_a_corpus_that_does_not_exist_leaves_no_folder(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    failed = run(*command, cwd=tmp_path)

    assert (failed.returncode, failed.stderr.count("\n")) == (5, 1), failed.stderr
    assert "missing: there is no such file" in failed.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("similar", "a"),
        ("episodes",),
        ("podcasts",),
        ("reindex",),
        ("watch", "--once"),
        ("forget", "a"),
        ("verify",),
        ("diff",),
        ("rollback",),
    ],
)
def test_without_a_snapshot_the_exit_code_is_3_and_no_file_is_made(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    failed = run(*arguments, cwd=tmp_path)

    assert (failed.returncode, failed.stderr.count("\n")) == (3, 1), failed.stderr
    assert "is published" in failed.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b'{"answered": true}'), (200, b'{"answered": true, "hits": [{}]}'), (404, NOT_FOUND)],
)
def test_a_service_of_another_version_is_named(status: int, body: bytes) -> None:
    with http_host(lambda *_: (status, body, {})) as port:
        failed = run("search", "jazz", "--url", f"http://127.0.0.1:{port}")

    assert (failed.returncode, failed.stderr.count("\n")) == (3, 1), failed.stderr
    assert "install the version of the service" in failed.stderr


def test_a_key_that_is_refused_is_wrong_usage() -> None:
    with http_host(lambda *_: (401, REFUSED, {})) as port:
        failed = run("podcasts", "--url", f"http://127.0.0.1:{port}", "--key", "wrong")

    assert (failed.returncode, failed.stderr) == (2, "error: This key is unknown.\n")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_a_terminal_without_colour_gets_none(
    seed_root: Path, environment: Mapping[str, str]
) -> None:
    arguments = ("search", ASKED, "--snapshots", str(seed_root), "-k", "1")
    written = shown(arguments, environment)

    assert b"Custenborder" in written.replace(b"\r\n", b" ")
    assert re.search(COLOUR, written) is None
    assert ESCAPE not in written or environment["TERM"] != "dumb"
    assert ESCAPE in shown(arguments, {"TERM": "xterm"})  # matches are bold there


@pytest.mark.parametrize("arguments", [("episodes",), ("search", ASKED), ("verify",)])
def test_a_reader_that_closes_its_pipe_ends_the_command_quietly(
    seed_root: Path, arguments: tuple[str, ...]
) -> None:
    with start(*arguments, "--snapshots", str(seed_root)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == PIPE_CLOSED


@pytest.mark.parametrize("library", ["typer", "faiss", "onnxruntime"])
def test_an_interrupted_search_says_so(seed_root: Path, library: str) -> None:
    """While it is imported, and while it opens the snapshot."""
    asked = ("search", ASKED, "--snapshots", str(seed_root))
    for _ in range(5):  # on a busy machine it may have ended before the signal comes
        with start(*asked, python=("-X", "importtime")) as process:
            assert process.stderr is not None
            while library not in process.stderr.readline():
                pass
            told = interrupt(process).splitlines()
        if process.returncode:
            break

    assert [line for line in told if not line.startswith("import time:")] == ["Interrupted."]
    assert process.returncode == INTERRUPTED


def test_a_search_that_waits_for_its_service_is_interrupted() -> None:
    asked, done = Event(), Event()

    def wait(*_: object) -> Reply:
        asked.set()
        done.wait()
        return 503, b"", {}

    with http_host(wait) as port, start("search", "a", "--url", f"http://127.0.0.1:{port}") as ran:
        assert asked.wait(60)
        told = interrupt(ran)
        done.set()

    assert (ran.returncode, told) == (INTERRUPTED, "Interrupted.\n")


def test_interrupted_tools_of_agents_end_though_their_input_is_open(seed_root: Path) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}}
    hello["clientInfo"] = {"name": "test", "version": "1"}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    with start("mcp", "--snapshots", str(seed_root)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(f"{json.dumps(asked)}\n")
        process.stdin.flush()
        assert "serverInfo" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)

        assert process.wait(60) == INTERRUPTED
        assert process.stderr.read() == "Interrupted.\n"


def test_an_extension_interrupted_while_it_is_imported_ends_with_a_word() -> None:
    # What an extension does with an exception of its own modules: numpy and ONNX Runtime.
    interrupted = """
import os, signal, time
import service.cli, service.cli.app

def run():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    except SystemExit as interrupt:
        raise ImportError("initialization failed") from interrupt

service.cli.app.run = run
service.cli.main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", interrupted], cwd=REPOSITORY, capture_output=True, text=True
    )

    assert (ended.returncode, ended.stderr) == (INTERRUPTED, "Interrupted.\n")


@pytest.mark.parametrize(
    "command",
    [
        ("index", "mine.jsonl"),
        ("serve", "--port", "0", "--corpus", "mine.jsonl"),
        ("evaluate", "--corpus", "mine.jsonl"),
    ],
)
def test_an_interrupted_build_leaves_nothing_and_the_next_one_succeeds(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    corpus = tmp_path / "mine.jsonl"
    numbers = ({"title": f"The number {n}", "summary": f"It is {n}."} for n in range(3000))
    corpus.write_text("".join(json.dumps(number) + "\n" for number in numbers))
    with start(*command, cwd=tmp_path) as process:
        while not list(tmp_path.glob(".snapshots/**/.staging*")):
            assert process.poll() is None
            time.sleep(0.01)
        told = interrupt(process)

    assert (process.returncode, told) == (INTERRUPTED, "Interrupted.\n")
    assert not list(tmp_path.glob(".snapshots/**/.staging*"))
    assert not list(tmp_path.glob(".snapshots/**/CURRENT"))
    if command[0] == "index":
        corpus.write_text('{"summary": "A baker explains sourdough."}\n')
        assert run(*command, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupted_service_stops_as_it_should(seed_root: Path, workers: str) -> None:
    with start(
        *("serve", "--snapshots", str(seed_root), "--port", "0", "--workers", workers)
    ) as process:
        assert process.stderr is not None
        while "listening on" not in process.stderr.readline():
            pass
        time.sleep(0.5)
        told = interrupt(process)

    assert process.returncode == 0, told
    assert "Traceback" not in told


def test_the_shell_completes_commands() -> None:
    asked = {
        "_EPISODE_SEARCH_COMPLETE": "complete_bash",
        "COMP_WORDS": "episode-search se",
        "COMP_CWORD": "1",
    }
    with start(environment=asked) as process:
        assert {*process.communicate()[0].split()} == {"serve", "search"}
    # Without this variable, typer looks for the shell that has started it; there may be none.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    with start("--show-completion", "bash", environment=named) as process:
        assert "_EPISODE_SEARCH_COMPLETE" in process.communicate()[0]
