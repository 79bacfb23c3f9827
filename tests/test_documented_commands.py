"""The commands in the documents are run as they stand, in order, in a folder with a small corpus.

Servers listen on a free port of the loopback address instead of their own. Targets of make are only
resolved, and what needs a package index, root or a cluster is not run.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.service.cli.test_command import COMMAND

DOCUMENTS = [
    document.relative_to(REPOSITORY).as_posix()
    for folder in (".", "indexer", "service", "service/deploy", "tests")
    for document in sorted((REPOSITORY / folder).glob("*.md"))
]
EPISODES = (
    {"title": "Sourdough at home", "summary": "A baker talks about sourdough and its starter."},
    {"title": "Kafka at scale", "summary": "An engineer talks about Kafka and queues at scale."},
)
# The names in a document stand for these programs.
PRELUDE = f"""
episode-search() {{ {shlex.join([*COMMAND])} "$@"; }}
python() {{ {shlex.quote(sys.executable)} "$@"; }}
"""
NOT_RUN = ("pip ", "pipx ", "uvx ", "docker ", "CORPUS=", "kubectl ", "sudo ", "apt-get ")
SERVERS = re.compile(r"(episode-search serve|episode-search watch|python -m service )")
ADDRESS = re.compile(r"(?:127\.0\.0\.1|localhost|http://…):8000")


def blocks(document: str, language: str) -> list[str]:
    text = (REPOSITORY / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(document: str) -> list[str]:
    """The lines of all shell blocks, continued lines joined, without comments."""
    joined = "\n".join(blocks(document, "sh")).replace("\\\n", " ").splitlines()
    return [line for each in joined if (line := re.sub(r"(?:^|\s+)# .*", "", each).strip())]


@contextmanager
def served(command: str, folder: Path) -> Iterator[str]:
    """A server that was started by this command, and its address."""
    local = re.sub(r"--host \S+", "--host 127.0.0.1", command)
    with subprocess.Popen(
        ["bash", "-c", f"{PRELUDE}{local.replace('  ', ' ')} --port 0 --workers 1 "],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stderr is not None
        try:
            told = []
            for line in process.stderr:
                told.append(line)
                if port := re.search(r"listening on \S+ port (\d+)", line):
                    yield f"127.0.0.1:{port[1]}"
                    return
            pytest.fail(f"{command}: {''.join(told)}")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.stderr.read()  # until the server too has ended


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(REPOSITORY), "NO_COLOR": "1"}


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def run_shell(command: str, folder: Path) -> None:
    done = run("bash", "-c", PRELUDE + command, folder=folder)
    assert done.returncode == 0, f"{command}: {done.stderr}"


@pytest.fixture(scope="module")
def asked(seed_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with the seeds."""
    folder = tmp_path_factory.mktemp("asked")
    shutil.copytree(seed_root, folder / "seeds")
    with served("episode-search serve --snapshots seeds", folder) as address:
        yield address


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_of_a_document_run(
    document: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    corpus = tmp_path / "episodes.jsonl"
    corpus.write_text("".join(json.dumps(episode) + "\n" for episode in EPISODES))
    for command in commands(document):
        if command.startswith("make "):
            subprocess.run(
                shlex.split(command.replace("make ", "make --dry-run ", 1)),
                cwd=REPOSITORY,
                check=True,
                capture_output=True,
            )
        elif command.startswith("curl "):
            address = request.getfixturevalue("asked")
            run_shell(ADDRESS.sub(address, command).replace("curl ", "curl -sSf ", 1), tmp_path)
        elif SERVERS.match(command):
            with served(command, tmp_path):
                pass
        elif not command.startswith(NOT_RUN):
            run_shell(command, tmp_path)


def test_the_programs_of_the_documents_run(tmp_path: Path, asked: str) -> None:
    programs = [program for each in DOCUMENTS for program in blocks(each, "python")]
    for program in programs:
        done = run(sys.executable, "-c", ADDRESS.sub(asked, program), folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), program
        assert "MySpace" in done.stdout

    assert programs


def test_commands_are_found_in_the_documents() -> None:
    found = [command for document in DOCUMENTS for command in commands(document)]

    assert any(command.startswith("episode-search serve") for command in found)
    assert any(command.startswith("curl ") for command in found)
    run = ("make ", "episode-search ", "python ", "curl ")
    assert [command for command in found if not command.startswith((*run, *NOT_RUN))] == []
